"""What the session writes into the journal, when somebody listens."""

from __future__ import annotations

from typing import Any

from pycompss.core.coordinator import Coordinator
from pycompss.core.data import Version
from pycompss.core.events import Kind
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.task import State
from pycompss.runtime import calls
from pycompss.runtime.calls import Call


def task_created(core: Coordinator, task: Invocation, call: Call | None) -> None:
    """Record a submission with the versions that it reads and writes."""
    journal = core.journal
    if journal is None:
        return
    accesses = tuple(_accesses(task, call)) if call is not None else ()
    shared = tuple((s.direction.value, f"d{s.version.datum.id}") for s, _, _ in task.shared)
    groups = tuple(group.name for group in task.groups)
    parent = task.parent.id if task.parent is not None else None
    writes = tuple(version.label for version in task.writes)
    journal.append(
        (
            Kind.TASK_CREATED,
            core.clock(),
            task.id,
            task.definition.number,
            accesses,
            writes,
            groups,
            shared,
            frozenset(_flags(task)),
            parent,
        )
    )


def _accesses(task: Invocation, call: Call) -> Any:
    position = 0
    collections = {name for code, _, _, name in call.operations if code == calls.COLLECTION}
    for code, _, spec, name in call.operations:
        if code == calls.COLLECTION:
            continue
        collection = name in collections
        if code == calls.CREATE:
            yield (name, spec.direction.value, None, None, collection)
            continue
        version = task.reads[position]
        position += 1
        yield (name, spec.direction.value, *_origin(version), collection)


def _origin(version: Version) -> tuple[str | None, int | None]:
    """Label and producing task of what is read; a first version has no producer."""
    producer = version.producer.id if version.producer is not None else None
    return version.label, producer


def _flags(task: Invocation) -> list[str]:
    definition = task.definition
    flags = {
        "replicated": definition.is_replicated,
        "distributed": definition.is_distributed,
        "reduce": definition.is_reduce,
        "priority": definition.priority,
    }
    return [name for name, is_set in flags.items() if is_set]


def barrier(core: Coordinator, group: Group | None) -> None:
    """Record a barrier with the tasks that nobody depends on yet."""
    if core.journal is None:
        return
    last = tuple(
        task.id
        for task in core.unfinished.values()
        if task.state < State.DONE and (group is None or group in task.groups)
    )
    core.journal.append((Kind.BARRIER, core.clock(), group.name if group is not None else None, last))
