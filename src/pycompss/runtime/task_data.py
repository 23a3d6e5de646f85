"""Objects and futures inside a task: what they stand for is with the master, who is asked when a value is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from pycompss.runtime.call_builder import CallBuilder
from pycompss.runtime.config import ServiceSpec
from pycompss.runtime.future import Future, futures_in, holds_futures, parts_of
from pycompss.runtime.handles import FUTURE, LOCAL, rebuild_future
from pycompss.runtime.objects import Entry, ObjectTable
from pycompss.runtime.values_here import ValuesHere

if TYPE_CHECKING:
    from pycompss.worker.process import Worker


class TaskData(ValuesHere):
    """What the running task knows of data, and how their values come here."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.services = [ServiceSpec(*service) for service in worker.settings["services"]]
        self._numbers = count(1)
        self._forgotten: list[int] = []  # handles of futures that the task dropped
        self._given_away: set[int] = set()
        self._shared: set[int] = set()  # handles of futures that others hold, too
        self.own: Sequence[Any] = ()  # objects that the running task may change
        self.reset()
        worker.caller = self

    def reset(self) -> None:
        """A new task begins: the objects of the last one are nobody's business."""
        self.table = ObjectTable()
        self.builder = CallBuilder(self.table, self.worker.codec, self)
        self.groups: list[tuple[int, str]] = []  # open ones, outermost first: number and name
        self.named: dict[str, tuple[int, str]] = {}  # the last group of each name
        self.used = False
        self._forgotten.clear()
        self._shared.clear()

    def _new_handle(self) -> int:
        arena: int = self.worker.settings["arena"]
        return LOCAL + (arena << 24) + next(self._numbers)

    # -- futures -----------------------------------------------------------------------------------------------------

    def adopt(self, handle: int) -> int:
        """A future arrived inside a value."""
        self._shared.add(handle)
        return handle

    def own_datum(self, future: Future) -> None:
        """The future is about to be written: what others hold, too, stays as it is."""
        if future.handle in self._shared:
            shared, future.handle = future.handle, self._new_handle()
            self.worker.tell("snapshot", shared, future.handle)

    def reduce(self, future: Future) -> Any:
        self._given_away.add(future.handle)
        self._shared.add(future.handle)
        return rebuild_future, (future.handle,)

    def forget(self, handle: Any) -> None:
        if handle is not None:
            self._forgotten.append(handle)

    def describe(self, future: Future) -> tuple[str, str]:
        return "a task", "submitted by this task"

    def resolve(self, future: Future) -> Any:
        if not future.is_known():
            future.value = self._fetch([future.handle])[0]
        return future.value

    def _fetch(self, handles: list[int]) -> list[Any]:
        values = []
        for ok, descriptor in self.worker.request("wait", handles):
            value = self.worker.codec.decode(descriptor)
            if not ok:
                raise value
            values.append(self.wait_on(value) if holds_futures(value) else value)
        return values

    def wait_on(self, value: Any) -> Any:
        if isinstance(value, (list, dict)):
            self._prefetch(value)
        return self.value_inside(value, {})

    def _prefetch(self, values: Any) -> None:
        """One request for all futures of a structure."""
        futures = [future for future in futures_in(values) if not future.is_known()]
        if len(futures) > 1:
            for future, value in zip(futures, self._fetch([f.handle for f in futures]), strict=True):
                future.value = value

    def _synchronise(self, entry: Entry) -> Any:
        if not entry.synchronised:
            entry.value = self._fetch([entry.handle])[0]
            entry.synchronised = True
            self.forget(entry.handle)
            entry.handle = None
        return entry.value

    def settled(self, value: Any, *, keep_futures: bool = False) -> Any:
        """What an output of the task is in the end: tasks that it called, without waiting, may have written it."""
        if not self.used:
            return value
        if type(value) is Future:
            return value if keep_futures else self.resolve(value)
        if not self.table.entries:
            return value
        if type(value) is tuple:
            return tuple([self.settled(item, keep_futures=True) for item in value])
        for part in parts_of(value):
            attributes = getattr(part, "__dict__", None)
            if type(attributes) is dict:
                self._settle(attributes)
        return self.wait_on(value) if self._is_written(value) else value

    def _settle(self, attributes: dict[str, Any]) -> None:
        """Those of an object that tasks have written, or that hold what they have written."""
        for name, value in list(attributes.items()):
            if self._is_written(value):
                attributes[name] = self.wait_on(value)

    def _is_written(self, value: Any) -> bool:
        """Whether tasks that this one called have written the value, or something in it."""
        entries = map(self.table.find, parts_of(value))
        return any(entry is not None and entry.written for entry in entries)

    def delete_object(self, value: Any) -> bool:
        entry = self.table.untrack(value)
        if entry is not None:
            self.forget(entry.handle)
        return True

    def encode_return(self, value: Any) -> Any:
        """A returned future stays a future for the consumer."""
        self._given_away.add(value.handle)
        return (FUTURE, value.handle)
