"""What a process must be able to answer so that `pycompss.api` works in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any, Protocol

from pycompss.core.task import Definition


class StreamCalls(Protocol):
    """What a program or a task does with streams, which have numbers."""

    def register(
        self, kind: str, alias: str, folder: str, at_least_once: bool, old: Sequence[str]
    ) -> tuple[int, str, str, bool]:
        """Number, alias, folder and mode of the stream. old: files that are in the folder already."""

    def publish(self, number: int, values: Sequence[Any], name: str) -> None: ...
    def close(self, number: int) -> None: ...
    def is_closed(self, number: int) -> bool: ...

    def poll(self, number: int, seconds: float, files: Sequence[str]) -> tuple[Sequence[Any], bool]:
        """Items that nobody has got, and whether no more can come. files: what is complete in the folder."""


class Caller(Protocol):
    """Answers API calls: the session (parallel), the inline caller (sequential), or a worker's caller (in a task)."""

    parallel: bool  # False: sequential mode, where tasks run inside the call

    @property
    def stream_calls(self) -> StreamCalls: ...

    def call(self, definition: Definition, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call a task: returns futures (or None); sequential mode returns the function's own value."""

    def wait_on(self, value: Any) -> Any:
        """The value of a future, a tracked object, or a list or dict (any depth) with such things in it."""

    def wait_on_file(self, name: str) -> None:
        """Wait for the last version of a file or directory and bring it to its path; forget it."""

    def value_here(self, value: Any) -> Any:
        """What a function of this process gets for `value`: that of a future or of an object that tasks have written.

        Anything else stays the very object, also a list with futures in it.
        """

    def open(self, name: str, mode: str) -> IO[Any]: ...
    def file_exists(self, name: str) -> bool: ...
    def delete_file(self, name: str) -> bool: ...
    def delete_object(self, value: Any) -> bool: ...
    def barrier(self, no_more_tasks: bool = False) -> None: ...
    def open_group(self, name: str) -> None: ...
    def close_group(self, name: str) -> None: ...
    def barrier_group(self, name: str) -> None: ...
    def cancel_group(self, name: str) -> None: ...
    def snapshot(self) -> None: ...
    def number_of_resources(self) -> int: ...
    def request_resources(self, number: int, group: str | None) -> None: ...
    def free_resources(self, number: int, group: str | None) -> None: ...
    def set_wall_clock(self, seconds: float) -> None: ...
    def stop(self, code: int = 0, *, hard: bool = False) -> None: ...
