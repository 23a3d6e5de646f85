"""An engine without processes: tasks end when, and as, its owner says.

For tests of the core and of workflows: submit tasks with their accesses, then decide in which order they finish, fail,
get lost or wait, and look at what follows. Values are plain objects and functions are called in this process, so a
workflow computes real results; nothing sleeps, and every run is the same.

    fake = FakeEngine(units=2)
    x = fake.datum(1)
    task = fake.submit(lambda value: [value + 1], fake.inout(x))
    fake.finish(task)
    assert fake.value(x) == 2

A task's function gets the value of each access that reads, in order, and returns a list with one value for each access
that writes, then one for each result. An engine's part of the contract is checked on the way: AssertionError tells
which rule the core broke.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pycompss.core.alternatives import Alternative, offer
from pycompss.core.commands import Close, Command, Free, Interrupt, Report, Resume, Run, TakeBack, Wake
from pycompss.core.coordinator import Coordinator
from pycompss.core.data import Datum, Status, Version
from pycompss.core.equipment import Equipment
from pycompss.core.failures import Cause, Failure
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.parameter import Direction
from pycompss.core.resources import Node, Requirement, Slot
from pycompss.core.spanning import across
from pycompss.core.task import Definition, Policy, State
from pycompss.core.watches import Watch

Access = tuple[Datum, Direction]
Function = Callable[..., Sequence[Any]]
Choice = Callable[[list[Invocation]], Invocation]


def _is_stranded(task: Invocation, slot: Slot) -> bool:
    """Whether it waits for a task that is no longer before it."""
    pending = [version for version in task.reads if version.status is Status.PENDING]
    return any(version.producer is None or version.producer.id not in slot.tasks for version in pending)


def nothing(*_values: Any) -> list[Any]:
    """A task that only reads."""
    return []


class FakeEngine:
    """Drives a `Coordinator`; every method carries out the commands that follow from it.

    running, sent_ahead, parked: tasks by what their worker does. freed, reports, woken, resumed, interrupted: what the
    core asked for so far, in order; wanted_back: slots whose waiting tasks it wants (see `give_back`).
    """

    def __init__(self, nodes: Iterable[Node] = (), *, units: int = 1) -> None:
        self.core = Coordinator(list(nodes) or [Node(0, "node1", units)])
        self.slots: dict[int, Slot] = {}
        self.executions: list[tuple[int, str]] = []  # (task id, node) in the order in which they were sent
        self.freed: list[Version] = []
        self.reports: list[tuple[Failure, str]] = []
        self.woken: list[Watch] = []
        self.resumed: list[Watch] = []
        self.interrupted: list[Invocation] = []
        self.wanted_back: list[Slot] = []
        self._results: dict[int, list[Datum]] = {}
        self._requirements: dict[Requirement, Requirement] = {}

    # -- the program's side ------------------------------------------------------------------------------------------

    def datum(self, value: Any = None, *, is_file: bool = False) -> Datum:
        """Something that the program passes to tasks."""
        return self.core.data.initial(value, is_file=is_file)

    @staticmethod
    def read(datum: Datum) -> Access:
        return datum, Direction.IN

    @staticmethod
    def out(datum: Datum) -> Access:
        return datum, Direction.OUT

    @staticmethod
    def inout(datum: Datum) -> Access:
        return datum, Direction.INOUT

    @staticmethod
    def concurrent(datum: Datum) -> Access:
        return datum, Direction.CONCURRENT

    @staticmethod
    def commutative(datum: Datum) -> Access:
        return datum, Direction.COMMUTATIVE

    def submit(
        self,
        function: Function = nothing,
        *accesses: Access,
        returns: int = 0,
        units: int = 1,
        memory: int = 0,
        equipment: Equipment | None = None,
        nodes: int = 1,
        policy: Policy = Policy.RETRY,
        groups: Iterable[Group] = (),
        parent: Invocation | None = None,
        definition: Definition | None = None,
        others: Iterable[tuple[Definition, Requirement]] = (),
        **options: Any,
    ) -> Invocation:
        """Call a task that needs this on each of `nodes`.

        `options` are fields of its `Definition` (unless one is given), `others` its other versions.
        """
        if definition is None:
            definition = Definition(function, getattr(function, "__name__", "task"), policy=policy, **options)
        need = across(Requirement(units, memory, equipment), nodes)
        need = self._requirements.setdefault(need, need)
        task = self.core.new_task(definition, need, None)
        task.policy = policy
        task.groups = tuple(groups)
        task.parent = parent
        task.reads, task.writes, task.shared = [], [], []
        for datum, direction in accesses:
            self._access(task, datum, direction)
        results = [self.core.data.result(task) for _ in range(returns)]
        task.writes += [datum.current for datum in results]
        self._results[task.id] = results
        versions = [Alternative(definition, need, None), *(Alternative(*other, None) for other in others)]
        offer(task, versions, self.core.can_ever_run)
        self.core.submit(task)
        self.step()
        return task

    def _access(self, task: Invocation, datum: Datum, direction: Direction) -> None:
        data = self.core.data
        if direction in (Direction.CONCURRENT, Direction.COMMUTATIVE):
            data.share(task, datum, direction)
            return
        if direction.reads:
            data.read(task, datum)
        if direction.writes:
            data.write(task, datum)

    def results(self, task: Invocation) -> list[Datum]:
        """What the task returns."""
        return self._results[task.id]

    def release(self, *data: Datum) -> None:
        """The program forgets data."""
        for datum in data:
            self.core.data.release(datum)
        self.step()

    def value(self, datum: Datum) -> Any:
        """The current value of a datum (None if it has none): what the program would get."""
        version = datum.current
        assert version.status is not Status.PENDING, f"{version.label} is not there yet"
        assert version.content.status is not Status.FREED, f"{version.label} is needed, yet it was freed"
        return version.content.value

    def cancel(self, *tasks: Invocation) -> None:
        for task in tasks:
            self.core.cancel(task)
        self.step()

    def cancel_group(self, group: Group) -> None:
        self.core.cancel_group(group)
        self.step()

    # -- the workers' side -------------------------------------------------------------------------------------------

    @property
    def running(self) -> list[Invocation]:
        """Tasks that execute now, by slot."""
        tasks = (next(iter(slot.tasks.values()), None) for slot in self.slots.values() if not slot.parked)
        return [task for task in tasks if task is not None]

    @property
    def free_units(self) -> int:
        """Computing units of the first node in which no task runs; slots that are kept open count as free."""
        node = self.core.nodes[0]
        return node.free_units + sum(slot.requirement.units for slot in self.slots.values() if not slot.tasks)

    @property
    def sent_ahead(self) -> list[Invocation]:
        """Tasks that wait in a worker behind another."""
        return [task for slot in self.slots.values() for task in list(slot.tasks.values())[1:]]

    @property
    def parked(self) -> list[Invocation]:
        """Tasks that wait in a worker for tasks of their own."""
        return [task for slot in self.slots.values() for task in slot.tasks.values() if task.state is State.WAITING]

    def finish(self, task: Invocation, *, seconds: float = 1.0) -> None:
        """The task ends well: its function is called with its inputs."""
        self._check_runs(task)
        self.core.finished(task, self._outputs(task), seconds)
        self.assign()

    def raises(self, task: Invocation, message: str) -> None:
        """The task raises COMPSsException at its end."""
        self._check_runs(task)
        self.core.raised(task, self._outputs(task), 1.0, message)
        self.assign()

    def fail(
        self,
        task: Invocation,
        message: str = "boom",
        *,
        cause: Cause = Cause.EXCEPTION,
        left: Sequence[Any] | None = None,
    ) -> Failure:
        """The attempt fails; `left`: what the task leaves of each of its writes (NO_VALUE: nothing)."""
        self._check_runs(task)
        failure = Failure(task.id, task.definition.name, cause, message)
        slot = task.slot
        self.core.failed(task, failure, list(left) if left is not None else None)
        self._return_stranded(slot)
        self.assign()
        return failure

    def stop(self, task: Invocation) -> None:
        """The task ends because it was asked to (`interrupted`)."""
        assert task in self.interrupted, f"nobody asked {task} to stop"
        slot = task.slot
        self.core.cancelled(task)
        self._return_stranded(slot)
        self.assign()

    def _return_stranded(self, slot: Slot | None) -> None:
        """Tasks that follow one which did not end well come back, and so do those that follow them."""
        while slot is not None:
            stranded = [task for task in slot.tasks.values() if _is_stranded(task, slot)]
            if not stranded:
                return
            self.core.returned(stranded)

    def lose(self, slot: Slot, *, between_tasks: bool = False) -> None:
        """The slot's worker dies, with the task that it executes unless `between_tasks`."""
        first = next(iter(slot.tasks.values()), None)
        running = None if between_tasks or first is None else first.id
        del self.slots[slot.id]
        self.core.lost(slot, running, lambda task: Failure(task.id, task.definition.name, Cause.LOST, "it was killed"))
        self.assign()

    def give_back(self, slot: Slot, count: int | None = None) -> list[Invocation]:
        """Return (the last `count` of) the tasks that wait in the worker; they are given to somebody else."""
        behind = list(slot.tasks.values())[1:]
        tasks = behind if count is None else behind[len(behind) - count :]
        self.wanted_back = [wanted for wanted in self.wanted_back if wanted is not slot]
        self.core.returned(tasks)
        self.assign()
        return tasks

    def wait(self, task: Invocation, *versions: Version) -> Watch:
        """The task waits for versions, or without any for all tasks that it has called; what is behind it returns."""
        self._check_runs(task)
        watch = Watch(None, task)
        core = self.core
        if core.watch_versions(watch, versions) if versions else core.watch_idle(watch, task):
            return watch
        slot = task.slot
        core.waiting(task, watch)
        if slot is not None:
            self.core.returned(list(slot.tasks.values())[1:])
        self.assign()
        return watch

    def run(self, choose: Choice = lambda tasks: tasks[0]) -> None:
        """Finish running tasks, each time the one that `choose` picks, until nothing runs."""
        while self.running:
            self.finish(choose(self.running))

    def _outputs(self, task: Invocation) -> list[Any]:
        for version in task.reads:
            assert version.content.status is not Status.FREED, f"{task} reads {version.label}, which was freed"
            assert version.status is not Status.PENDING, f"{task} runs, yet {version.label} is not there"
        return list(task.definition.function(*(version.content.value for version in task.reads)))

    def _check_runs(self, task: Invocation) -> None:
        assert task in self.running, f"{task} does not run now"

    # -- carrying out --------------------------------------------------------------------------------------------------

    def assign(self) -> None:
        """A batch of events has ended."""
        self.core.assign()
        self._carry_out(self.core.take_commands())

    step = assign

    def _carry_out(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Run(slot, tasks):
                    self._run(slot, tasks)
                case Close(slot):
                    assert not slot.tasks, f"{slot} is closed, but {list(slot.tasks.values())} are in it"
                    self.slots.pop(slot.id, None)
                case TakeBack(slot):
                    self.wanted_back.append(slot)
                case Resume(slot, watch):
                    assert slot.id in self.slots, f"{slot} is resumed, but it was closed"
                    self.resumed.append(watch)
                case Interrupt(task):
                    self.interrupted.append(task)
                case Free(versions):
                    self._free(versions)
                case Wake(watch):
                    self.woken.append(watch)
                case Report(failure, outcome):
                    self.reports.append((failure, outcome))

    def _run(self, slot: Slot, tasks: list[Invocation]) -> None:
        assert not slot.parked, f"{slot} gets tasks although its task waits"
        self.slots[slot.id] = slot
        for task in tasks:
            assert task.state is State.ASSIGNED, f"{task} is sent, but it should not run"
            self.executions.append((task.id, slot.node.name))

    def _free(self, versions: Iterable[Version]) -> None:
        for version in versions:
            assert version.claims <= 0, f"{version.label} is freed, but it has {version.claims} claims"
            version.value = None
            self.freed.append(version)
