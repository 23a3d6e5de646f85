"""Nodes kept free for tasks that are too large for what is free now: younger ones no longer start there.

A younger task that takes nothing of what the large one lacks delays nobody: while a task waits for a GPU, others that
need none go on.
"""

from __future__ import annotations

from pycompss.core.invocation import Invocation
from pycompss.core.placing import Room
from pycompss.core.queues import URGENT, rank
from pycompss.core.resources import Node, Requirement
from pycompss.core.task import State

FIRST_OF_ALL = URGENT + URGENT


class Holds:
    """Which node is kept for whom."""

    def __init__(self) -> None:
        self.ranks: dict[int, int] = {}  # node -> only tasks up to this rank may start
        self._scarce: dict[int, set[str]] = {}  # node -> kinds of resources that they may not take
        self.holder: tuple[Invocation, Node] | None = None  # the foremost task without room, and where it will run

    def hold(self, node: Node, rank_: int, need: Requirement) -> None:
        """Keep the node for a task of this rank that does not fit now."""
        self.ranks[node.index] = min(rank_, self.ranks.get(node.index, rank_))
        self._scarce.setdefault(node.index, set()).update(node.short_of(need))

    def allow(self, task: Invocation, node: Node) -> bool:
        """Whether `task` may start there."""
        if not self.ranks or rank(task) <= self.ranks.get(node.index, rank(task)):
            return True
        return self._scarce[node.index].isdisjoint(node.takes(task.requirement))

    def hold_for(self, task: Invocation, room: Room) -> None:
        """Keep the node that is nearest to having room for `task`."""
        node = room.nearest_to_room(task.requirement)
        if node is not None:
            self.holder = (task, node)
            self.hold(node, rank(task), task.requirement)

    def review(self, head: Invocation | None) -> None:
        """Forget all holds but the holder's, if it still waits as `head` of its queue."""
        self.ranks.clear()
        self._scarce.clear()
        if self.holder is not None:
            task, node = self.holder
            if task.state is State.READY and head is task:
                self.hold(node, rank(task), task.requirement)
            else:
                self.holder = None
