"""The functions of the API without a runtime."""

from __future__ import annotations

import builtins
import os
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self


def compss_start(*args: Any, **kwargs: Any) -> None:
    """Nothing."""


def compss_stop(*args: Any, **kwargs: Any) -> None:
    """Nothing."""


def compss_file_exists(*file_name: Any) -> Any:
    """Whether files exist."""
    found = [_exists(name) for name in file_name]
    return found[0] if len(found) == 1 else found


def compss_open(file_name: Any, mode: str = "r") -> IO[Any]:
    """The file, opened."""
    return builtins.open(file_name, mode)


def compss_delete_file(*file_name: Any) -> bool:  # noqa: ARG001
    """True; deletes nothing."""
    return True


def compss_wait_on_file(*file_name: Any) -> Any:
    """The names."""
    return file_name[0] if len(file_name) == 1 else file_name


compss_wait_on_directory = compss_wait_on_file


def compss_delete_object(*objs: Any) -> bool:  # noqa: ARG001
    """True."""
    return True


def compss_barrier(no_more_tasks: bool = False) -> None:
    """Nothing: every task has ended."""


def compss_barrier_group(group_name: str) -> None:
    """Nothing."""


def compss_cancel_group(group_name: str) -> None:
    """Nothing."""


def compss_snapshot() -> None:
    """Nothing."""


def compss_wait_on(*objs: Any, mode: str = "rw", to_write: bool = True) -> Any:  # noqa: ARG001
    """What is given; several as a list."""
    return objs[0] if len(objs) == 1 else list(objs)


def compss_get_number_of_resources() -> int:
    """One."""
    return 1


def compss_request_resources(num_resources: int, group_name: str | None) -> None:
    """Nothing."""


def compss_free_resources(num_resources: int, group_name: str | None) -> None:
    """Nothing."""


def compss_set_wall_clock(wall_clock_limit: float) -> None:
    """Nothing."""


def compss_add_logger(logger_name: str) -> None:
    """Nothing."""


class TaskGroup:
    """A group of tasks that have all ended."""

    def __init__(self, group_name: str, implicit_barrier: bool = True) -> None:
        self.group_name = group_name
        self.implicit_barrier = implicit_barrier

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing."""


def _exists(name: Any) -> Any:
    return type(name)(_exists(item) for item in name) if isinstance(name, (list, tuple)) else os.path.exists(name)
