"""Somebody on a node needs room for a value: a worker whose task waits for the answer, or the agent for a copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pycompss.store.descriptor import Range
from pycompss.store.room import Freed

MOST_ATTEMPTS = 3  # to find room in memory; then the value goes to the file


@dataclass(slots=True)
class Seeker:
    """attempt: how often it has tried in vain. task: that needs the room; 0: none.

    told: gets the place in the file, or None if there is room in the arena now, and what is free in the arena; refused:
    gets the StorageFull.
    """

    arena: int
    length: int
    attempt: int
    told: Callable[[Range | None, list[Freed]], None]
    refused: Callable[[BaseException], None]
    task: int = 0
    freed: Callable[[], list[Freed]] = list

    def answer(self, place: Range | None) -> None:
        self.told(place, self.freed())

    def refuse(self, error: BaseException) -> None:
        self.refused(error)
