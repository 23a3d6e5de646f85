"""A large value finds no room in the worker's arena: the master says where it may go.

It allows the arena more, tells what is free in it, spills other values first, or names a range of the spill file, into
which the worker writes the value itself. So a task whose result is larger than all memory ends well, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycompss.errors import StorageFull
from pycompss.store.descriptor import Range
from pycompss.store.spill import no_room, write_at

if TYPE_CHECKING:
    from pycompss.worker.process import Worker


class Overflow:
    """What a worker's codec calls when its arena is full."""

    def __init__(self, worker: Worker, directory: str) -> None:
        self._worker = worker
        self._directory = directory  # for messages

    def place(self, raw: memoryview) -> Range:
        """Where the bytes lie now. Raises StorageFull."""
        worker = self._worker
        arena = worker.arena
        attempt = 0
        while True:
            descriptor, freed = worker.request("room", arena.number, raw.nbytes, attempt)
            for offset, length in freed:
                arena.free(offset, length)
            if descriptor is not None:
                return self._write(descriptor[2][0], raw)
            try:
                return (arena.number, arena.store(raw), raw.nbytes)
            except StorageFull:  # in pieces, or another was faster
                attempt += 1

    def _write(self, place: Range, raw: memoryview) -> Range:
        file, offset, length = place
        try:
            write_at(self._worker.mappings.fd(file), offset, raw)
        except OSError as error:
            raise no_room(length, self._directory, error) from None
        return place
