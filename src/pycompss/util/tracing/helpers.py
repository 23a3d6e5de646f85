"""`with EventMaster(3):` — a mark of the program in a trace."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


class EventMaster:
    """A stretch of the program with a number; shows where a trace is written, costs nothing elsewhere."""

    __slots__ = ("event_id",)

    def __init__(self, event_id: int) -> None:
        self.event_id = event_id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """The stretch ends."""
