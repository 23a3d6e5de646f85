"""Ready tasks in line: one queue per requirement, the urgent ones before the others, each in the order of readiness.

Tasks with much to follow (`paths`) overtake others of their party. Where parties take turns, such a task takes that of
whoever is first in line, and gives its own for it: no party gains any.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from itertools import islice

from pycompss.core.critical import Critical
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Requirement, Slot
from pycompss.core.task import STATE_ASSIGNED, STATE_READY

URGENT = -(1 << 60)
HORIZON = 4096  # a task is not overtaken by those whose turn is so many after its own


class ReadyQueue:
    """Ready tasks of one requirement, and the slots that run such tasks."""

    __slots__ = (
        "blocked",
        "chosen",
        "critical",
        "early",
        "hungry",
        "loaded",
        "normal",
        "requirement",
        "urgent",
        "width",
    )

    def __init__(self, requirement: Requirement, width: int = 1) -> None:
        self.requirement = requirement
        self.width = width  # how many of its slots could be open at a time
        self.urgent: deque[Invocation] = deque()
        self.normal: deque[Invocation] = deque()
        self.early: list[tuple[int, int, Invocation]] = []  # heap: whose turn is before that of the last in line
        self.critical = Critical()
        self.chosen: Invocation | None = None  # by its path, to be the first in line; nothing longer came since
        self.hungry: dict[int, Slot] = {}  # may take tasks ahead
        self.loaded: dict[int, Slot] = {}  # have tasks behind the one that runs, and were not asked for them
        self.blocked = False  # no node has room for this requirement now

    def add(self, task: Invocation) -> None:
        if task.definition.priority:
            self.urgent.append(task)
        elif task.turn and self.normal and task.turn < rank(self.normal[-1]):
            heappush(self.early, (task.turn, task.id, task))
        else:
            self.normal.append(task)
        if task.behind:
            self.hurry(task)

    def hurry(self, task: Invocation) -> None:
        """The task is in line, and is known to have so much to follow."""
        if not task.definition.priority:
            self.chosen = None
            self.critical.add(task)

    def line(self) -> Iterator[Invocation]:
        """Everybody in line who is not urgent, in no order."""
        yield from self.normal
        for _, _, task in self.early:
            yield task

    def put_back(self, task: Invocation) -> None:
        (self.urgent if task.definition.priority else self.normal).appendleft(task)

    def withdraw(self, task: Invocation) -> None:
        """The task is not ready after all."""
        if task in self.urgent:
            self.urgent.remove(task)
        else:
            self._take_out(task)

    def head(self) -> Invocation | None:
        """The foremost task; cancelled ones are dropped on the way."""
        normal = self.normal
        if normal and normal[0].state is STATE_READY and not (self.urgent or self.early or self.critical.heaps):
            return normal[0]
        if self.early:
            self._let_in()
        for queue in (self.urgent, self.normal):
            while queue:
                first = queue[0]
                if first.state is STATE_READY:
                    if first is self.chosen or queue is self.urgent or not self.critical.heaps:
                        return first
                    self.chosen = self._overtake(first)
                    return self.chosen
                queue.popleft()
        if self.critical.heaps:
            self.critical.heaps.clear()
        return None

    def _overtake(self, first: Invocation) -> Invocation:
        """Who goes instead of `first`, which is the first in line."""
        best = self.critical.before(first)
        if best is None or rank(best) > rank(first) + HORIZON:
            return first
        self._take_out(best)
        if first.turn:
            first.turn, best.turn = rank(best), first.turn
            self.normal[0] = best
            heappush(self.early, (first.turn, first.id, first))
        else:
            best.turn = first.id
            self.normal.appendleft(best)
        return best

    def _take_out(self, task: Invocation) -> None:
        """It is not far from the first in line."""
        try:
            self.normal.remove(task)
        except ValueError:
            self.early = [entry for entry in self.early if entry[-1] is not task]
            heapify(self.early)

    def _let_in(self) -> None:
        """Whose turn is before that of the first in line becomes the first."""
        early, normal = self.early, self.normal
        while early and early[0][2].state is not STATE_READY:
            heappop(early)
        while normal and normal[0].state is not STATE_READY:
            normal.popleft()
        if early and (not normal or early[0][0] < rank(normal[0])):
            normal.appendleft(heappop(early)[2])

    def plain(self) -> deque[Invocation] | None:
        """The tasks in line, if they go in that order, and nobody before them."""
        return None if self.urgent or self.early or self.critical.heaps else self.normal

    def pop(self) -> Invocation | None:
        """The foremost task leaves the queue to be sent: from now on nobody takes it for one that is ready."""
        task = self.head()
        if task is not None:
            (self.urgent or self.normal).popleft()
            task.state = STATE_ASSIGNED
            self.chosen = None
        return task

    def take(self, head: Invocation) -> None:
        """The same for the task that `head` has just told."""
        (self.urgent or self.normal).popleft()
        head.state = STATE_ASSIGNED
        self.chosen = None

    def take_from_line(self, position: int) -> Invocation:
        """The same for one further back in `normal`; its path would bring it to the front once more otherwise."""
        task = self.normal[position]
        del self.normal[position]
        task.state = STATE_ASSIGNED
        self.chosen = None
        return task

    def pop_loaded(self) -> Slot | None:
        """A slot that has not been asked for what is behind its task since it got the last."""
        bound: list[Slot] = []
        found: Slot | None = None
        while self.loaded and found is None:
            _, slot = self.loaded.popitem()
            if len(slot.tasks) < 2 or slot.parked:  # noqa: PLR2004  (one that runs, one behind it)
                continue
            if _could_run_elsewhere(slot):
                found = slot
            else:
                bound.append(slot)
        self.loaded.update((slot.id, slot) for slot in bound)
        return found

    def __len__(self) -> int:
        return len(self.urgent) + len(self.normal) + len(self.early)


def _could_run_elsewhere(slot: Slot) -> bool:
    """Whether a task behind the one that runs does not wait for those before it."""
    return any(not task.pending for task in islice(slot.tasks.values(), 1, None))


def rank(task: Invocation) -> int:
    """Smaller goes first."""
    turn = task.turn or task.id
    return turn + URGENT if task.definition.priority else turn
