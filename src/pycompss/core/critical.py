"""The ready tasks of each party that are known to have something to follow, the one with the longest path first."""

from __future__ import annotations

from heapq import heappop, heappush

from pycompss.core.fairness import PROGRAM, Party, party_of
from pycompss.core.invocation import Invocation
from pycompss.core.paths import path_of
from pycompss.core.task import STATE_READY

_Entry = tuple[float, int, int, Invocation]  # minus the length of the path, number of the task, number of the entry


FEW = 64  # entries of tasks that are gone are kept without asking


class Critical:
    """A heap for each party. A task may have several entries; those of a task that is not ready count for nothing."""

    __slots__ = ("_last", "_most", "heaps")

    def __init__(self) -> None:
        self.heaps: dict[Party, list[_Entry]] = {}  # empty: nobody has anything to follow
        self._last = 0
        self._most = FEW

    def add(self, task: Invocation) -> None:
        """The task is ready, and its path as long as `path_of` says now."""
        self._last += 1
        party = PROGRAM if task.special is None and not task.groups else party_of(task)  # nearly always, without a call
        heap = self.heaps.get(party)
        if heap is None:
            heap = self.heaps[party] = []
        heappush(heap, (-path_of(task), task.id, self._last, task))
        if self._last > self._most:
            self._forget()

    def before(self, first: Invocation) -> Invocation | None:
        """The ready task of the same party with the longest path, if that is longer than that of `first`."""
        party = PROGRAM if first.special is None and not first.groups else party_of(first)
        heap = self.heaps.get(party)
        while heap and heap[0][-1].state is not STATE_READY:
            heappop(heap)
        if not heap:
            self.heaps.pop(party, None)
            return None
        length, _, _, best = heap[0]  # its path when it was added: types may have become faster or slower
        return best if -length > path_of(first) and best is not first else None

    def _forget(self) -> None:
        """Drop the entries of tasks that went in their turn."""
        for party, heap in list(self.heaps.items()):
            self.heaps[party] = sorted(entry for entry in heap if entry[-1].state is STATE_READY)
            if not self.heaps[party]:
                del self.heaps[party]
        self._most = self._last + 2 * sum(map(len, self.heaps.values())) + FEW
