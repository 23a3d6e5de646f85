"""Tasks that call tasks: the master's side.

A worker names data by *handles*, numbers of its own; the master keeps what they stand for. A worker's call is the same
list of operations as the program's, so it takes the same way into the core. Requests
that wait are `nested_waits`' business.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

from pycompss.core.alternatives import Alternative, offer
from pycompss.core.invocation import Invocation
from pycompss.core.parameter import Direction
from pycompss.core.resources import Requirement
from pycompss.core.task import Definition, Policy
from pycompss.core.versions import Datum, Version
from pycompss.engines.protocol import Payload
from pycompss.runtime import calls, constraints, refusals
from pycompss.runtime.handles import FUTURE, LOCAL, Card, rebuild_future
from pycompss.runtime.nested_waits import NestedWaits

if TYPE_CHECKING:
    from pycompss.runtime.run import Run

_NO_DATUM = (calls.COLLECTION, calls.STREAM)


class _Subject:
    """Stands for a worker's object or file in the operations of a call."""

    __slots__ = ("descriptor", "handle")

    def __init__(self, handle: Datum | None, descriptor: Any = None) -> None:
        self.handle = handle
        self.descriptor = descriptor


class NestedCalls(NestedWaits):
    """Everything that tasks ask of the master."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.made_by: dict[int, list[int]] = {}  # task -> handles that it made
        self.pickled: dict[int, tuple[Version, int]] = {}  # datum -> its version when it was last pickled, the handle
        self._numbers = count(-1, -1)
        self.definitions: dict[Card, Definition] = {}
        self.functions: dict[bytes, int] = {}
        self.futures_possible = False  # nothing of what tasks ask matters before

    # -- futures that travel -----------------------------------------------------------------------------------------

    def reduce_future(self, future: Any) -> Any:
        """The program pickles one of its futures, without the lock: the handle that others will know it by."""
        datum: Datum = future.handle
        version, number = self.pickled.get(datum.id, (None, 0))
        if version is not datum.current:
            number = next(self._numbers)
            self.pickled[datum.id] = datum.current, number
            self.run.note_pickled(number, datum)
        self.futures_possible = True
        return rebuild_future, (number,)

    def keep(self, number: int, datum: Datum) -> None:
        """Whoever unpickles that future gets what it stands for now, whatever is written later."""
        self.data[number] = self.run.core.snapshot(datum)

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
        if method == "search_path":
            self._answer_now(slot, number, _search_path)
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
            self._know(parent, handle, core.data.result(task))
        if others:
            self._offer(task, others)
        own = tuple(self._group(parent, *group) for group in groups)
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
                if self.run.membership.is_elastic:
                    self.run.membership.handed(parent, datum.current, descriptor)
            else:
                datum = core.data.new_datum()
            self._know(parent, handle, datum)
        return _Subject(datum)

    def _know(self, parent: Invocation, handle: int, datum: Datum) -> None:
        self.data[handle] = datum
        self.made_by.setdefault(parent.id, []).append(handle)

    def _say_snapshot(self, task: Invocation, handle: int, new: int) -> None:
        """The task will write what others hold, too: from now on it has a datum of its own."""
        self._know(task, new, self.run.core.snapshot(self.data[handle]))

    def _say_forget(self, task: Invocation, handles: list[int]) -> None:
        for handle in handles:
            if handle >= LOCAL:
                datum = self.data.pop(handle, None)
                if datum is not None:
                    self.run.core.data.release(datum)

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

    def task_ended(self, task: Invocation, *, cancel: bool) -> None:
        """Handles that the task made and did not give away are of no use any more; nor, if it failed, its tasks."""
        self.fetched.pop(task.id, None)
        self.groups.pop(task.id, None)
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


def _search_path() -> list[str]:
    """`sys.path` of the program, which it may have added to; relative entries mean nothing elsewhere."""
    return [os.path.abspath(entry) for entry in sys.path]
