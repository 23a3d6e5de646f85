"""The values of a run as the master sees them: who refers to which range of shared memory.

A range may be reused when no version refers to it and nobody has it mapped privately (a *claim*: the program's own
values, or an object that a task kept beyond its end).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from pycompss.core.data import Version
from pycompss.errors import StorageFull
from pycompss.store.arena import Arena
from pycompss.store.codec import Codec
from pycompss.store.descriptor import BUFFERS, Range
from pycompss.store.mappings import Mappings
from pycompss.store.names import MainNames

MASTER_ARENA = 0
OFTEN = 16  # how many times its memory is filled a program is looked at for what it dropped


class ProgramArena(Arena):
    """The program's own arena.

    When it is full, `make_room` is called with 0, 1, … until that says False. The first of these steps is also taken
    now and then before, because objects that the program dropped fill its own memory, too.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(MASTER_ARENA, limit)
        self.make_room: Callable[[int], bool] = lambda _attempt: False
        self._since = 0  # bytes allocated since the first step was taken

    def take(self, length: int) -> tuple[int, bool]:
        self._since += length
        if self._since > self.limit // OFTEN:
            self._since = 0
            self.make_room(0)
        attempt = 0
        while True:
            try:
                return super().take(length)
            except StorageFull:
                if length > self.limit or not self.make_room(attempt):
                    raise
                attempt += 1


class Values:
    """Reference counts and claims of ranges; the master's own arena."""

    def __init__(self, limit: int) -> None:
        self.arena = ProgramArena(limit)
        self.mappings = Mappings()
        self.mappings.attach(MASTER_ARENA, self.arena.fd)
        self.names = MainNames()
        self.codec = Codec(self.arena, self.mappings, self.names)
        self._references: dict[Range, int] = {}
        self._claims: dict[Range, int] = {}  # by workers
        self._mapped: set[Range] = set()  # by the program
        self._idle: list[Range] = []  # ready to be reused; the engine tells their owners

    def retain(self, descriptor: Any) -> None:
        """A version refers to the value."""
        if type(descriptor) is tuple and descriptor[0] == BUFFERS:
            for key in descriptor[2]:
                self._references[key] = self._references.get(key, 0) + 1

    def free(self, version: Version) -> None:
        """A version does not need its value any more."""
        descriptor, version.value = version.value, None
        if type(descriptor) is tuple and descriptor[0] == BUFFERS:
            self._unclaim_program()
            for key in descriptor[2]:
                left = self._references.get(key, 1) - 1
                if left > 0:
                    self._references[key] = left
                else:
                    self._references.pop(key, None)
                    self._reuse(key)

    def claim(self, ranges: Iterable[Range]) -> None:
        for key in ranges:
            self._claims[key] = self._claims.get(key, 0) + 1

    def unclaim(self, ranges: Iterable[Range]) -> None:
        for key in ranges:
            left = self._claims.get(key, 0) - 1
            if left > 0:
                self._claims[key] = left
            else:
                self._claims.pop(key, None)
                self._reuse(key)

    def decode(self, descriptor: Any) -> Any:
        """A value for the program: its large buffers are mapped privately, which is a claim."""
        if type(descriptor) is not tuple:
            return descriptor
        if descriptor[0] != BUFFERS:
            return self.codec.decode(descriptor)
        self.claim(descriptor[2])  # while the maps are being made
        try:
            return self.codec.decode(descriptor)
        finally:
            self._mapped.update(descriptor[2])
            self.unclaim(descriptor[2])

    def is_exclusive(self, descriptor: Any) -> bool:
        """Whether one version alone refers to the value's ranges and nobody has them mapped."""
        self._unclaim_program()
        return all(self._references.get(key) == 1 and self._is_unclaimed(key) for key in descriptor[2])

    def take_idle(self) -> list[Range]:
        """Ranges that may be reused now."""
        self._unclaim_program()
        idle, self._idle = self._idle, []
        return idle

    def close(self) -> None:
        """Close all arenas; values that the program holds stay valid."""
        for number in self.mappings.numbers():
            if number != MASTER_ARENA:
                fd = self.mappings.detach(number)
                if fd is not None:
                    os.close(fd)
        self.mappings.detach(MASTER_ARENA)
        self.mappings.close()
        self.arena.close()

    def _unclaim_program(self) -> None:
        for key in self.mappings.collect_released():
            self._mapped.discard(key)
            self._reuse(key)

    def _is_unclaimed(self, key: Range) -> bool:
        return key not in self._claims and key not in self._mapped

    def _reuse(self, key: Range) -> None:
        if key not in self._references and self._is_unclaimed(key):
            self._idle.append(key)
