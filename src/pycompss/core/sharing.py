"""Writers that share a datum: CONCURRENT ones overlap, COMMUTATIVE ones come one at a time, in any order.

Both form a group that makes one version together. It is complete when all members have ended and closed by the next
access of another kind. CONCURRENT members read what was there before the group. COMMUTATIVE members take turns: each
reads what the one before it left, so a turn is a version of its own that only the next member sees.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from pycompss.core.parameter import Direction

if TYPE_CHECKING:
    from pycompss.core.failures import Failure
    from pycompss.core.invocation import Invocation
    from pycompss.core.versions import Version


class SharedWrite:
    """The members of a group of CONCURRENT or COMMUTATIVE writers of one datum."""

    __slots__ = (
        "base",
        "busy",
        "content",
        "direction",
        "failure",
        "has_begun",
        "open",
        "queue",
        "unfinished",
        "version",
    )

    def __init__(self, version: Version, base: Version, direction: Direction) -> None:
        self.version = version
        self.base = base
        self.content = base  # what the next COMMUTATIVE member reads
        self.direction = direction
        self.unfinished = 0
        self.open = True  # until another kind of access comes
        self.busy = False  # COMMUTATIVE: it is somebody's turn
        self.queue: deque[Invocation] = deque()  # COMMUTATIVE: members that only wait for their turn
        self.has_begun = False  # a member ran, so the value may differ from the base's
        self.failure: Failure | None = None  # of a member that failed for good: its part is missing
