"""Nodes come and go while a run lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycompss.core.resources import Node
from pycompss.core.task import State

if TYPE_CHECKING:
    from pycompss.core.coordinator import Coordinator
    from pycompss.core.invocation import Invocation


def join(core: Coordinator, node: Node) -> None:
    """One more node; nodes may join in another order than that of their indices."""
    seat(core.nodes, node)
    core.scheduler.node_joined(node)


def seat(nodes: list[Node], node: Node) -> None:
    """Put a node into the place that its index says; who is awaited before it counts as gone until then."""
    while len(nodes) <= node.index:
        absent = Node(len(nodes), f"node {len(nodes)}", 0)
        absent.vanish()
        nodes.append(absent)
    nodes[node.index] = node


def retire(core: Coordinator, node: Node) -> None:
    """The node is about to leave: what runs there goes on, what waits goes elsewhere if it can."""
    core.scheduler.retire(node)
    for task in _elsewhere(core, node):
        node.pinned.append(task)


def is_drained(core: Coordinator, node: Node) -> bool:
    """Whether nothing runs there any more."""
    return not core.scheduler.slots_on(node)


def leave(core: Coordinator, node: Node) -> list[Invocation]:
    """The node is gone, and its slots were lost: it runs nothing any more. The tasks that no other node can hold."""
    node.vanish()
    core.scheduler.node_left(node)
    hopeless = _elsewhere(core, node) + _later_elsewhere(core, node)
    waiting = [task for task in core.unfinished.values() if task.state in (State.PENDING, State.READY)]
    return hopeless + [task for task in waiting if task not in hopeless and not core.can_ever_run(task.requirement)]


def _elsewhere(core: Coordinator, node: Node) -> list[Invocation]:
    """Tasks that wait for this node go to others; those that cannot."""
    stranded = [task for task in node.pinned if task.state is State.READY]
    node.pinned.clear()
    hopeless = []
    for task in stranded:
        other = core.scheduler.other_node(task, node.index)
        if other < 0 or task.replicas is not None:
            hopeless.append(task)
        else:
            task.target = other
            core.scheduler.put_back(task)
    return hopeless


def _later_elsewhere(core: Coordinator, node: Node) -> list[Invocation]:
    """Tasks that would go to this node once they are ready; those that cannot go elsewhere."""
    hopeless = []
    for task in core.unfinished.values():
        if task.target != node.index or task.state is not State.PENDING:
            continue
        other = core.scheduler.other_node(task, node.index)
        if other < 0 or task.replicas is not None:
            hopeless.append(task)
        else:
            task.target = other
    return hopeless
