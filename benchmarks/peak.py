"""The memory that a process and all its descendants take, shared pages counted once.

Proportional set sizes add up to what is mapped; pages of shared memory that nobody has mapped at the moment (files
without a name, objects that lie in a store) are in nobody's share. They are what the system's count of shared memory
has grown by, less what the processes have mapped of it. Other programs must not take shared memory meanwhile.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import psutil

SHARE = 10  # the look at the memory takes at most one part in so many of a core
LEAST = 0.05  # seconds between two looks
KILO = 1024


def used(root: int) -> int:
    """Bytes, in all; only differences mean something."""
    mapped = shared = 0
    for process in _family(root):
        with contextlib.suppress(OSError):
            fields = _fields(Path(f"/proc/{process}/smaps_rollup"))
            mapped += fields["Pss"]
            shared += fields.get("Pss_Shmem", 0)
    return mapped - shared + _fields(Path("/proc/meminfo"))["Shmem"]


def _family(root: int) -> list[int]:
    try:
        return [root, *(child.pid for child in psutil.Process(root).children(recursive=True))]
    except psutil.Error:
        return []


def _fields(file: Path) -> dict[str, int]:
    """Lines "Name:  123 kB", in bytes."""
    found = {}
    for line in file.read_text().splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if len(words) == 2 and words[1] == "kB":
            found[name] = int(words[0]) * KILO
    return found


class Peak:
    """The most that a family of processes has taken since it was idle."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.idle = self.most = used(root)

    def look(self) -> float:
        """Look once; seconds after which to look again."""
        began = time.perf_counter()
        self.most = max(self.most, used(self.root))
        return max(LEAST, SHARE * (time.perf_counter() - began))

    @property
    def above_idle(self) -> int:
        return self.most - self.idle
