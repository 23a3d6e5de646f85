"""Where a task waits that has become ready, and whether it need wait at all.

It joins the queue of its requirement, at the place that its turn and its path give it (`queues`, `fairness`); one that
is bound to a node waits there. When nobody else waits, and a slot is idle that fits, it goes there at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from pycompss.core.commands import Command
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Node, Slot
from pycompss.core.sending import Sending
from pycompss.core.task import STATE_READY
from pycompss.core.watches import Watch


class Queueing(Sending):
    """Ready tasks come, leave again, and come back."""

    def __init__(self, nodes: list[Node], commands: list[Command], clock: Callable[[], float] = lambda: 0.0) -> None:
        super().__init__(nodes, commands, clock)
        self.resuming: deque[tuple[Slot, Watch]] = deque()
        self.turn = 0  # round robin of distributed tasks
        self._pinned: dict[int, Node] = {}  # nodes that have tasks of their own waiting
        self._youngest_first = False

    def submitted(self, task: Invocation) -> bool:
        """A task was ready when it was submitted, and a slot is idle; True when `assign` may find a place for it.

        The short way of a program that submits one task and waits for it: the slot that it used last is still open.
        """
        slot = self.idle[-1]
        if self._is_foremost(task) and not slot.tasks and not slot.parked and slot.id in self.slots:
            self._send(self.idle.pop(), [task])
            return False
        return self.add(task)

    def _is_foremost(self, task: Invocation) -> bool:
        """Whether nobody else waits, and never did for anything but what `task` asks for."""
        queue = self._only_queue
        if queue is None or queue.normal or queue.urgent or queue.early or not self._is_orderly():
            return False
        if (
            self._gives_turns
            or task.groups
            or (task.special is not None and (task.target >= 0 or task.parent is not None))
        ):
            return False
        return queue.requirement is task.requirement or queue.requirement == task.requirement

    def _is_orderly(self) -> bool:
        """Whether all slots are for tasks in line: nobody is to go on, is bound to a node, or has one kept for him."""
        return not (self.resuming or self._pinned or self._holds.ranks)

    def add(self, task: Invocation) -> bool:
        """A task became ready; True when `assign` may find a place for it."""
        task.state = STATE_READY
        if self._gives_turns or task.groups or (task.special is not None and task.parent is not None):
            self._give_turn(task)  # as there is somebody besides the program
        if task.special is not None and task.target >= 0:
            self._pin(task).append(task)
            return True
        queue = self._last_queue
        if queue is None or queue.requirement is not task.requirement:
            queue = self.queue(task.requirement)
        if task.turn or task.behind or task.definition.priority:
            queue.add(task)
        else:  # nearly always
            queue.normal.append(task)
        return not (queue.blocked and not self.idle)

    def _give_turn(self, task: Invocation) -> None:
        if self._youngest_first:
            task.turn = -task.id
            return
        if not self._gives_turns:
            self._gives_turns = True
            self._turns.begin(waiting.id for queue in self.queues.values() for waiting in queue.line())
        if not task.turn:
            self._turns.give(task)

    def prefer(self, slot_id: int) -> None:
        """This slot's worker has just got much memory back: if it is idle, the next task goes there.

        Elsewhere the next value would be made while the memory of the last one is still being given back.
        """
        for position, slot in enumerate(self.idle):
            if slot.id == slot_id:
                self.idle.append(self.idle.pop(position))
                return

    def put_back(self, task: Invocation) -> None:
        """A task was on its way and did not run to its end: it is the next."""
        task.state = STATE_READY
        if task.target >= 0:
            self._pin(task).appendleft(task)
        else:
            self.queue(task.requirement).put_back(task)

    def withdraw(self, task: Invocation) -> None:
        """A ready task has to wait again."""
        if task.target >= 0:
            self.nodes[task.target].pinned.remove(task)
        else:
            self.queue(task.requirement).withdraw(task)

    def _pin(self, task: Invocation) -> deque[Invocation]:
        node = self._pinned[task.target] = self.nodes[task.target]
        return node.pinned

    def waiting(self) -> int:
        return sum(map(len, self.queues.values())) + sum(len(node.pinned) for node in self.nodes)

    def next_node(self, task: Invocation) -> int:
        """The node whose turn it is among those large enough (tasks that ask to be spread)."""
        for _ in self.nodes:
            self.turn += 1
            node = self.nodes[self.turn % len(self.nodes)]
            if node.could_hold(task.requirement):
                return node.index
        return -1

    def other_node(self, task: Invocation, not_on: int) -> int:
        """Another node that could run the task, or -1."""
        fitting = [n for n in self.nodes if n.index != not_on and n.could_hold(task.requirement)]
        return max(fitting, key=lambda n: n.free_units).index if fitting else -1
