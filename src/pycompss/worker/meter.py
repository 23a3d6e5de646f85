"""What a task has used: processor time, memory, reading and writing.

Asking costs up to 40 microseconds, so it is done when a task took longer than `LONG`; what others read and wrote
shortly before counts for the next long one. The highest resident memory is the
kernel's own record, which is reset after every look.
"""

from __future__ import annotations

import os
import resource
import sys
import time

LONG = 0.01  # seconds
BETWEEN = 0.05  # seconds between two looks at what short tasks read and wrote
_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, bytes
Use = tuple[float, "int | None", "int | None", "int | None"]  # CPU seconds, memory, read, written


class Meter:
    """Differences since the last look."""

    def __init__(self) -> None:
        self._cpu = self._at = 0.0
        self._children = 0.0
        self._io = (0, 0)
        self._looked = 0.0  # when that was
        self._accounts = _opened("/proc/self/io", os.O_RDONLY)
        self._resets = _opened("/proc/self/clear_refs", os.O_WRONLY)

    def begin(self, now: float, cpu: float) -> None:
        """A bundle of tasks begins; cpu: this process' time so far."""
        if now - self._looked > BETWEEN:
            self._io, self._looked = self._read(), now
        self._cpu, self._at = cpu, now

    def used(self, start: float, end: float) -> Use:
        """What a task has used that took so long. The core was busy with others of its bundle since the last look."""
        before, self._cpu = self._cpu, time.process_time()
        others, self._at = start - self._at, end
        cpu = max(0.0, self._cpu - before - max(0.0, others))
        if end - start < LONG:
            return cpu, None, None, None
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = resource.getrusage(resource.RUSAGE_SELF)
        spent = children.ru_utime + children.ru_stime
        cpu += spent - self._children
        self._children = spent
        (read, written), self._io = self._io, self._read()
        self._looked = end
        if self._resets >= 0:
            os.pwrite(self._resets, b"5", 0)
        return cpu, own.ru_maxrss * _UNIT, self._io[0] - read, self._io[1] - written

    def _read(self) -> tuple[int, int]:
        """Bytes read and written by system calls so far."""
        if self._accounts < 0:
            return (0, 0)
        words = os.pread(self._accounts, 512, 0).split()
        return int(words[1]), int(words[3])


def _opened(path: str, mode: int) -> int:
    try:
        return os.open(path, mode | os.O_CLOEXEC)
    except OSError:  # not Linux, or not allowed
        return -1
