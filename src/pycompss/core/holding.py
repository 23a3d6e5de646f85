"""Nodes kept free for tasks that are too large for what is free now: younger ones no longer start there.

A younger task that takes nothing of what the large one lacks delays nobody: while a task waits for a GPU, others that
need none go on. For a task that takes several nodes at once as many are kept (`spanning`).
"""

from __future__ import annotations

from pycompss.core.invocation import Invocation
from pycompss.core.placing import Room
from pycompss.core.queues import URGENT, rank
from pycompss.core.resources import Node, Requirement
from pycompss.core.spanning import Span, to_keep
from pycompss.core.task import State

FIRST_OF_ALL = URGENT + URGENT


class Holds:
    """Which node is kept for whom."""

    def __init__(self) -> None:
        self.ranks: dict[int, int] = {}  # node -> only tasks up to this rank may start
        self._scarce: dict[int, set[str]] = {}  # node -> kinds of resources that they may not take
        self.holder: Invocation | None = None  # the foremost task without room
        self._kept: list[Node] = []  # where it will run
        self._chosen_for: Span | None = None  # for which they were chosen; changes of nodes are watched since then
        self._roomy: set[Node] = set()  # those of them that have had room since then

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
        """Keep the nodes that are nearest to having room for `task`."""
        need = task.alternatives[0].requirement if task.alternatives else task.requirement
        if isinstance(need, Span):
            self._choose(need, room)
        else:
            node = room.nearest_to_room(need)
            self._kept = [] if node is None else [node]
        self.holder = task if self._kept else None
        for node in self._kept:
            self.hold(node, rank(task), need)

    def review(self, head: Invocation | None, room: Room) -> None:
        """Forget all holds but the holder's, if it still waits as `head` of its queue."""
        self.ranks.clear()
        self._scarce.clear()
        task = self.holder
        if task is None:
            return
        if task.state is not State.READY or head is not task:
            self.holder = None
            self._kept, self._chosen_for = [], None
            room.watch_no_more()
        elif len(self._kept) > 1 or not self._kept[0].could_hold(task.requirement):
            self.hold_for(task, room)
        else:
            self.hold(self._kept[0], rank(task), task.requirement)

    def _choose(self, need: Span, room: Room) -> None:
        """The nodes to keep; of those that have not changed since, none would be chosen now that was not then."""
        if need is self._chosen_for and not any(self._matters(node, need) for node in room.changes()):
            return
        self._kept = to_keep(room.nodes, need, self._kept)
        self._roomy = {node for node in self._kept if node.fits(need)}
        self._chosen_for = need
        room.watch()

    def _matters(self, node: Node, need: Span) -> bool:
        """Whether a node that has changed may have to be kept, or no longer."""
        if node not in self._kept:
            return node.fits(need)
        if node.fits(need):
            self._roomy.add(node)
            return False
        return node in self._roomy or not node.could_hold(need)
