"""Random histories of a run, and what a sequential run of the same program would have computed.

A *tape* of bytes decides everything: which tasks the program submits, with which accesses and policies, and what
happens to them in which order. Each task's values are a function of its inputs, so that a task that reads a wrong
version gives itself away. COMMUTATIVE members add a number of their own, and nothing else depends on what they saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pycompss.core.failures import Cause, Failure
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.parameter import Direction
from pycompss.core.resources import Node, Requirement
from pycompss.core.task import Definition, Policy, State
from pycompss.core.versions import Datum, Status, Version
from pycompss.engines.fake import FakeEngine

IN, OUT, INOUT = Direction.IN, Direction.OUT, Direction.INOUT
CONCURRENT, COMMUTATIVE = Direction.CONCURRENT, Direction.COMMUTATIVE
DIRECTIONS = (IN, INOUT, OUT, COMMUTATIVE, CONCURRENT, INOUT, IN)
SHORT = (1e-5, 1e-5, 1e-4, 1e-4, 2e-3)  # seconds of tasks in histories with handing
FAILED = "failed"
CONTRIBUTION = 7919


class Tape:
    """Decisions; zeros when it has run out."""

    def __init__(self, data: bytes) -> None:
        self.data = iter(data)
        self.is_over = not data

    def number(self, below: int) -> int:
        byte = next(self.data, None)
        if byte is None:
            self.is_over = True
            return 0
        return byte % below

    def chance(self, one_in: int) -> bool:
        return self.number(256) % one_in == one_in - 1

    def pick(self, items: Sequence[Any]) -> Any:
        return items[self.number(len(items))]


def outputs_of(
    number: int, accesses: Sequence[tuple[Datum, Direction]], inputs: Sequence[Any], returns: int
) -> list[Any]:
    """What task `number` makes of `inputs` (one for each access that reads)."""
    reading = [direction for _, direction in accesses if direction.reads]
    seen = tuple(value for value, way in zip(inputs, reading, strict=True) if way is not COMMUTATIVE)
    seed = hash((number, seen))
    left = iter(inputs)
    outputs: list[Any] = []
    for position, (_, direction) in enumerate(accesses):
        value = next(left) if direction.reads else None
        if direction is COMMUTATIVE:
            outputs.append((value or 0) + CONTRIBUTION * number)
        elif direction is CONCURRENT:
            outputs.append(None)
        elif direction.writes:
            outputs.append(seed + position)
    return outputs + [seed - 1 - position for position in range(returns)]


class Call:
    """A task as the program sees it."""

    def __init__(self, number: int, accesses: list[tuple[Datum, Direction]], returns: int) -> None:
        self.number = number
        self.accesses = accesses
        self.returns = returns
        self.chains: set[tuple[Datum, int]] = set()  # data that it updates, and how often they were replaced before
        self.task: Invocation
        self.is_ignored = False
        self.is_spoilt = False  # it, or something that it needs, failed for good

    def __call__(self, *inputs: Any) -> list[Any]:
        return outputs_of(self.number, self.accesses, inputs, self.returns)

    @property
    def went_well(self) -> bool:
        task = self.task
        has_failed = task.replicas is not None and task.replicas.has_failed
        return task.state is State.DONE and not self.is_ignored and not has_failed


class History:
    """One run: `act` until the tape is over, then `drain`, `check_values` and `check_nothing_is_left`."""

    def __init__(self, tape: Tape, *, may_fail: bool, with_spans: bool = False, with_handing: bool = False) -> None:
        self.tape = tape
        self.may_fail = may_fail
        self.with_spans = with_spans
        self.with_handing = with_handing
        self.nodes = [self._node(index) for index in range(1 if with_handing else 1 + tape.number(3))]
        self.fake = FakeEngine(self.nodes)
        if with_handing:
            self.fake.hand_over()
            for task in [self.fake.submit() for _ in range(self.nodes[0].units)]:  # all slots are open
                self.fake.finish(task)
        self.core = self.fake.core
        self.data = [self.fake.datum(100 + index) for index in range(1 + tape.number(4))]
        self.initial = {datum: 100 + index for index, datum in enumerate(self.data)}
        self.groups: list[Group] = []
        self.calls: list[Call] = []
        self.by_task: dict[int, Call] = {}
        self.nested_data = [self.fake.datum(200)]  # of tasks that tasks call
        self.initial[self.nested_data[0]] = 200
        self.replacements: dict[Datum, int] = {}
        self.versions: set[Version] = {datum.current for datum in self.data + self.nested_data}
        self._watch_cancellations()

    def _node(self, index: int) -> Node:
        if self.with_handing:
            return Node(index, "node0", 1 + self.tape.number(3))
        memory = 4 if self.tape.chance(2) else None
        limit = 2 if self.tape.chance(4) else None
        smallest = 3 if self.with_spans else 1
        return Node(index, f"node{index}", smallest + self.tape.number(3) if index else 3, memory, limit)

    def _watch_cancellations(self) -> None:
        end_cancelled = self.core._end_cancelled

        def note(task: Invocation, failure: Failure | None) -> None:
            if failure is not None and task.id in self.by_task:
                self.by_task[task.id].is_spoilt = True
            end_cancelled(task, failure)

        self.core._end_cancelled = note  # type: ignore[method-assign]

    # -- the program -----------------------------------------------------------------------------------------------

    def submit(self) -> None:
        tape = self.tape
        # Nobody waits for a task that needs what only he himself can make: called tasks have data of their own.
        parents = [task for task in self.fake.running if task.id in self.by_task and task.parent is None]
        parent = tape.pick(parents) if parents and tape.chance(32 if self.with_handing else 4) else None
        pool = self.data if parent is None else self.nested_data
        free = list(pool[-6:] if self.with_handing else pool)
        accesses = []
        directions = (IN, IN, IN, IN, INOUT) if self.with_handing else DIRECTIONS
        for _ in range(tape.number(4)):
            if free:
                datum = free.pop(tape.number(len(free)))
                accesses.append((datum, tape.pick(directions)))
        call = Call(self.core.last_task + 1, accesses, max(tape.number(2), int(self.with_handing)))
        self._note_chains(call)
        options: dict[str, Any] = {"priority": tape.chance(5)}
        if self.with_handing:
            options["statistics"] = tape.pick(SHORT)
        elif tape.chance(8):
            options["is_replicated"] = True
        elif tape.chance(8):
            options["is_distributed"] = True
        self.calls.append(call)
        self.by_task[call.number] = call
        task = self.fake.submit(
            call,
            *accesses,
            returns=call.returns,
            units=1 + (tape.number(3) if not self.with_handing and tape.chance(3) else 0),
            memory=tape.number(4) if not self.with_handing and tape.chance(4) else 0,
            nodes=self._nodes_for(options),
            policy=self._policy(),
            groups=[group for group in self.groups[-2:] if tape.chance(2)],
            parent=parent,
            others=self._other_versions(call, options),
            **options,
        )
        call.task = task
        assert task.id == call.number
        for datum in self.fake.results(task):
            pool.append(datum)
            self.initial[datum] = None
        self._note_versions(task)

    def _other_versions(self, call: Call, options: dict[str, Any]) -> list[tuple[Definition, Requirement]]:
        """Versions that compute the same, and need more or less; some need more than any node has."""
        if self.with_handing or not self.tape.chance(4) or "is_replicated" in options or "is_distributed" in options:
            return []
        seconds = self.tape.pick((None, 0.001, 10.0))
        needs = [Requirement(1 + self.tape.number(4)) for _ in range(1 + self.tape.number(2))]
        return [(Definition(call, "other", statistics=seconds, **options), need) for need in needs]

    def _nodes_for(self, options: dict[str, Any]) -> int:
        """How many nodes the next task takes; each has what any task of these histories asks of one."""
        if not self.with_spans or "is_replicated" in options or self.tape.chance(2):
            return 1
        return 1 + self.tape.number(len(self.nodes))

    def _note_chains(self, call: Call) -> None:
        for datum, direction in call.accesses:
            if direction is OUT:
                self.replacements[datum] = self.replacements.get(datum, 0) + 1
            elif direction in (INOUT, COMMUTATIVE):
                call.chains.add((datum, self.replacements.get(datum, 0)))

    def _policy(self) -> Policy:
        if not self.may_fail:
            return Policy.RETRY
        if self.with_handing and not self.tape.chance(8):
            return Policy.RETRY
        policies = (Policy.RETRY, Policy.IGNORE, Policy.CANCEL_SUCCESSORS, Policy.RETRY, Policy.RETRY)
        return self.tape.pick(policies) if not self.tape.chance(40) else Policy.FAIL

    def _note_versions(self, task: Invocation) -> None:
        self.versions.update(task.reads)
        self.versions.update(task.writes)

    # -- the workers -----------------------------------------------------------------------------------------------

    def act(self) -> None:
        """One thing happens."""
        actions = [self.submit, self.submit, self.submit, self.finish, self.finish, self.fail, self.lose]
        actions += [self.give_back, self.wait, self.finish]
        if self.with_handing:
            actions += [self.make, self.make, self.make, self.report, *[self.submit] * 6]
        if self.may_fail:
            actions += [self.cancel, self.cancel_group, self.stop, self.open_group, self.raise_exception]
        self.tape.pick(actions)()
        self.check_resources()
        self.check_writers()

    def _some_running(self) -> Invocation | None:
        running = self.fake.running
        return self.tape.pick(running) if running else None

    def finish(self) -> None:
        task = self._some_running()
        if task is not None:
            self._note_versions(task)
            seconds = self.tape.pick(SHORT if self.with_handing else (1e-5, 1e-3, 1.0))
            self._learn(task.id % 3, seconds)
            self.fake.finish(task, seconds=seconds)

    def make(self) -> None:
        """A task ends, and its worker does not say so yet."""
        task = self._some_running()
        if task is not None:
            self._note_versions(task)
            self.fake.make(task)

    def report(self) -> None:
        slots = list(self.fake.slots.values())
        if slots:
            self.fake.report(self.tape.pick(slots))
            self.fake.assign()

    def _learn(self, kind: int, seconds: float) -> None:
        """Types turn out to be faster or slower while their tasks wait, as if there were three."""
        for task in self.core.unfinished.values():
            if task.id % 3 == kind:
                task.definition.statistics = seconds
        self.core.scheduler.paths.has_learned = True

    def fail(self) -> None:
        task = self._some_running()
        if task is None or (not self.may_fail and task.attempt >= 4):
            return
        self._note_versions(task)
        cause = Cause.DEFINITE if self.may_fail and self.tape.chance(4) else Cause.EXCEPTION
        self._will_fail(task, cause)
        self.fake.fail(task, cause=cause)

    def _will_fail(self, task: Invocation, cause: Cause) -> None:
        """Note what the failure of an attempt will mean."""
        main = task.replicas.main if task.replicas is not None else task
        if task.id in self.core.stopping:
            return
        call = self.by_task[main.id]
        if task.policy is Policy.IGNORE:
            call.is_ignored = call.is_ignored or task is main
        elif task.policy is Policy.FAIL or (
            task.policy is Policy.RETRY and (cause is Cause.DEFINITE or task.attempt >= 4)
        ):
            call.is_spoilt = call.is_spoilt or main.replicas is None or not main.replicas.has_failed

    def lose(self) -> None:
        slots = list(self.fake.slots.values())
        if not slots:
            return
        slot = self.tape.pick(slots)
        task = next((task for task in slot.tasks.values() if task.id not in self.fake.unreported), None)
        if task is not None and (self.may_fail or task.attempt < 4):
            between = self.tape.chance(2) and task.state is State.ASSIGNED
            self._note_versions(task)
            if not between:
                self._will_fail(task, Cause.LOST)
            self.fake.lose(slot, between_tasks=between)

    def give_back(self) -> None:
        slots = [slot for slot in self.fake.slots.values() if len(slot.tasks) > 1]
        if slots:
            self.fake.give_back(self.tape.pick(slots))

    def wait(self) -> None:
        """A task that called others waits for them."""
        parents = [task for task in self.fake.running if task.live]
        if parents:
            self.fake.wait(self.tape.pick(parents))

    def open_group(self) -> None:
        self.groups.append(Group(f"g{len(self.groups)}"))

    def cancel(self) -> None:
        tasks = [task for task in self.core.unfinished.values() if task.id in self.by_task]
        if tasks:
            self.fake.cancel(self.tape.pick(tasks))

    def cancel_group(self) -> None:
        if self.groups:
            self.fake.cancel_group(self.tape.pick(self.groups))

    def stop(self) -> None:
        asked = [task for task in self.fake.interrupted if task.state in (State.ASSIGNED, State.WAITING)]
        if asked:
            task = self.tape.pick(asked)
            self._note_versions(task)
            self.fake.stop(task)

    def raise_exception(self) -> None:
        task = self._some_running()
        if task is not None:
            self._note_versions(task)
            self.fake.raises(task, "enough")

    def drain(self) -> None:
        """Everything that can end, ends well; there is always something, or no task is left."""
        while self.core.live:
            running = self.fake.running
            if not running and self.fake.unreported:
                self._report_all()
                continue
            assert running, f"nobody runs, but {list(self.core.unfinished.values())} have not ended"
            self._note_versions(running[0])
            self.fake.finish(running[0])
            self.check_resources()
            self.check_writers()

    def _report_all(self) -> None:
        for slot in list(self.fake.slots.values()):
            self.fake.report(slot)
        self.fake.assign()

    # -- what must hold always ---------------------------------------------------------------------------------------

    def check_resources(self) -> None:
        """No node is given away twice, and whatever is not in use is free."""
        for node in self.nodes:
            using = [slot for slot in self.core.scheduler.slots.values() if not slot.parked]
            slots = [part for slot in using for part in (slot, *slot.others) if part.node is node]
            assert node.free_units >= 0
            assert node.free_units == node.units - sum(slot.requirement.units for slot in slots)
            assert node.open_slots == len(slots)
            assert node.limit is None or node.open_slots <= node.limit
            if node.memory is not None:
                assert node.free_memory >= 0
                assert node.free_memory == node.memory - sum(slot.requirement.memory for slot in slots)

    def check_writers(self) -> None:
        """Two tasks that update one datum never run together (unless it was replaced in between)."""
        updated: set[tuple[Datum, int]] = set()
        for task in [*self.fake.running, *self.fake.parked]:
            call = self.by_task.get(task.id)
            if call is not None:
                assert not call.chains & updated, f"{task} runs while another updates the same"
                updated |= call.chains

    def check_values(self) -> None:
        """Every datum has the value that a sequential run of the tasks that went well gives it."""
        expected = self.sequential_values()
        for datum in self.data + self.nested_data:
            if expected[datum] == FAILED:
                assert Status.FAILED in (datum.current.status, datum.current.content.status)
            else:
                assert self.fake.value(datum) == expected[datum]

    def sequential_values(self) -> dict[Datum, Any]:
        values: dict[Datum, Any] = dict(self.initial)
        intact = dict(values)  # what members of a group read although another member failed
        for call in self.calls:
            written = [datum for datum, way in call.accesses if way.writes] + self.fake.results(call.task)
            if call.is_spoilt:
                values.update(dict.fromkeys(written, FAILED))
            elif call.went_well:
                inputs = [intact[datum] for datum, way in call.accesses if way.reads]
                made = outputs_of(call.number, call.accesses, inputs, call.returns)
                ways = [way for _, way in call.accesses if way.writes] + [OUT] * call.returns
                for datum, way, value in zip(written, ways, made, strict=True):
                    is_spoilt = values[datum] == FAILED and way in (COMMUTATIVE, CONCURRENT)
                    if way is not CONCURRENT and not is_spoilt:
                        values[datum] = intact[datum] = value
        return values

    def check_nothing_is_left(self) -> None:
        """All tasks have ended and the program forgot its data: no version, claim, slot or unit is in use."""
        assert not any(slot.tasks for slot in self.fake.slots.values())
        assert self.core.statistics()["running"] == self.core.statistics()["waiting"] == 0
        assert not self.core.unfinished
        assert not self.core.stopping
        assert all(not group.members for group in self.groups)
        data = self.data + self.nested_data
        self.versions.update(datum.current for datum in data)
        self.fake.release(*data)
        assert not self.core.data.replaced
        for version in self.versions:
            assert version.claims == 0, f"{version} has {version.claims} claims"
            assert version.status is Status.FREED, f"{version} was not freed"
            assert version.value is None
        assert len(set(self.fake.freed)) == len(self.fake.freed), "a version was freed twice"


def play(data: bytes, *, may_fail: bool, with_spans: bool = False, with_handing: bool = False) -> History:
    """Run the history on the tape to its end, and check everything."""
    history = History(Tape(data), may_fail=may_fail, with_spans=with_spans, with_handing=with_handing)
    while not history.tape.is_over:
        history.act()
    history.drain()
    history.check_values()
    history.check_nothing_is_left()
    return history
