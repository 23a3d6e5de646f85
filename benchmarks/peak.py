"""The most memory that a process and all its descendants take while somebody looks."""

from __future__ import annotations

import time

import memory
import psutil

SHARE = 10  # the look at the memory takes at most one part in so many of a core
LEAST = 0.05  # seconds between two looks


def used(root: int) -> int:
    """Bytes, in all; only differences mean something."""
    try:
        return memory.total([root, *(child.pid for child in psutil.Process(root).children(recursive=True))])
    except psutil.Error:  # it has ended
        return 0


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
