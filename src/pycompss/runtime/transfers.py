"""Copies of values between nodes, as the journal shall say it: by the labels of versions."""

from __future__ import annotations

from collections.abc import Iterable

from pycompss.core.coordinator import Coordinator
from pycompss.core.events import Kind
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Node
from pycompss.core.versions import Version
from pycompss.engines.protocol import Engine, Move
from pycompss.store.descriptor import BUFFERS, Descriptor, Range, ranges_of, size_of

PROGRAM = -1  # where a node's index would stand


def record(core: Coordinator, node: int, moves: Iterable[Move]) -> None:
    """Values came to a node, for tasks that were sent there; those that have ended meanwhile are not named."""
    if core.journal is None:
        return
    labels = _labels(core, node)
    for key, source, began, ended in moves:
        name = "" if source == PROGRAM else core.nodes[source].name
        core.journal.append((Kind.TRANSFERRED, ended, labels.get(key, ""), key[2], name, core.nodes[node].name, began))


def record_reuse(core: Coordinator, engine: Engine, task: Invocation, node: Node) -> None:
    """What a task reads and need not be moved, because it is on its node, or comes there for another."""
    if core.journal is None or task.pending:
        return
    now = core.clock()
    for version in task.reads:
        value = version.content.value
        if type(value) is tuple and value[0] == BUFFERS and engine.is_near(node, value):
            core.journal.append((Kind.REUSED, now, task.id, version.label, size_of(value), node.name))


def record_fetch(core: Coordinator, version: Version, value: Descriptor, began: float, moves: Iterable[Move]) -> None:
    """The program has the value of a version now; moves: what had to be copied for that."""
    if core.journal is None:
        return
    for key, source, start, end in moves:
        name = core.nodes[source].name
        core.journal.append((Kind.TRANSFERRED, end, version.label, key[2], name, "", start))
    core.journal.append((Kind.FETCHED, core.clock(), version.label, size_of(value), began))


def _labels(core: Coordinator, node: int) -> dict[Range, str]:
    """Of what tasks on this node read, by where it lies."""
    return {
        key: version.label
        for task in core.unfinished.values()
        if task.slot is not None and task.slot.node.index == node
        for version in task.reads
        for key in ranges_of(version.content.value)
    }
