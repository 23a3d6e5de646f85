"""One call of a task, from submission to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pycompss.core.task import STATE_PENDING, Definition, Policy

if TYPE_CHECKING:
    from pycompss.core.alternatives import Alternative
    from pycompss.core.data import Version
    from pycompss.core.groups import Group
    from pycompss.core.resources import Requirement, Slot
    from pycompss.core.sharing import SharedWrite


_NONE: list[Any] = []


class Invocation:
    """A call of a task.

    reads, writes: versions in the order in which the engine's payload numbers them.
    shared: (group of writers, index in reads, index in writes).
    payload: opaque to the core; what the engine needs to run the call.
    """

    __slots__ = (
        "alternatives",
        "attempt",
        "avoid",
        "behind",
        "definition",
        "groups",
        "id",
        "live",
        "parent",
        "payload",
        "pending",
        "place",
        "policy",
        "reads",
        "replicas",
        "requirement",
        "shared",
        "slot",
        "state",
        "target",
        "turn",
        "writes",
    )

    def __init__(self, id_: int, definition: Definition, requirement: Requirement, payload: Any) -> None:
        self.id = id_
        self.definition = definition
        self.requirement = requirement
        self.payload = payload
        self.policy: Policy = definition.policy
        self.state = STATE_PENDING
        self.pending = 0  # versions that it still waits for
        self.attempt = 0
        self.reads: list[Version] = _NONE
        self.writes: list[Version] = _NONE
        self.shared: list[tuple[SharedWrite, int, int]] = _NONE
        self.groups: tuple[Group, ...] = ()
        self.place: Any = None  # where the program called it: (code, line)
        self.parent: Invocation | None = None
        self.live = 0  # unfinished tasks that this one submitted, and theirs
        self.slot: Slot | None = None
        self.avoid = -1  # node on which it failed as often as one node may try
        self.target = -1  # node it is bound to
        self.replicas: Replicas | None = None
        self.alternatives: tuple[Alternative, ...] = ()  # among which one is chosen when it can start
        self.behind = 0.0  # seconds of the longest chain of tasks that is known to follow (`paths`)
        self.turn = 0  # its place among the ready tasks of all parties; 0: its number is

    def __repr__(self) -> str:
        return f"<task {self.id} {self.definition.name} {self.state.name.lower()}>"


class Replicas:
    """The executions of one `is_replicated` task: it has ended when all have."""

    __slots__ = ("ending", "has_failed", "left", "main")

    def __init__(self, main: Invocation, left: int) -> None:
        self.main = main
        self.left = left
        self.has_failed = False  # an execution failed or was cancelled
        self.ending: Callable[[Invocation], None] | None = None  # what becomes of what the task writes
