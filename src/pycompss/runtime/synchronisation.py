"""The program waits for values: a future or a tracked object turns into what the tasks made of it.

One wait does for a whole structure of futures; then their values are decoded one by one. The lock is given up while a
value is decoded, because that may run the program's code (`__setstate__`); a claim keeps the value meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from pycompss.core.invocation import Invocation
from pycompss.core.task import State
from pycompss.core.versions import Datum, Status, Version
from pycompss.engines.protocol import Move
from pycompss.errors import PyCOMPSsException, Unreachable
from pycompss.runtime import transfers
from pycompss.runtime.future import Future, holds_futures
from pycompss.runtime.objects import Entry
from pycompss.runtime.preparing import FIRST_RESULT, has_earlier_versions, load_modules, oldest
from pycompss.runtime.run import Run
from pycompss.runtime.values_here import ValuesHere
from pycompss.store.descriptor import ranges_of

_STATES: dict[State, Callable[[Invocation], str]] = {
    State.PENDING: lambda task: f"waits for {task.pending} value{'s' * (task.pending != 1)} of other tasks",
    State.READY: lambda _task: "ready, waits for a free place",
    State.ASSIGNED: lambda task: f"sent to {task.slot.node.name}" if task.slot is not None else "sent to a worker",
    State.WAITING: lambda _task: "running, waits for tasks of its own",
    State.DONE: lambda _task: "finished",
    State.FAILED: lambda _task: "failed",
    State.CANCELLED: lambda _task: "cancelled",
}
PATIENCE = 20.0  # seconds in which a value must come that nobody gives: its node was lost, which will be said soon
PAUSE = 0.1  # seconds until it is asked for again, unless something is reported before


class Synchronisation(Run, ValuesHere):
    """Values come home; what futures ask of their owner."""

    # -- values -------------------------------------------------------------------------------------------------------

    def wait_on(self, value: Any) -> Any:
        """The value of a future, a tracked object, or a list or dict (any depth) with such things in it."""
        if type(value) is Future:
            return self.resolve(value)
        if isinstance(value, (list, dict)):
            pending: list[Version] = []
            self._collect(value, pending, set())
            if pending:
                self._prepare(pending)
                with self.lock:
                    self.wait_versions(pending)
        return self.value_inside(value, {})

    def _collect(self, value: Any, pending: list[Version], seen: set[int]) -> None:
        """All versions inside a structure, so that one wait does for them.

        seen: its lists and dicts, which may hold themselves.
        """
        if type(value) is Future:
            if value.handle is not None:
                pending.append(value.handle.current)
            return
        entry = self.table.find(value)
        if entry is not None and entry.written:
            if entry.handle is not None and not entry.synchronised:
                pending.append(entry.handle.current)
        elif isinstance(value, (list, dict)) and id(value) not in seen:
            seen.add(id(value))
            for item in value:
                self._collect(item, pending, seen)
            for item in value.values() if isinstance(value, dict) else ():
                self._collect(item, pending, seen)

    def _synchronise(self, entry: Entry) -> Any:
        """The last value of an object; from now on the object is an ordinary one again."""
        if not entry.synchronised:
            entry.value = self._fetch(entry.handle)
            entry.synchronised = True
            self.forget(entry.handle)
            entry.handle = None
        return entry.value

    def resolve(self, future: Future) -> Any:
        """The value of a future (its operators and `compss_wait_on` end here)."""
        if not future.is_known():
            future.value = self._fetch(future.handle)
        return future.value

    def _prepare(self, pending: list[Version]) -> None:
        """Load modules that the values will need as soon as is known which."""
        version = next(filter(has_earlier_versions, pending), None)
        if version is None:
            return
        with self.lock:
            self.wait_versions([oldest(version)])
            descriptor = oldest(version).content.value  # the first one may have been updated in place meanwhile
        load_modules(descriptor)

    def _fetch(self, datum: Datum) -> Any:
        if datum.current.number > FIRST_RESULT:
            self._prepare([datum.current])
        end = 0.0
        while True:
            try:
                return self._fetch_once(datum)
            except Unreachable:
                end = end or time.monotonic() + PATIENCE
                if time.monotonic() > end:
                    raise
                self.poll(PAUSE)

    def _fetch_once(self, datum: Datum) -> Any:
        with self.lock:
            if self._forgotten:
                self.release_forgotten()
            content = self.wait_settled(datum)
            if content.status is Status.VOID:
                self.failures.warn_void(content)
                return None
            descriptor = content.value
            if type(descriptor) is not tuple:  # a literal is its own value
                return descriptor
            self.core.data.claim(content)
            ranges = ranges_of(descriptor)
            self.values.claim(ranges)  # so that it is not spilled before it is mapped
            self.spilling.read([content])
            self.execute()
        began = self.core.clock()
        moves: list[Move] = []
        try:
            value = self.values.decode(self.engine.bring(descriptor, moves))
        except Exception as error:
            _blame(content, error)
            raise
        finally:
            with self.lock:
                self.values.unclaim(ranges)
                self.core.data.unclaim(content)
                self.execute()
        transfers.record_fetch(self.core, content, descriptor, began, moves)
        if self.wiring.nested.futures_possible and holds_futures(value):
            return self.wait_on(value)
        return value

    def delete_object(self, value: Any) -> bool:
        """Forget an object: the next task that gets it captures its content anew."""
        entry = self.table.untrack(value) if type(value) is not Future else None
        if entry is not None:
            self.forget(entry.handle)
        return True

    # -- what futures ask of their owner ------------------------------------------------------------------------------

    def describe(self, future: Future) -> tuple[str, str]:
        """Task and state of a future, without waiting."""
        version = future.handle.current if future.handle is not None else None
        if version is None or version.producer is None:
            return "a task", "unknown"
        task = version.producer
        state = "finished" if version.status is Status.READY else _STATES[task.state](task)
        return f"{task.definition.name} (task {task.id})", state

    def adopt(self, handle: int) -> Datum | None:
        """The datum of a future that arrived inside a value."""
        datum = self.wiring.nested.data.get(handle)
        if datum is not None:
            datum.handles += 1
        return datum

    def reduce(self, future: Future) -> Any:
        """How a future inside a value is pickled, so that whoever unpickles it can wait for it."""
        return self.wiring.nested.reduce_future(future)


def _blame(content: Version, error: Exception) -> None:
    """Unpickling runs code of the program; its own message would not say whose value it was."""
    task = content.producer
    if task is not None and not isinstance(error, PyCOMPSsException) and hasattr(error, "add_note"):
        error.add_note(f"[while the value of {task.definition.name} (task {task.id}) was unpickled]")
