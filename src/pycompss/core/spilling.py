"""Which values leave memory when it is short, and when.

Above the high mark the least recently used versions go, until the low one is reached: so tasks that make values rarely
meet a full memory, and the disk gets its work in large portions. What a worker may be reading stays: the inputs of
tasks that were sent, and what would make them again. A version that tasks merely wait for may go: it can be read from
the disk as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pycompss.core.invocation import Invocation
from pycompss.core.resources import Slot
from pycompss.core.versions import Status, Version

HIGH, LOW = 0.8, 0.6  # of the limit


class Marks:
    """Whether memory is being relieved: begins above the high mark, ends at the low one."""

    def __init__(self, limit: int) -> None:
        self._high, self._low = int(HIGH * limit), int(LOW * limit)
        self.is_relieving = False

    def allow(self, live: int) -> bool:
        """Whether versions may take so much without being relieved of some."""
        return live <= (self._low if self.is_relieving else self._high)

    def excess(self, live: int) -> int:
        """Bytes that should leave, when versions take `live` bytes."""
        if live > self._high:
            self.is_relieving = True
        elif live <= self._low:
            self.is_relieving = False
        return live - self._low if self.is_relieving else 0


def in_use(slots: Iterable[Slot]) -> set[Version]:
    """Versions whose values a worker may be reading."""
    used: set[Version] = set()
    for slot in slots:
        for task in slot.tasks.values():
            used.update(version.content for version in task.reads)
            if task.attempt > 1:
                used.update(_ways_back(task))
    return used


def _ways_back(task: Invocation) -> Iterable[Version]:
    """What another attempt reads because an earlier one spoilt its input."""
    for version in task.reads:
        lineage = version.lineage
        if lineage is None:
            continue
        if lineage.root is not None:
            yield lineage.root.content
        for step in lineage.steps:
            yield from (read.content for read in step.inputs if read is not None)


def choose(candidates: Iterable[Version], wanted: int, size: Callable[[Version], int]) -> list[Version]:
    """The first versions that together have `wanted` bytes, or all; `size` is 0 for those that must stay."""
    chosen = []
    for version in candidates:
        if wanted <= 0:
            break
        length = size(version) if version.status is Status.READY else 0
        if length:
            chosen.append(version)
            wanted -= length
    return chosen
