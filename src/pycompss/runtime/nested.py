"""Tasks that call tasks: the master's side.

A worker names data by *handles*, numbers of its own; the master keeps what they stand for. A worker's call is the same
list of operations as the program's, so it takes the same way into the core. When a task waits, its units are lent and
its request is answered once what it waits for is there and it has units again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pycompss.core.alternatives import Alternative, offer
from pycompss.core.data import Datum, Status, Version
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.parameter import Direction
from pycompss.core.resources import Requirement, Slot
from pycompss.core.task import Definition, Policy
from pycompss.core.watches import Watch
from pycompss.engines.protocol import Payload
from pycompss.errors import BackendException, COMPSsException
from pycompss.runtime import calls, constraints, refusals
from pycompss.runtime.handles import FUTURE, LOCAL, Card, rebuild_future

if TYPE_CHECKING:
    from pycompss.runtime.run import Run

_NO_DATUM = (calls.COLLECTION, calls.STREAM)


class _Subject:
    """Stands for a worker's object or file in the operations of a call."""

    __slots__ = ("descriptor", "handle")

    def __init__(self, handle: Datum | None, descriptor: Any = None) -> None:
        self.handle = handle
        self.descriptor = descriptor


class NestedCalls:
    """Everything that tasks ask of the master."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.data: dict[int, Datum] = {}  # handle -> datum
        self.made_by: dict[int, list[int]] = {}  # task -> handles that it made
        self.definitions: dict[Card, Definition] = {}
        self.functions: dict[bytes, int] = {}
        self.waits: dict[int, tuple[Watch, int, str, Any]] = {}  # id of the watch -> it, request, what for, arguments
        self.fetched: dict[int, set[Version]] = {}  # running task -> versions that it has waited for
        self.groups: dict[tuple[int, str], Group] = {}
        self.futures_possible = False

    # -- futures that travel -----------------------------------------------------------------------------------------

    def reduce_future(self, future: Any) -> Any:
        """The program pickles one of its futures: the datum stays for whoever unpickles it."""
        datum = future.handle
        if datum.id not in self.data:
            self.data[datum.id] = datum
            datum.handles += 1
        self.futures_possible = True
        return rebuild_future, (datum.id,)

    def resolve_returned(self, value: Any) -> Any:
        """A task returned a future of its own: the version that it stands for."""
        if type(value) is tuple and value and value[0] == FUTURE:
            datum = self.data.get(value[1])
            return datum.current if datum is not None else None
        return value

    # -- from workers --------------------------------------------------------------------------------------------------

    def said(self, method: str, task_id: int, arguments: tuple[Any, ...]) -> None:
        task = self.run.core.unfinished.get(task_id)
        if task is not None:
            getattr(self, f"_say_{method}")(task, *arguments)

    def request(self, slot_id: int, number: int, method: str, task_id: int, arguments: tuple[Any, ...]) -> None:
        """Answer a question, now or when what it waits for is there."""
        slot = self.run.core.scheduler.slots.get(slot_id)
        if slot is None:
            return
        if method == "main_definition":
            self._answer_now(slot, number, lambda: self.run.values.names.definition(*arguments))
            return
        task = self.run.core.unfinished.get(task_id)
        if method == "room":
            self.run.spilling.worker_asks(slot, number, task_id, *arguments)
            return
        if task is None:
            return
        if method == "poll":
            self._poll(task, slot, number, *arguments)
        elif method in ("wait", "barrier", "barrier_group", "cancel_group"):
            self._wait(task, slot, number, method, arguments)
        else:
            self._answer_now(slot, number, lambda: getattr(self, f"_ask_{method}")(task, *arguments))

    def _answer_now(self, slot: Slot, number: int, answer: Any) -> None:
        try:
            ok, value = True, answer()
        except Exception as error:  # noqa: BLE001  (the task gets it)
            ok, value = False, self.run.values.codec.encode(error)
        self.run.engine.reply(slot, number, ok, value)

    # -- submitting ----------------------------------------------------------------------------------------------------

    def _say_submit(self, parent: Invocation, record: tuple[Any, ...]) -> None:
        card_data, function, args, keywords, operations, results, need, extras, groups, defaults, others = record
        run = self.run
        core = run.core
        definition = self._definition(Card(*card_data))
        self.futures_possible = True
        payload = Payload(self._function(function), args, keywords, len(results), extras)
        payload.defaults = run.values.codec.decode(defaults)
        task = core.new_task(definition, self._requirement(need), payload)
        task.policy = definition.policy
        task.parent = parent
        task.reads, task.writes = [], []
        translated, weights = self._translate(parent, operations)
        payload.weights = weights
        run.accesses.carry_out(task, translated)
        for handle in results:
            datum = core.data.result(task)
            task.writes.append(datum.current)
            self._know(parent, handle, datum)
        if others:
            self._offer(task, others)
        own = tuple(self._group(parent, name) for name in groups)
        task.groups = parent.groups + own
        if core.journal is not None:
            run.notes.created(task, None)
        core.submit(task)

    def _offer(self, task: Invocation, others: list[tuple[Any, ...]]) -> None:
        """Let the core choose among the versions of the task."""
        payload: Payload = task.payload
        versions = [Alternative(task.definition, task.requirement, payload)]
        for card_data, function, need, is_launched, defaults in others:
            extras = {**(payload.extras or {}), **({"files": True} if is_launched else {})}
            own = replace(payload, function=self._function(function), extras=extras or None)
            own.defaults = self.run.values.codec.decode(defaults)
            versions.append(Alternative(self._definition(Card(*card_data)), self._requirement(need), own))
        offer(task, versions, self.run.core.can_ever_run)

    def _definition(self, card: Card) -> Definition:
        found = self.definitions.get(card)
        if found is None:
            found = Definition(lambda: None, card.name)
            found.parameters = card.parameters
            found.policy = Policy(card.policy)
            found.priority = card.priority
            found.is_replicated = card.replicated
            found.is_distributed = card.distributed
            found.time_out = card.time_out
            known = [d for d in self.run.core.types if d.name == card.name]
            found.number = known[0].number if known else self.run.core.register(found)
            self.definitions[card] = found
        return found

    def _function(self, payload: bytes) -> int:
        number = self.functions.get(payload)
        if number is None:
            table = self.run.engine.functions()
            number = self.functions[payload] = len(table)
            table.append(payload)
        return number

    def _translate(self, parent: Invocation, operations: Any) -> tuple[list[Any], dict[int, float] | None]:
        translated = []
        weights: dict[int, float] = {}
        inputs = 0
        for code, handle, new, descriptor, direction, weight in operations:
            spec = _Direction(Direction(direction))
            if code in _NO_DATUM:
                translated.append((code, handle, spec, ""))
                continue
            translated.append((code, self._subject(parent, handle, new, descriptor), spec, ""))
            if code != calls.CREATE:
                if weight != 1.0:
                    weights[inputs] = weight
                inputs += 1
        return translated, weights or None

    def _subject(self, parent: Invocation, handle: int, new: str, descriptor: Any) -> _Subject:
        datum = self.data.get(handle)
        if datum is None:
            core = self.run.core
            if new == "file":
                datum = core.data.initial(descriptor, is_file=True)
                datum.origin = descriptor
            elif new == "object":
                datum = core.data.initial(descriptor)
                self.run.values.retain(descriptor)
                self.run.spilling.made([datum.current], [descriptor])
            else:
                datum = core.data.new_datum()
            self._know(parent, handle, datum)
        return _Subject(datum)

    def _know(self, parent: Invocation, handle: int, datum: Datum) -> None:
        self.data[handle] = datum
        self.made_by.setdefault(parent.id, []).append(handle)

    def _say_forget(self, task: Invocation, handles: list[int]) -> None:
        for handle in handles:
            if handle >= LOCAL:
                datum = self.data.pop(handle, None)
                if datum is not None:
                    self.run.core.data.release(datum)

    # -- waiting -------------------------------------------------------------------------------------------------------

    def _group(self, task: Invocation, name: str) -> Group:
        return self.groups.setdefault((task.id, name), Group(name))

    def _wait(self, task: Invocation, slot: Slot, number: int, method: str, arguments: tuple[Any, ...]) -> None:
        core = self.run.core
        watch = Watch(None, task)
        if method == "wait":
            data = [self.data[handle] for handle in arguments[0] if handle in self.data]
            done = core.watch_versions(watch, [datum.current for datum in data])
        elif method == "barrier":
            done = core.watch_idle(watch, task)
        else:
            group = self._group(task, arguments[0])
            if method == "cancel_group":
                core.cancel_group(group)
            done = core.watch_group(watch, group)
        self.waits[id(watch)] = (watch, number, method, arguments)
        if done:
            self.answer(slot, watch)
            return
        core.waiting(task, watch)
        self.run.engine.take_back(slot)

    def _ask_stream(self, task: Invocation, method: str, *arguments: Any) -> Any:
        return getattr(self.run.streams, method)(task, *arguments)

    def _poll(self, task: Invocation, slot: Slot, number: int, stream: int, seconds: float, files: list[str]) -> None:
        """What is in a stream, or will be soon: a consumer that waits lends its units, so that producers can run."""
        streams = self.run.streams
        watch = Watch(None, task)
        try:
            patience = streams.patience(task, stream, seconds, files)
        except BackendException as error:
            self.run.engine.reply(slot, number, False, self.run.values.codec.encode(error))
            return
        self.waits[id(watch)] = (watch, number, "poll", (stream,))
        if patience <= 0:
            self.answer(slot, watch)
            return
        streams.wait(watch, stream, patience)
        core = self.run.core
        core.waiting(task, watch)
        self.run.engine.take_back(slot)

    def answer(self, slot: Slot, watch: Watch) -> None:
        """What a task waited for is there."""
        _, number, method, arguments = self.waits.pop(id(watch))
        task = watch.task
        if task is not None:
            self._answer_now(slot, number, lambda: self._outcome(task, method, arguments))

    def _outcome(self, task: Invocation, method: str, arguments: tuple[Any, ...]) -> Any:
        if method == "wait":
            data = [self.data[handle] for handle in arguments[0]]
            self._hold(task, data)
            return [self._settled(datum) for datum in data]
        if method == "poll":
            return self.run.streams.take(task, *arguments)
        for failure in self.run.core.take_child_failures(task):
            if not failure.reported:
                raise self.run.failures.error(failure)
        if method in ("barrier_group", "cancel_group"):
            group = self.groups.pop((task.id, arguments[0]), None)
            if group is not None and group.exception is not None:
                raise COMPSsException(group.exception)
        return None

    def _settled(self, datum: Datum) -> tuple[bool, Any]:
        """(whether there is a value, its descriptor or the error)."""
        version: Version = datum.current
        content = version.content
        self.run.core.forgive(version)
        if Status.FAILED in (version.status, content.status):
            failure = version.failure or content.failure
            assert failure is not None
            error = self.run.failures.error(failure)
            return False, self.run.values.codec.encode(error)
        return True, content.value

    def _hold(self, task: Invocation, data: list[Datum]) -> None:
        """The task is told where these values lie, and may look there until it ends."""
        contents = [datum.current.content for datum in data]
        self.fetched.setdefault(task.id, set()).update(contents)
        self.run.spilling.read(contents)

    def held_by_tasks(self) -> set[Version]:
        """Versions whose values tasks have been told."""
        return set().union(*self.fetched.values())

    # -- files and constraints -----------------------------------------------------------------------------------------

    def _requirement(self, wired: constraints.WireNeed) -> Requirement:
        return self.run.whole(*constraints.from_wire(wired))

    def _ask_can_run(self, task: Invocation, needs: list[constraints.WireNeed], name: str, places: str) -> Any:
        possible = map(self.run.core.can_ever_run, map(self._requirement, needs))
        if not any(possible):
            refusals.check(self.run, self._requirement(needs[0]), name, places)
        return True

    def _ask_path(self, task: Invocation, handle: int) -> Any:
        """Where the (settled) last version of a file lies."""
        return self.data[handle].current.content.value

    def worker_gone(self, slot: Slot) -> None:
        """The worker died: nobody waits for its requests any more."""
        for watch, *_ in list(self.waits.values()):
            if watch.task is not None and watch.task.slot is slot:
                del self.waits[id(watch)]
                watch.done = True

    def task_ended(self, task: Invocation, *, cancel: bool) -> None:
        """Handles that the task made and did not give away are of no use any more; nor, if it failed, its tasks."""
        self.fetched.pop(task.id, None)
        for handle in self.made_by.pop(task.id, ()):
            datum = self.data.pop(handle, None)
            if datum is not None:
                self.run.core.data.release(datum)
        if cancel and task.live:
            for other in list(self.run.core.unfinished.values()):
                if other.parent is task:
                    self.run.core.cancel(other)

    def _say_keep(self, task: Invocation, handles: list[int]) -> None:
        """Futures inside the task's results: whoever gets them may wait for them, so they stay."""
        made = self.made_by.get(task.id)
        if made is not None:
            self.made_by[task.id] = [handle for handle in made if handle not in set(handles)]


class _Direction:
    """The only part of a spec that the master needs."""

    __slots__ = ("direction",)

    def __init__(self, direction: Direction) -> None:
        self.direction = direction
