"""The functions by which a program talks to the runtime: waiting, files, groups, resources (programming model, 9)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from pycompss.errors import NotInPyCOMPSsException, PyCOMPSsException
from pycompss.runtime import current

if TYPE_CHECKING:
    from typing_extensions import Self


def compss_start(
    log_level: str = "off",
    tracing: bool = False,
    interactive: bool = False,  # noqa: ARG001  (no difference here)
    disable_external: bool = False,  # noqa: ARG001  (the same)
) -> None:
    """Start the runtime now; without it, the first task call does. If it runs already, a line on stderr says so.

    What is not given here, the environment and the configuration file say.
    """
    from pycompss.runtime import config, start  # noqa: PLC0415  (loads the runtime)

    if start.is_running():
        sys.stderr.write("The runtime is already running\n")
        return
    current.set_(None)  # what stands in after a stop
    flags = {"log_level": ("log_level=", log_level)} if log_level != "off" else {}
    if tracing:
        flags["tracing"] = ("tracing=", "true")
    start.start(config.build(flags, application=_program(), app_args=sys.argv[1:]))


def _program() -> str:
    return os.path.abspath(sys.argv[0]) if sys.argv and sys.argv[0] else ""


def compss_stop(code: int = 0, _hard_stop: bool = False) -> None:
    """Wait for all tasks and stop the runtime (`code` other than 0: cancel them). Later calls of tasks run at once.

    Raises:
        TaskError: a task failed for good, and nothing in the program has said so yet.
    """
    caller = current.peek()
    if caller is None:
        return
    try:
        caller.stop(code, hard=_hard_stop)
    finally:
        if caller.parallel:
            from pycompss.runtime.stopped import StoppedCaller  # noqa: PLC0415  (only at the end)

            current.set_(StoppedCaller())


def compss_wait_on(*objs: Any, mode: str = "rw", to_write: bool = True) -> Any:  # noqa: ARG001  (see below)
    """The values of futures and of objects that tasks changed, also inside lists and dicts of any depth.

    No argument gives `[]`, one its value, several a list. No difference can be seen between modes, nor between those of
    `to_write`, which stood in their place in earlier releases of PyCOMPSs.
    """
    if len(objs) == 1:
        return current.get().wait_on(objs[0])
    return current.get().wait_on(list(objs)) if objs else []


def compss_wait_on_file(*file_name: Any) -> Any:
    """Wait for files (names, or lists and tuples of names) and bring them to their paths; gives the names back.

    Raises:
        PyCOMPSsException: something is neither a name nor a list or tuple of names.
    """
    caller = current.get()
    for name in file_name:
        _each_name(name, caller.wait_on_file)
    if len(file_name) == 1:
        return file_name[0]
    return list(file_name) if caller.parallel else file_name


def compss_wait_on_directory(*directory_name: Any) -> Any:
    """As `compss_wait_on_file`, for directories."""
    return compss_wait_on_file(*directory_name)


def compss_open(file_name: Any, mode: str = "r") -> IO[Any]:
    """Open the last version of a file: waits for the task that writes it, except for mode "w"."""
    return current.get().open(_name(file_name), mode)


def compss_file_exists(*file_name: Any) -> Any:
    """Whether files exist or will exist, because a task writes them; keeps the structure of what is given."""
    caller = current.get()
    return _one_or_list([_each_name(name, caller.file_exists) for name in file_name])


def compss_delete_file(*file_name: Any) -> Any:
    """Delete files everywhere as soon as no task needs them; keeps the structure of what is given.

    Gives False per file, as PyCOMPSs does (in sequential mode True, and nothing is deleted).
    """
    caller = current.get()
    if not caller.parallel:
        return True
    return _one_or_list([_each_name(name, caller.delete_file) for name in file_name])


def compss_delete_object(*objs: Any) -> Any:
    """Forget objects: the runtime drops its copies, and a later task sees their present content."""
    try:  # finalisers of objects call this, also when nothing has started yet or all is over
        caller = current.peek()
    except (AttributeError, TypeError):  # even the module is no more: Python is ending
        return True
    if caller is None or not caller.parallel:
        return True
    return _one_or_list([caller.delete_object(value) for value in objs])


def compss_barrier(no_more_tasks: bool = False) -> None:
    """Wait for all tasks; `no_more_tasks` also drops what the runtime keeps of the program's objects."""
    current.get().barrier(no_more_tasks)


