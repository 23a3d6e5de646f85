"""What tasks are told by the environment: their number, their computing units, the devices that they have.

Numeric libraries learn the units by variables of their own. What a slot adds to the environment (devices) is taken back
when the next one does not have it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable

THREAD_VARIABLES = (
    "COMPSS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


_TASK_ID = b"COMPSS_TASK_ID"
_environ: dict[bytes, bytes] = os.environ._data  # type: ignore[attr-defined]  # noqa: SLF001  (see `tell_task`)
_putenv: Callable[[int], int] = ctypes.PyDLL(None)["putenv"]
_putenv.argtypes = [ctypes.c_void_p]  # type: ignore[attr-defined]
_entry = ctypes.create_string_buffer(len(_TASK_ID) + len(str(1 << 64)) + 2)  # "name=number": part of the environment
_place = ctypes.addressof(_entry)
_SHARED = 9  # digits are the same objects everywhere
_told = b""  # what `os.environ` holds as long as the entry is in the environment


def tell_task(number: int) -> None:
    """The running task's number, for itself and for programs that it starts.

    It differs from task to task, so it is set past the checks of `os.environ`, which take five times as long, and by
    C's `putenv`, which makes memory of ours a part of the environment: `setenv` (and so `os.putenv`) keeps every value
    that a variable ever had, 64 bytes a task. Once it is there, to write to it is enough, unless somebody has set or
    deleted the variable since, who has put another object into `os.environ`.
    """
    global _told  # noqa: PLW0603
    text = b"%d" % number
    _entry.value = b"COMPSS_TASK_ID=" + text
    if _environ.get(_TASK_ID) is not _told:
        _putenv(_place)
    _environ[_TASK_ID] = text
    _told = text if number > _SHARED else b""


class Units:
    """The number that this process's libraries have been told."""

    def __init__(self) -> None:
        """One, before any library is loaded."""
        self.units = 1
        self._before: dict[str, str | None] = {}  # what the slot's variables were without it
        self._tell()

    def set(self, units: int, environment: dict[str, str]) -> None:
        """The slot changed: tell tasks and numeric libraries."""
        for name in self._before.keys() - environment.keys():
            _restore(name, self._before.pop(name))
        for name in environment.keys() - self._before.keys():
            self._before[name] = os.environ.get(name)
        os.environ.update(environment)
        if units != self.units:
            self.units = units
            self._tell()
            _limit_threads(units)

    def _tell(self) -> None:
        text = str(self.units)
        for name in THREAD_VARIABLES:
            os.environ[name] = text


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _limit_threads(units: int) -> None:
    """Apply a new number of threads to libraries that are loaded already."""
    if "numpy" in sys.modules or "scipy" in sys.modules:
        from threadpoolctl import threadpool_limits  # noqa: PLC0415

        threadpool_limits(units)
