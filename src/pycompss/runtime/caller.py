"""What a process must be able to answer so that `pycompss.api` works in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Protocol

from pycompss.core.task import Definition

if TYPE_CHECKING:
    from pycompss.runtime.config import ServiceSpec


class Caller(Protocol):
    """Answers API calls: the session (parallel), the inline caller (sequential), or a worker's caller (in a task)."""

    parallel: bool  # False: sequential mode, where tasks run inside the call

    @property
    def services(self) -> Sequence[ServiceSpec]:
        """What `@http` tasks find by their names."""

    def call(self, definition: Definition, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
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
