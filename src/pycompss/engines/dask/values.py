"""Values on one node: those that were made here, and copies of others, fetched when a task needs them.

Everything happens in the thread of the agent's event loop.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from pycompss.engines.dask.copies import Copies
from pycompss.engines.dask.numbering import first_arena
from pycompss.engines.dask.pulling import Pulling
from pycompss.engines.dask.relief import Relief
from pycompss.errors import StorageFull
from pycompss.store.arena import Arena
from pycompss.store.descriptor import Range
from pycompss.store.mappings import Mappings
from pycompss.store.room import Room
from pycompss.store.shared import SharedMemory
from pycompss.store.spill import SPILL, SpillFile

Places = dict[Range, Sequence[int]]


class NodeValues:
    """Shared memory of a node, and the way to that of others."""

    def __init__(self, node: int, limit: int, pulling: Pulling, spill: SpillFile | None = None) -> None:
        """spill: where values go when memory is full. Raises StorageFull if so much memory cannot be set up."""
        room = Room() if spill is not None else None
        arena = Arena(first_arena(node), limit, room)
        self.memory = SharedMemory(arena, Mappings(), spill)
        self.memory.mappings.attach(arena.number, os.dup(arena.fd), arena.view(0, arena.limit))
        self.copies = Copies()
        self.relief: Relief | None = None
        if spill is not None and room is not None:
            self.memory.rooms[arena.number] = room
            self.relief = Relief(node, limit, self.memory, self.copies, spill)
        self.fresh: list[tuple[Range, int, float, float]] = []  # copied since the program was told: see COPIED
        self._pulling = pulling
        self._coming: dict[Range, asyncio.Task[None]] = {}

    def close(self) -> None:
        for task in self._coming.values():
            task.cancel()
        if self.relief is not None:
            self.relief.stop()
        mappings = self.memory.mappings
        for number in mappings.numbers():
            fd = mappings.detach(number)
            if fd is not None:
                os.close(fd)
        mappings.close()
        self.memory.arena.close()

    @contextmanager
    def view(self, key: Range) -> Iterator[memoryview]:
        """The bytes of a value that is here; they stay where they are meanwhile. Raises KeyError."""
        place = self.copies.of.get(key, key)
        if self.relief is None:
            yield self.memory.mappings.shared(*place)
            return
        self.relief.usage.pin([place])
        try:
            yield self._window(place)
        finally:
            self.relief.usage.unpin([place])

    def _window(self, place: Range) -> memoryview:
        spill = self.memory.spill
        if place[0] == SPILL and spill is not None:
            return spill.window(place[1], place[2])
        return self.memory.mappings.shared(*place)

    def has_all(self, places: Places) -> bool:
        return all(key in self.copies.of for key in places)

    async def fetch(self, places: Places) -> None:
        """Copy what is not here yet. Raises `pulling.Missing` or StorageFull."""
        tasks = [self._coming.get(key) or self._start(key, nodes) for key, nodes in places.items() if self._lacks(key)]
        for task in tasks:
            await asyncio.shield(task)

    def _lacks(self, key: Range) -> bool:
        return key not in self.copies.of

    def _start(self, key: Range, nodes: Sequence[int]) -> asyncio.Task[None]:
        task = self._coming[key] = asyncio.get_running_loop().create_task(self._copy(key, nodes))
        task.add_done_callback(_look_at)
        return task

    async def _copy(self, key: Range, nodes: Sequence[int]) -> None:
        me = asyncio.current_task()
        try:
            place = await self._room_for(key[2])
            try:
                began = time.time()
                source = await self._pulling.pull(key, nodes, self._window(place))
            except BaseException:
                self._free(place)
                raise
            if self._coming.get(key) is me:
                self.copies.add(key, place)
                if self.relief is not None and place[0] != SPILL:
                    self.relief.made([key])
                self.fresh.append((key, source, began, time.time()))
            else:  # nobody wants it any more, or it is another value by now
                self._free(place)
        finally:
            if self._coming.get(key) is me:
                del self._coming[key]

    async def _room_for(self, length: int) -> Range:
        """Where a copy may lie: in memory, or in the file. Raises StorageFull."""
        arena, attempt = self.memory.arena, 0
        while True:
            try:
                return (arena.number, arena.open(length)[0], length)
            except StorageFull:
                if self.relief is None:
                    raise
            place = await self.relief.find(arena.number, length, attempt)
            if place is not None and self.memory.spill is not None:
                self.memory.spill.reserve(place[1], place[2])
                return place
            attempt += 1

    def _free(self, place: Range) -> None:
        owner = self.memory.spill if place[0] == SPILL else self.memory.arena
        if owner is not None:
            owner.free(place[1], place[2])

    def release(self, keys: Iterable[Range]) -> list[Range]:
        """Nobody asks for these any more: the ranges of this node that are free now."""
        keys = list(keys)
        for key in keys:
            self._coming.pop(key, None)
        if self.relief is not None:
            self.relief.dropped(keys)
        free = self.copies.drop(keys)
        return free + [key for key in keys if self.memory.mappings.knows(key[0])]

    def take_fresh(self) -> list[tuple[Range, int, float, float]]:
        fresh, self.fresh = self.fresh, []
        return fresh


def _look_at(task: asyncio.Task[None]) -> None:
    """Whoever waited has the exception; nobody need have."""
    if not task.cancelled():
        task.exception()
