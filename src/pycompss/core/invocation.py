"""One call of a task, from submission to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pycompss.core.rare import Rare
from pycompss.core.task import STATE_PENDING, Definition, Policy

if TYPE_CHECKING:
    from pycompss.core.alternatives import Alternative
    from pycompss.core.groups import Group
    from pycompss.core.resources import Requirement, Slot
    from pycompss.core.sharing import SharedWrite
    from pycompss.core.versions import Version


_NONE: list[Any] = []


class Special:
    """What can be said of few invocations.

    shared: (group of writers, index in reads, index in writes).
    """

    __slots__ = ("alternatives", "avoid", "has_called", "live", "parent", "replicas", "shared", "target")

    def __init__(self) -> None:
        self.alternatives: tuple[Alternative, ...] = ()  # among which one is chosen when it can start
        self.avoid = -1  # node on which it failed as often as one node may try
        self.has_called = False  # it submitted tasks, so it must not be run again in passing
        self.live = 0  # unfinished tasks that this one submitted, and theirs
        self.parent: Invocation | None = None
        self.replicas: Replicas | None = None
        self.shared: tuple[tuple[SharedWrite, int, int], ...] = ()
        self.target = -1  # node it is bound to


class Invocation:
    """A call of a task.

    reads, writes: versions in the order in which the engine's payload numbers them.
    payload: opaque to the core; what the engine needs to run the call.
    place: where the program called it: (code, line).
    hands_over: this attempt puts what it makes where other workers see it (`handing`).
    special: what few invocations have; hot code looks whether there is any, other code at the attributes below.
    """

    __slots__ = (
        "attempt",
        "behind",
        "definition",
        "groups",
        "hands_over",
        "id",
        "payload",
        "pending",
        "place",
        "policy",
        "reads",
        "requirement",
        "slot",
        "special",
        "state",
        "turn",
        "writes",
    )

    alternatives = Rare["tuple[Alternative, ...]"](Special, "alternatives")
    avoid = Rare["int"](Special, "avoid")
    has_called = Rare["bool"](Special, "has_called")
    live = Rare["int"](Special, "live")
    parent = Rare["Invocation | None"](Special, "parent")
    replicas = Rare["Replicas | None"](Special, "replicas")
    shared = Rare["tuple[tuple[SharedWrite, int, int], ...]"](Special, "shared")
    target = Rare["int"](Special, "target")

    def __init__(
        self, id_: int, definition: Definition, requirement: Requirement, payload: Any, place: Any = None
    ) -> None:
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
        self.groups: tuple[Group, ...] = ()
        self.place = place
        self.slot: Slot | None = None
        self.hands_over = False
        self.special: Special | None = None
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
