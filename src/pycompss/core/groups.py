"""Task groups: what `TaskGroup` opens, barriers wait for, and `COMPSsException` cancels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pycompss.core.invocation import Invocation
    from pycompss.core.watches import Watch


class Group:
    """The tasks submitted while a group was open. A name may be used again: that makes a new group."""

    __slots__ = ("closed", "exception", "members", "name", "watches")

    def __init__(self, name: str) -> None:
        self.name = name
        self.closed = False
        self.members: dict[int, Invocation] = {}  # unfinished ones, in order of submission
        self.exception: str | None = None  # message of a COMPSsException, until a barrier raised it
        self.watches: list[Watch] = []

    def __repr__(self) -> str:
        return f"<group {self.name!r} {len(self.members)} unfinished>"
