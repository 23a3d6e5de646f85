"""The PyCOMPSs programming model as pure Python."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pycompss.errors import (
        COMPSsException,
        LaunchError,
        ProgramError,
        PyCOMPSsException,
        ServiceError,
        SynchronisationWarning,
        TaskError,
        TaskWarning,
        UnschedulableTask,
    )

__version__ = "0.1.0"
__all__ = [
    "COMPSsException",
    "LaunchError",
    "ProgramError",
    "PyCOMPSsException",
    "ServiceError",
    "SynchronisationWarning",
    "TaskError",
    "TaskWarning",
    "UnschedulableTask",
]


def __getattr__(name: str) -> Any:
    """What goes wrong is shown as `pycompss.TaskError`, so it is found there; loaded when somebody asks."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pycompss import errors  # noqa: PLC0415  (the package itself loads nothing)

    return getattr(errors, name)


def load_ipython_extension(ipython: Any) -> None:
    """`%load_ext pycompss`: the magic `%compss`."""
    from pycompss.interactive import magics  # noqa: PLC0415  (only where somebody looks)

    magics.load(ipython)
