"""Where a task goes: nodes with room, the ones that hold its input first, then the roomiest.

Nodes lie in a heap by free computing units; entries that no longer hold are dropped when they come up. So a task finds
its node among thousands without asking each of them.

What an input is worth: the bytes that would have to travel, times the weight of its parameter. An input whose size is
not known, or small, counts as much as a message costs, so that weights decide between files and between small values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from heapq import heapify, heappop, heappush, heapreplace
from typing import Any

from pycompss.core.invocation import Invocation
from pycompss.core.resources import Node, Requirement
from pycompss.core.versions import Version

Permission = Callable[[Node], bool]
SizeOf = Callable[[Any], int]

NOWHERE = -(1 << 60)  # less than any node has
LEAST_BYTES = 1 << 16  # a round trip costs about as much as copying this


class Room:
    """All nodes, the roomiest first."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.by_data = True  # whether tasks go to their input
        self.size_of: SizeOf = _unknown  # bytes of a version's value; the engine's knowledge
        self._heap: list[tuple[int, int]] = []
        self._listed: dict[int, int] = {}  # node -> units of its first entry, at least as many as are free there
        self._free: dict[int, int] = {}  # node -> free units, as last counted
        self._with: Counter[int] = Counter()  # free units -> how many nodes have so many
        self._uncounted: set[Node] = set(nodes)
        self._changes: set[Node] | None = None  # nodes of which was heard since somebody asked to watch
        self._rebuild()

    def changed(self, node: Node) -> None:
        """The node has more or less room than before."""
        self._uncounted.add(node)
        if self._changes is not None:
            self._changes.add(node)
        index, free = node.index, node.free_units
        if free > self._listed.get(index, NOWHERE):
            self._listed[index] = free
            heappush(self._heap, (-free, index))
            if len(self._heap) > 4 * len(self.nodes) + 64:
                self._rebuild()

    def _rebuild(self) -> None:
        self._listed = {node.index: node.free_units for node in self.nodes}
        self._heap = [(-free, index) for index, free in self._listed.items()]
        heapify(self._heap)

    def _count(self) -> None:
        """How many nodes have so many free units; most runs never ask."""
        for node in self._uncounted:
            before, now = self._free.get(node.index), node.free_units
            if before is not None:
                self._with[before] -= 1
            self._free[node.index] = now
            self._with[now] += 1
        self._uncounted.clear()

    def has_units(self, units: int, nodes: int) -> bool:
        """Whether so many nodes have so many free units, whatever else they lack."""
        self._count()
        return sum(count for free, count in self._with.items() if free >= units) >= nodes

    def watch(self) -> None:
        """From now on, keep in mind which nodes change."""
        self._changes = set()

    def changes(self) -> set[Node]:
        """The nodes that have changed since the last call, or since `watch`."""
        found, self._changes = self._changes, set()
        return found or set()

    def watch_no_more(self) -> None:
        self._changes = None

    def roomiest(self, need: Requirement, may: Permission | None = None) -> Node | None:
        """Of the nodes that have room for `need` and `may` be used, the one with most free units."""
        found, aside = None, []
        while found is None:
            node = self._top()
            if node is None or node.free_units < need.units:
                break
            if node.fits(need) and (may is None or may(node)):
                found = node
            else:
                aside.append(heappop(self._heap))
        for entry in aside:
            heappush(self._heap, entry)
        return found

    def _top(self) -> Node | None:
        """The roomiest of the nodes in the heap; entries that promise too much are put right on the way."""
        heap = self._heap
        while heap:
            listed, index = heap[0]
            node = self.nodes[index]
            free = node.free_units
            if free == -listed:
                return node
            if self._listed[index] == -listed:
                self._listed[index] = free
                heapreplace(heap, (-free, index))
            else:
                heappop(heap)
        return None

    def nearest_to_room(self, need: Requirement) -> Node | None:
        """Of the nodes that are large enough, the one with most free units now."""
        top = self._top()
        if top is not None and top.could_hold(need):
            return top
        able = [node for node in self.nodes if node.could_hold(need)]
        return max(able, key=lambda node: (node.free_units, -node.index), default=None)

    def nearest(self, task: Invocation, may: Permission | None = None) -> Node | None:
        """Of the nodes with room, the one with most of the task's input, else the roomiest."""
        need = task.requirement
        close = []
        for index in self._inputs_on(task):
            node = self.nodes[index]
            if node.fits(need) and (may is None or may(node)):
                close.append(node)
        if not close:
            return self.roomiest(need, may)
        if len(close) == 1:
            return close[0]
        near = self.input_by_node(task)
        return max(close, key=lambda node: (near[node.index], node.free_units, -node.index))

    def _inputs_on(self, task: Invocation) -> tuple[int, ...] | set[int]:
        """The nodes that have any of it."""
        if not self.by_data or not task.reads:
            return ()
        found: set[int] = set()
        for version in task.reads:
            content = version if version.alias is None else version.content
            if len(task.reads) == 1:
                return content.nodes
            found.update(content.nodes)
        return found

    def input_by_node(self, task: Invocation) -> dict[int, float]:
        """Bytes of a task's input by where they lie; each parameter counts with its weight."""
        near: dict[int, float] = {}
        if not self.by_data:
            return near
        weights = task.payload.weights if task.payload is not None else None
        for position, version in enumerate(task.reads):
            content = version if version.alias is None else version.content
            for node in content.nodes:
                near[node] = near.get(node, 0.0) + self._worth(content, position, weights)
        return near

    def input_on(self, node: int, task: Invocation) -> float:
        """How much of it lies on `node`."""
        score = 0.0
        if not self.by_data:
            return score
        for position, version in enumerate(task.reads):
            content = version if version.alias is None else version.content
            if node in content.nodes:
                score += self._worth(content, position, task.payload.weights if task.payload is not None else None)
        return score

    def attracts(self, node: int, task: Invocation) -> bool:
        """Whether anything that counts of its input lies on `node`."""
        if task.payload is not None and task.payload.weights:
            return bool(self.input_on(node, task))
        if self.by_data:
            for version in task.reads:
                content = version if version.alias is None else version.content
                if node in content.nodes:
                    return True
        return False

    def belongs(self, node: int, task: Invocation) -> bool:
        """Whether no other node has a better claim to it.

        So it is if nothing that counts of its input lies elsewhere; small values go along, some are made on the way.
        Tasks that tasks have called go alone, if they read something: bundles of these could come to a halt.
        """
        if task.special is not None and task.parent is not None:
            return not task.reads
        if not self.by_data:
            return True
        if task.payload is not None and task.payload.weights:
            return not task.reads
        for version in task.reads:
            content = version if version.alias is None else version.content
            if node not in content.nodes and content.nodes and self._counts(content):
                return False
        return True

    def _counts(self, version: Version) -> bool:
        return version.datum.is_file or self.size_of(version.value) >= LEAST_BYTES

    def _worth(self, version: Version, position: int, weights: dict[int, float] | None) -> float:
        size = LEAST_BYTES if version.datum.is_file else max(LEAST_BYTES, self.size_of(version.value))
        return size * weights.get(position, 1.0) if weights else size


def _unknown(_value: Any) -> int:
    return 0
