"""Ready tasks in line: one queue per requirement, the urgent ones before the others, each in the order of readiness."""

from __future__ import annotations

from collections import deque
from itertools import islice

from pycompss.core.invocation import Invocation
from pycompss.core.resources import Requirement, Slot
from pycompss.core.task import State

URGENT = -(1 << 60)


class ReadyQueue:
    """Ready tasks of one requirement, and the slots that run such tasks."""

    __slots__ = ("blocked", "hungry", "loaded", "normal", "requirement", "urgent")

    def __init__(self, requirement: Requirement) -> None:
        self.requirement = requirement
        self.urgent: deque[Invocation] = deque()
        self.normal: deque[Invocation] = deque()
        self.hungry: dict[int, Slot] = {}  # may take tasks ahead
        self.loaded: dict[int, Slot] = {}  # have tasks behind the one that runs, and were not asked for them
        self.blocked = False  # no node has room for this requirement now

    def add(self, task: Invocation) -> None:
        (self.urgent if task.definition.priority else self.normal).append(task)

    def put_back(self, task: Invocation) -> None:
        (self.urgent if task.definition.priority else self.normal).appendleft(task)

    def head(self) -> Invocation | None:
        """The foremost task; cancelled ones are dropped on the way."""
        for queue in (self.urgent, self.normal):
            while queue:
                if queue[0].state is State.READY:
                    return queue[0]
                queue.popleft()
        return None

    def pop(self) -> Invocation | None:
        task = self.head()
        if task is not None:
            (self.urgent or self.normal).popleft()
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
        return len(self.urgent) + len(self.normal)


def _could_run_elsewhere(slot: Slot) -> bool:
    """Whether a task behind the one that runs does not wait for those before it."""
    return any(not task.pending for task in islice(slot.tasks.values(), 1, None))


def rank(task: Invocation) -> int:
    """Smaller goes first."""
    return task.id + URGENT if task.definition.priority else task.id
