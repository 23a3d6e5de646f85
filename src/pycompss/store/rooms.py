"""How the memory of a run is shared out among its arenas: together they hold no more than the limit.

Every arena may hold a share of the limit, and asks for more when it needs more. Shares come from what nobody has; when
that is too little, everybody else's share is cut to what is in use, so that free pages kept warm elsewhere come back
(`store/room.py`). Nothing here spills: that is the next step, if this one does not do.
"""

from __future__ import annotations

from collections.abc import Mapping

from pycompss.store.ranges import pages
from pycompss.store.room import Room
from pycompss.store.spill import SPILL

PART = 4  # at most this part of what nobody has goes to one arena beyond its need


class Rooms:
    """The ledger. rooms: of the program and of living workers; live: bytes of values, by arena."""

    def __init__(self, limit: int, rooms: Mapping[int, Room], live: Mapping[int, int]) -> None:
        self.limit = limit
        self._rooms = rooms
        self._live = live

    @property
    def unshared(self) -> int:
        """Bytes that nobody has; arenas of dead workers have what versions refer to."""
        dead = sum(size for number, size in self._live.items() if number not in self._rooms and number != SPILL)
        return self.limit - dead - sum(room.taken for room in list(self._rooms.values()))

    def grant(self, number: int, length: int) -> bool:
        """Let an arena put a value of `length` bytes somewhere, if that is possible at once."""
        room = self._rooms.get(number)
        if room is None:
            return False
        missing = pages(length) - room.own
        if missing <= 0:
            return True
        unshared = self.unshared
        if unshared < missing:
            return False
        room.allowed += missing + (unshared - missing) // PART
        return True

    def cut(self, besides: int) -> None:
        """Nobody but one arena may hold more than is in use."""
        for number, room in list(self._rooms.items()):
            if number != besides:
                room.allowed = min(room.allowed, room.used)

    def missing(self, number: int, length: int) -> int:
        """Bytes that have to be given back by somebody before `grant` can say yes."""
        room = self._rooms.get(number)
        return pages(length) - (room.own if room is not None else 0) - max(self.unshared, 0)

    def move(self, number: int, length: int) -> None:
        """A range of an arena was given back to the system: the arena's share shrinks by as much."""
        room = self._rooms.get(number)
        if room is not None:
            room.punched += length
            room.allowed -= length

    def park(self, number: int, length: int) -> None:
        """The pages of a range went back to the system, but its owner keeps its place."""
        room = self._rooms.get(number)
        if room is not None:
            room.parked += length

    def unpark(self, number: int, length: int) -> None:
        """The range has its pages again."""
        room = self._rooms.get(number)
        if room is not None:
            room.parked -= length
