"""What a task does with streams: it asks the program's process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pycompss.runtime.streams import values_of

if TYPE_CHECKING:
    from pycompss.runtime.streams import Registered
    from pycompss.runtime.worker_caller import WorkerCaller


class TaskStreams:
    """The calls of `pycompss.runtime.streams.ProgramStreams`, made by the task that runs in this process."""

    def __init__(self, caller: WorkerCaller) -> None:
        self._worker = caller.worker

    def register(self, kind: str, alias: str, folder: str, at_least_once: bool, old: Sequence[str]) -> Registered:
        answer: Registered = self._worker.request("stream", "register", kind, alias, folder, at_least_once, tuple(old))
        return answer

    def publish(self, number: int, values: Sequence[Any], name: str) -> None:
        items = tuple(self._worker.codec.pickled(value, task=name, argument="an item") for value in values)
        self._worker.request("stream", "publish", number, items)

    def close(self, number: int) -> None:
        self._worker.request("stream", "close", number)

    def is_closed(self, number: int) -> bool:
        answer: bool = self._worker.request("stream", "is_closed", number)
        return answer

    def poll(self, number: int, seconds: float, files: Sequence[str]) -> tuple[Sequence[Any], bool]:
        items, is_closed = self._worker.request("poll", number, seconds, tuple(files))
        return values_of(items), is_closed
