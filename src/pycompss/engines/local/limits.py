"""Open files: every worker costs this process some."""

from __future__ import annotations

import contextlib
import os
import resource
import sys

from pycompss.errors import PyCOMPSsException

PER_WORKER = 7  # 4 for as long as it lives, the others while it starts
OTHERS = 16  # files that are open for moments


def make_room_for(workers: int) -> None:
    """Raise the soft limit of open files if it is too low. Raises PyCOMPSsException if that is not allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = _open_now() + workers * PER_WORKER + OTHERS
    if soft == resource.RLIM_INFINITY or need <= soft:
        return
    if hard == resource.RLIM_INFINITY or need <= hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (need, hard))
            return
    raise PyCOMPSsException(
        f"{workers} workers need {need} open files, but this process may have only {soft}: "
        f"raise the limit (ulimit -n {need}), or use fewer workers (PYCOMPSS_WORKERS)"
    )


def most_workers() -> int:
    """As many as open files allow."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if hard == resource.RLIM_INFINITY else (hard - _open_now() - OTHERS) // PER_WORKER


def _open_now() -> int:
    for folder in ("/proc/self/fd", "/dev/fd"):
        with contextlib.suppress(OSError):
            return len(os.listdir(folder))
    return 64
