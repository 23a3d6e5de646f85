"""Values on one node: those that were made here, and copies of others, fetched when a task needs them.

Everything happens in the thread of the agent's event loop.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Mapping, Sequence

from pycompss.engines.dask.copies import Copies
from pycompss.engines.dask.numbering import first_arena
from pycompss.engines.dask.pulling import Pulling
from pycompss.store.arena import Arena
from pycompss.store.descriptor import Range
from pycompss.store.mappings import Mappings
from pycompss.store.shared import SharedMemory

Places = Mapping[Range, Sequence[int]]


class NodeValues:
    """Shared memory of a node, and the way to that of others."""

    def __init__(self, node: int, limit: int, pulling: Pulling) -> None:
        """Raises StorageFull if so much memory cannot be set up."""
        arena = Arena(first_arena(node), limit)
        self.memory = SharedMemory(arena, Mappings(), None)
        self.memory.mappings.attach(arena.number, os.dup(arena.fd), arena.view(0, arena.limit))
        self.copies = Copies()
        self.fresh: list[tuple[Range, int, float, float]] = []  # copied since the program was told: see COPIED
        self._pulling = pulling
        self._coming: dict[Range, asyncio.Task[None]] = {}

    def close(self) -> None:
        for task in self._coming.values():
            task.cancel()
        mappings = self.memory.mappings
        for number in mappings.numbers():
            fd = mappings.detach(number)
            if fd is not None:
                os.close(fd)
        mappings.close()
        self.memory.arena.close()

    def view(self, key: Range) -> memoryview:
        """The bytes of a value that is here. Raises KeyError."""
        return self.memory.mappings.shared(*self.copies.of.get(key, key))

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
        arena, length = self.memory.arena, key[2]
        try:
            offset, view = arena.open(length)
            try:
                began = time.time()
                source = await self._pulling.pull(key, nodes, view)
            except BaseException:
                arena.free(offset, length)
                raise
            if self._coming.get(key) is me:
                self.copies.add(key, (arena.number, offset, length))
                self.fresh.append((key, source, began, time.time()))
            else:  # nobody wants it any more, or it is another value by now
                arena.free(offset, length)
        finally:
            if self._coming.get(key) is me:
                del self._coming[key]

    def release(self, keys: Iterable[Range]) -> list[Range]:
        """Nobody asks for these any more: the ranges of this node that are free now."""
        keys = list(keys)
        for key in keys:
            self._coming.pop(key, None)
        free = self.copies.drop(keys)
        return free + [key for key in keys if self.memory.mappings.knows(key[0])]

    def take_fresh(self) -> list[tuple[Range, int, float, float]]:
        fresh, self.fresh = self.fresh, []
        return fresh


def _look_at(task: asyncio.Task[None]) -> None:
    """Whoever waited has the exception; nobody need have."""
    if not task.cancelled():
        task.exception()
