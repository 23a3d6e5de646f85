"""The journal: what happened in a run, in the order in which it happened.

Events are plain tuples `(kind, time, *fields)` so that recording costs one append; `time` is in seconds since the
epoch. The coordinator records only when somebody listens. `FIELDS` names the fields of each kind; a `Reader` gets
them as keyword-free method calls: `reader.task_created(time, *fields)` (methods that a reader lacks are skipped).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

Event = tuple[Any, ...]


class Kind(IntEnum):
    TYPE_REGISTERED = 0
    TASK_CREATED = 1
    TASK_READY = 2
    TASK_ASSIGNED = 3
    TASK_STARTED = 4
    TASK_FINISHED = 5
    TASK_FAILED = 6
    TASK_RETRIED = 7
    TASK_CANCELLED = 8
    SYNCHRONISED = 9
    BARRIER = 10
    GROUP_OPENED = 11
    GROUP_CLOSED = 12
    VERSION_READY = 13
    VERSION_FREED = 14
    RUN_STARTED = 15
    RUN_ENDED = 16
    SPILLED = 17
    RESTORED = 18


FIELDS: dict[Kind, tuple[str, ...]] = {
    # type: number of the task type, from 0 in order of first call; name: "module.function" or "module.Class.method"
    Kind.TYPE_REGISTERED: ("type", "name"),
    # accesses: ((parameter, direction, read label | None, producer task id | None, collection: bool), …) one per datum
    # read ("d3v2"; every element of a collection is an entry with collection=True and the same parameter name)
    # writes: labels of the versions it makes; groups: names of the open task groups, outermost first
    # shared: ((COMMUTATIVE | CONCURRENT direction value, datum label), …) groups of writers it belongs to
    # flags: a set of "replicated", "distributed", "reduce", "priority"; parent: id of the task that called it or None
    Kind.TASK_CREATED: ("task", "type", "accesses", "writes", "groups", "shared", "flags", "parent"),
    Kind.TASK_READY: ("task",),
    Kind.TASK_ASSIGNED: ("task", "node", "slot", "attempt"),
    Kind.TASK_STARTED: ("task", "node", "slot", "attempt"),
    # seconds: time inside the task's own code
    Kind.TASK_FINISHED: ("task", "node", "slot", "attempt", "seconds"),
    # outcome: "retry", "failed", "ignored", "cancel_successors"; message: one line
    Kind.TASK_FAILED: ("task", "node", "slot", "attempt", "outcome", "message"),
    Kind.TASK_RETRIED: ("task", "attempt"),
    Kind.TASK_CANCELLED: ("task",),
    # the program waited for one version: label "d3v2", producer: task id or None
    Kind.SYNCHRONISED: ("label", "producer"),
    # group: name of the task group or None for all tasks; last: ids of the tasks without successors so far
    Kind.BARRIER: ("group", "last"),
    Kind.GROUP_OPENED: ("group",),
    Kind.GROUP_CLOSED: ("group",),
    Kind.VERSION_READY: ("label", "bytes", "node"),
    Kind.VERSION_FREED: ("label",),
    Kind.RUN_STARTED: ("application", "nodes"),  # nodes: ((name, computing units, memory bytes | None), …)
    Kind.RUN_ENDED: ("exit_code",),
    Kind.SPILLED: ("label", "bytes"),  # the version's value went to disk
    Kind.RESTORED: ("label", "bytes"),  # and is read from there by a task or the program
}

_METHODS = {kind: kind.name.lower() for kind in Kind}


class Reader:
    """Base of everything that people look at: override the methods named after the kinds that matter."""

    def read(self, events: Iterable[Event]) -> None:
        """Feed events in order; unknown kinds and kinds without a method are skipped."""
        for event in events:
            method = getattr(self, _METHODS.get(event[0], ""), None)
            if method is not None:
                method(*event[1:])
