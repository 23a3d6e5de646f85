"""The values of a run as the master sees them: who refers to which range of shared memory.

A range may be reused when no version refers to it and nobody has it mapped privately (a *claim*: the program's own
values, or an object that a task kept beyond its end).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from pycompss.core.versions import Version
from pycompss.errors import StorageFull
from pycompss.store.arena import Arena
from pycompss.store.codec import Codec
from pycompss.store.descriptor import BUFFERS, Range, ranges_of
from pycompss.store.mappings import Mappings
from pycompss.store.memory import remove_pages
from pycompss.store.names import MainNames
from pycompss.store.ranges import pages
from pycompss.store.room import Room
from pycompss.store.shared import SharedMemory
from pycompss.store.spill import SPILL, SpillFile

MASTER_ARENA = 0
OFTEN = 16  # how many times its memory is filled a program is looked at for what it dropped


class ProgramArena(Arena):
    """The program's own arena.

    grow: is asked for a larger share of the memory when the present one is used up.
    When it is full, `make_room` is called with 0, 1, … until that says False. The first of these steps is also taken
    now and then before, because objects that the program dropped fill its own memory, too.
    """

    def __init__(self, limit: int, room: Room | None = None) -> None:
        super().__init__(MASTER_ARENA, limit, room)
        self.grow: Callable[[int], bool] = lambda _length: False
        self.make_room: Callable[[int], bool] = lambda _attempt: False
        self.wanted = 0  # bytes for which there is no room
        self._since = 0  # bytes allocated since the first step was taken

    def take(self, length: int) -> tuple[int, bool]:
        self._since += length
        if self._since > self.limit // OFTEN:
            self._since = 0
            self.make_room(0)
        attempt = 0
        may_grow = True
        while True:
            try:
                return super().take(length)
            except StorageFull:
                if may_grow and self.grow(length):
                    may_grow = False
                    continue
                self.wanted = length
                if length > self.limit or not self.make_room(attempt):
                    raise
                attempt += 1


class Values:
    """Reference counts and claims of ranges; the master's own arena."""

    def __init__(self, limit: int, spill: SpillFile | None = None) -> None:
        """`spill`: where values go when there is too little memory; without it every arena has `limit` bytes."""
        self.limit = limit
        room = Room() if spill is not None else None
        self.arena = ProgramArena(limit, room)
        self.mappings = Mappings()
        self.memory = SharedMemory(self.arena, self.mappings, spill)
        if room is not None:
            self.memory.rooms[MASTER_ARENA] = room
        self.live: Counter[int] = Counter()  # bytes that versions refer to, by arena
        self.mappings.attach(MASTER_ARENA, self.arena.fd)
        self.names = MainNames()
        self.codec = Codec(self.arena, self.mappings, self.names)
        self._references: dict[Range, int] = {}
        self._claims: dict[Range, int] = {}  # while something is done to them
        self._held: dict[Range, set[int]] = {}  # the workers in which tasks that have ended left maps of them
        self._mapped: set[Range] = set()  # by the program
        self._ended: set[int] = set()  # workers that have died, whose arenas are still open
        self.idle: list[Range] = []  # ready to be reused; the engine tells their owners

    def retain(self, descriptor: Any) -> bool:
        """A version refers to the value; whether that takes memory which no version has referred to."""
        takes_memory = False
        if type(descriptor) is tuple and descriptor[0] == BUFFERS:
            references = self._references
            for key in descriptor[2]:
                count = references.get(key, 0)
                if not count:
                    self.live[key[0]] += pages(key[2])
                    takes_memory = True
                references[key] = count + 1
        return takes_memory

    def free(self, version: Version) -> None:
        """A version does not need its value any more."""
        descriptor, version.value = version.value, None
        self.release(ranges_of(descriptor))

    def release(self, ranges: Iterable[Range]) -> None:
        """A version does not need these any more."""
        if self.mappings.released:
            self._unclaim_program()
        references = self._references
        for key in ranges:
            left = references.get(key, 1) - 1
            if left > 0:
                references[key] = left
            else:
                self._forget(key)
                self._reuse(key)

    def replace(self, old: Any, new: Any) -> list[Range]:
        """The one version that refers to `old`, which nobody has mapped, has `new` from now on; what is free now."""
        for key in old[2]:
            self._forget(key)
        self.retain(new)
        return list(old[2])

    def knows(self, key: Range) -> bool:
        """Whether a version refers to the range, or somebody has it mapped."""
        return key in self._references or not self._is_unclaimed(key)

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

    def hold(self, worker: int, ranges: Iterable[Range]) -> None:
        """A task has ended and left objects in its worker that use these ranges."""
        for key in ranges:
            self._held.setdefault(key, set()).add(worker)

    def let_go(self, worker: int, ranges: Iterable[Range] | None) -> None:
        """The worker has nothing mapped of these ranges any more (None: of all), whether it was said to hold them."""
        if ranges is None:
            self._ended.add(worker)
            ranges = [key for key, workers in self._held.items() if worker in workers]
        for key in ranges:
            workers = self._held.get(key)
            if workers is not None:
                workers.discard(worker)
                if not workers:
                    del self._held[key]
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
        """Whether the value lies in memory, one version alone refers to its ranges and nobody has them mapped."""
        if self.mappings.released:
            self._unclaim_program()
        references, is_mapped = self._references, self._held or self._mapped or self._claims
        for key in descriptor[2]:
            if references.get(key) != 1 or key[0] == SPILL or (is_mapped and not self._is_unclaimed(key)):
                return False
        return True

    @property
    def in_memory(self) -> int:
        """Bytes of shared memory that versions refer to."""
        return self.live.total() - self.live[SPILL]

    def take_idle(self) -> list[Range]:
        """Ranges that may be reused now."""
        if self.mappings.released:
            self._unclaim_program()
        idle, self.idle = self.idle, []
        return idle

    def close_ended(self) -> None:
        """Close the arenas of dead workers in which nothing is left that anybody uses; idle ranges were released."""
        used = {key[0] for keys in (self._claims, self._held, self._mapped) for key in keys} if self._ended else ()
        for number in [number for number in self._ended if not self.live[number] and number not in used]:
            self._ended.remove(number)
            self.live.pop(number, None)
            if self.mappings.knows(number):
                fd = self.mappings.fd(number)
                remove_pages(self.mappings.shared(number, 0, os.fstat(fd).st_size))  # other workers may have it open
                self.mappings.detach(number)
                os.close(fd)

    def close(self) -> None:
        """Close all arenas; values that the program holds stay valid."""
        for number in self.mappings.numbers():
            if number != MASTER_ARENA:
                fd = self.mappings.detach(number)
                if fd is not None:
                    os.close(fd)
        self.mappings.detach(MASTER_ARENA)
        self.mappings.close()
        if self.memory.spill is not None:
            self.memory.spill.close()
        self.arena.close()

    def _forget(self, key: Range) -> None:
        if self._references.pop(key, None):
            self.live[key[0]] -= pages(key[2])

    def _unclaim_program(self) -> None:
        for key in self.mappings.collect_released():
            self._mapped.discard(key)
            self._reuse(key)

    def _is_unclaimed(self, key: Range) -> bool:
        return key not in self._claims and key not in self._held and key not in self._mapped

    def _reuse(self, key: Range) -> None:
        if key not in self._references and self._is_unclaimed(key):
            self.idle.append(key)
