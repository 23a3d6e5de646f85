"""Tasks that take several nodes at once.

A *span* asks the same of each of several nodes. It starts when that many have room at the same moment, and takes all of
them in one step: nobody waits while he holds a part, so spans never wait for each other in a circle (the condition
"hold and wait" of Coffman, Elphick and Shoshani, 1971, is never met).

So that smaller tasks do not starve it, nodes are kept free for the foremost span without room (`holding`). Which ones
is looked at again whenever something has changed: a node that has room by now is better than one that has not, but a
kept node with room is never given up for another. So the number of kept nodes that have room only grows, unless
somebody older takes it, of whom there are ever fewer.

Its slot lies on the *main* node, where a worker runs the task: the one with most of its input. On each other node lies
a slot that only takes room, and that is opened, lent, taken again and closed with the main one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from heapq import nlargest

from pycompss.core.resources import Node, Requirement

Worth = Callable[[Node], float]


@dataclass(frozen=True, slots=True)
class Span(Requirement):
    """What a task reserves on each of several nodes."""

    nodes: int = 2

    def __str__(self) -> str:
        each = Requirement.__str__(self)
        return f"{self.nodes} nodes" + (f" with {each} each" if each else "")


def across(need: Requirement, nodes: int) -> Requirement:
    """`need` on each of so many nodes."""
    return need if nodes == 1 else Span(need.units, need.memory, need.equipment, nodes)


def nodes_of(need: Requirement) -> int:
    """How many nodes a task with this requirement takes."""
    return need.nodes if isinstance(need, Span) else 1


def could_hold(nodes: Sequence[Node], need: Requirement) -> bool:
    """Whether so many nodes, when idle, have all that is asked for."""
    missing = nodes_of(need)
    for node in nodes:
        if node.could_hold(need):
            missing -= 1
            if not missing:
                return True
    return False


def choose(able: Sequence[Node], need: Span, worth: Worth, avoided: int) -> list[Node]:
    """Of the nodes with room, those to take, the main one first; none if they are too few.

    worth: of a task's input on a node. avoided: number of the node that is not to be the main one if another can.
    """
    if len(able) < need.nodes:
        return []
    main = max(able, key=lambda node: (node.index != avoided, worth(node), node.free_units, -node.index))
    others = [node for node in able if node is not main]
    return [main, *nlargest(need.nodes - 1, others, key=lambda node: (node.free_units, -node.index))]


def to_keep(nodes: Sequence[Node], need: Requirement, kept: Collection[Node]) -> list[Node]:
    """The nodes that will soonest have room together; `kept`: those that are kept for the task already."""
    able = [node for node in nodes if node.could_hold(need)]
    return nlargest(
        nodes_of(need), able, key=lambda node: (node.fits(need), node in kept, node.free_units, -node.index)
    )
