"""The shared memory of a run as the master knows it: its own arena, everybody's maps and rooms, the spill file."""

from __future__ import annotations

from dataclasses import dataclass, field

from pycompss.store.arena import Arena
from pycompss.store.mappings import Mappings
from pycompss.store.room import Room
from pycompss.store.spill import SpillFile


@dataclass(slots=True)
class SharedMemory:
    """rooms: by number of the arena, of the program and of living workers. spill: None if nothing is ever spilled.

    share: bytes that an arena may hold before it asks.
    """

    arena: Arena
    mappings: Mappings
    spill: SpillFile | None
    share: int = 0
    rooms: dict[int, Room] = field(default_factory=dict)
