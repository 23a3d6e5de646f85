"""The thread that waits for a worker leaves the worker's core to it.

A worker is bound to its core; the program is not. Once both have met on one core they would take turns on it while
another one idles: kernels part tasks that want to run at the same time, and these two never do.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable, Sequence

# Linux; it returns at once, so the interpreter's lock is not given up for it
_getcpu: Callable[[], int] | None = getattr(ctypes.PyDLL(None), "sched_getcpu", None)


def current_core() -> int:
    """The core that the calling thread runs on; -1 where the system does not tell."""
    return -1 if _getcpu is None else _getcpu()


def step_aside(taken: Sequence[Sequence[int]]) -> None:
    """Go on with another core, if the calling thread runs on one of these and may use others."""
    core = current_core()
    for cores in taken:
        if core in cores:
            _leave(frozenset().union(*taken))
            return


def _leave(cores: frozenset[int]) -> None:
    with contextlib.suppress(OSError):
        allowed = os.sched_getaffinity(0)
        if allowed - cores:
            os.sched_setaffinity(0, allowed - cores)
            os.sched_setaffinity(0, allowed)
