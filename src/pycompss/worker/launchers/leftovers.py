"""What MPI libraries leave in shared memory when their ranks are killed: files that nobody maps any more.

Run as a program, `leftovers.py SINCE`, it removes this user's that are not older than the time given (seconds of the
epoch): those of the task at hand, and of its like that were killed meanwhile. Nothing of this project is imported.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time

SHARED_MEMORY = "/dev/shm"  # noqa: S108  (where MPI libraries put them)
_NAMES = ("mpich_shm_", "sm_segment.", "vader_segment.")  # MPICH; Open MPI 5; Open MPI 4
PATIENCE = 0.5  # seconds for ranks that were told to end to unmap what they have
LOOK = 0.02  # seconds between looks


def remove(since: float) -> None:
    deadline = time.monotonic() + PATIENCE
    while _remove_unused(since) and time.monotonic() < deadline:
        time.sleep(LOOK)


def _remove_unused(since: float) -> bool:
    """Whether some are left, which somebody maps."""
    mapped = False
    for path in _left(since):
        if _is_mapped(path):
            mapped = True
        else:
            with contextlib.suppress(OSError):
                os.unlink(path)
    return mapped


def _left(since: float) -> list[str]:
    if not os.path.isdir(SHARED_MEMORY):
        return []
    with os.scandir(SHARED_MEMORY) as entries:
        return [entry.path for entry in entries if entry.name.startswith(_NAMES) and _is_ours(entry, since)]


def _is_ours(entry: os.DirEntry[str], since: float) -> bool:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:  # it has just gone
        return False
    return status.st_uid == os.geteuid() and status.st_mtime >= since - 1


def _is_mapped(path: str) -> bool:
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as file:
            if path in file.read():
                return True
    return False


if __name__ == "__main__":
    remove(float(sys.argv[1]))
