"""Tasks that found no room for their results in shared memory: they wait until others have given some back.

A program that makes many large values before it uses them may ask for more memory than there is, though every value
would fit in its turn. So a task whose result found no room is set aside, and comes back when another task has ended:
that one may have been the last to need something large. Only when nothing else runs there is nothing to wait for, and
the task fails. Before it waits it goes once to each other node, which may have more room, or a disk that is not full.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from pycompss.core.invocation import Invocation
from pycompss.core.spanning import nodes_of
from pycompss.core.task import State

if TYPE_CHECKING:
    from pycompss.core.coordinator import Coordinator

SEVERAL = 2
Failed = tuple[Invocation, Any]  # a task and the report of its failure


class Scarcity:
    """Tasks set aside, in order."""

    def __init__(self, core: Coordinator) -> None:
        self._core = core
        self.aside: deque[Failed] = deque()
        self._refused: dict[int, set[int]] = {}  # task -> nodes that had no room since it last waited

    def set_aside(self, task: Invocation, report: Any) -> bool:
        """Whether the task may wait: it must not have spoilt its inputs."""
        if task.payload.in_place or task.replicas is not None:
            return False
        node = task.slot.node.index if task.slot is not None else -1
        self._core.leave_slot(task)
        task.attempt -= 1
        task.state = State.READY
        if task.pending:  # what it read was lost meanwhile: it comes back when that is there again
            task.state = State.PENDING
            return True
        if not self._goes_elsewhere(task, node):
            self.aside.append((task, report))
        return True

    def _goes_elsewhere(self, task: Invocation, node: int) -> bool:
        if len(self._core.nodes) < SEVERAL or nodes_of(task.requirement) > 1:
            return False
        self._refused = {number: nodes for number, nodes in self._refused.items() if number in self._core.unfinished}
        refused = self._refused.setdefault(task.id, set())
        refused.add(node)
        able = [one for one in self._core.nodes if one.index not in refused and one.could_hold(task.requirement)]
        if not able:
            del self._refused[task.id]
            task.target = -1
            return False
        task.target = max(able, key=lambda one: one.free_units).index
        self._core.scheduler.add(task)
        return True

    def task_ended(self) -> None:
        """There may be room now: one task may try again."""
        while self.aside:
            task, _ = self.aside.popleft()
            if task.state is State.READY:
                self._core.scheduler.add(task)
                return

    def hopeless(self) -> Failed | None:
        """A task that waits although nothing runs that could give memory back; it must fail."""
        slots = self._core.scheduler.slots.values()
        if any(task.state is State.ASSIGNED for slot in slots for task in slot.tasks.values()):
            return None
        while self.aside:
            task, report = self.aside.popleft()
            if task.state is State.READY:
                task.attempt += 1
                return task, report
        return None
