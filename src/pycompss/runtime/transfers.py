"""Copies of values between nodes, as the journal shall say it: by the labels of versions."""

from __future__ import annotations

from collections.abc import Iterable

from pycompss.core.coordinator import Coordinator
from pycompss.core.events import Kind
from pycompss.store.descriptor import Range, ranges_of

PROGRAM = -1  # where a node's index would stand
Move = tuple[Range, int, float, float]  # see protocol.MOVED


def record(core: Coordinator, node: int, moves: Iterable[Move]) -> None:
    """Values came to a node, for tasks that were sent there; those that have ended meanwhile are not named."""
    if core.journal is None:
        return
    labels = _labels(core, node)
    for key, source, began, ended in moves:
        name = "" if source == PROGRAM else core.nodes[source].name
        core.journal.append((Kind.TRANSFERRED, ended, labels.get(key, ""), key[2], name, core.nodes[node].name, began))


def _labels(core: Coordinator, node: int) -> dict[Range, str]:
    """Of what tasks on this node read, by where it lies."""
    return {
        key: version.label
        for task in core.unfinished.values()
        if task.slot is not None and task.slot.node.index == node
        for version in task.reads
        for key in ranges_of(version.content.value)
    }