barrier = compss_barrier  # its name in old programs


def compss_barrier_group(group_name: str) -> None:
    """Wait for the tasks of a group; raises the `COMPSsException` of one of them, once."""
    current.get().barrier_group(group_name)


def compss_cancel_group(group_name: str) -> None:
    """Cancel the tasks of a group, waiting and running ones, and wait until they are gone."""
    current.get().cancel_group(group_name)


def compss_snapshot() -> None:
    """Save the results of all tasks called so far, when the run keeps a checkpoint."""
    current.get().snapshot()


def compss_get_number_of_resources() -> int:
    """How many nodes there are."""
    return current.get().number_of_resources()


def compss_request_resources(num_resources: int, group_name: str | None) -> None:
    """Ask for more nodes; does not wait. The rest of the group is cancelled when they are there."""
    current.get().request_resources(num_resources, group_name)


def compss_free_resources(num_resources: int, group_name: str | None) -> None:
    """Give nodes back; does not wait. The rest of the group is cancelled when they are gone."""
    current.get().free_resources(num_resources, group_name)


def compss_set_wall_clock(wall_clock_limit: float) -> None:
    """End the program with an error after so many seconds from now."""
    current.get().set_wall_clock(wall_clock_limit)


def compss_add_logger(logger_name: str) -> None:
    """Send what a logger of the program says where the runtime's own log goes.

    Raises:
        NotInPyCOMPSsException: there is no runtime (sequential mode).
    """
    if not current.get().parallel:
        raise NotInPyCOMPSsException("Outside PyCOMPSs scope: compss_add_logger only works within PyCOMPSs framework.")
    import logging  # noqa: PLC0415  (slow to import)

    own, users = logging.getLogger("pycompss"), logging.getLogger(logger_name)
    users.setLevel(own.getEffectiveLevel())
    for handler in own.handlers:
        if handler not in users.handlers:
            users.addHandler(handler)


class TaskGroup:
    """`with TaskGroup("g"):` — the tasks called inside belong to the group and to every group that is open around it.

    At the end the program waits for them, unless `implicit_barrier` is False, or it is leaving by Ctrl-C or an exit
    with a code, which cancel them.
    """

    def __init__(self, group_name: str, implicit_barrier: bool = True) -> None:
        self.group_name = group_name
        self.implicit_barrier = implicit_barrier

    def __enter__(self) -> Self:
        current.get().open_group(self.group_name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        caller = current.get()
        caller.close_group(self.group_name)
        leaves = isinstance(error, KeyboardInterrupt) or (isinstance(error, SystemExit) and error.code not in (None, 0))
        if self.implicit_barrier and not leaves:
            caller.barrier_group(self.group_name)


def _one_or_list(results: list[Any]) -> Any:
    return results[0] if len(results) == 1 else results


def _each_name(name: Any, act: Callable[[str], Any]) -> Any:
    """`act` on a name, or on each name of a list or tuple, whose structure the result has."""
    if isinstance(name, list):
        return [_each_name(item, act) for item in name]
    if isinstance(name, tuple):
        return tuple(_each_name(item, act) for item in name)
    return act(_name(name))


def _name(name: Any) -> str:
    if isinstance(name, os.PathLike):
        name = os.fspath(name)
    if not isinstance(name, str):
        raise PyCOMPSsException(f"{name!r} is not the name of a file: a text, or a list or tuple of texts, is needed")
    return name


__all__ = [
    "TaskGroup",
    "compss_add_logger",
    "compss_barrier",
    "compss_barrier_group",
    "compss_cancel_group",
    "compss_delete_file",
    "compss_delete_object",
    "compss_file_exists",
    "compss_free_resources",
    "compss_get_number_of_resources",
    "compss_open",
    "compss_request_resources",
    "compss_set_wall_clock",
    "compss_snapshot",
    "compss_start",
    "compss_stop",
    "compss_wait_on",
    "compss_wait_on_directory",
    "compss_wait_on_file",
]
