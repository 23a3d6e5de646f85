"""The file of spilled values of a node, for the thread that moves values there and back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence

from pycompss.store.descriptor import Range
from pycompss.store.ranges import pages
from pycompss.store.shared import SharedMemory
from pycompss.store.spill import SPILL, SpillFile

PAUSE = 1.0  # seconds after which a disk that was full is tried again

Chosen = tuple[Range, object, Range]  # a value, which one of that name it is, where it lies
Written = tuple[Range, object, Range, Range]  # the same, and where in the file it lies, too


class Disk:
    """Nothing is written or read any more after `stop`, so that the file may be closed then."""

    def __init__(self, file: SpillFile, memory: SharedMemory) -> None:
        self._file = file
        self._memory = memory
        self._full_until = 0.0
        self._busy = threading.Lock()
        self._is_stopping = False

    @property
    def is_full(self) -> bool:
        return time.monotonic() < self._full_until

    def open(self) -> None:
        """Make the file. Raises OSError."""
        if not self._memory.mappings.knows(SPILL):
            self._file.open()
            self._memory.mappings.attach(SPILL, self._file.fd)

    def stop(self) -> None:
        self._is_stopping = True
        with self._busy:
            self._file.close()

    def reserve(self, length: int) -> Range:
        return (SPILL, self._file.allocate(length), length)

    def discard(self, places: Iterable[Range]) -> None:
        """There is nothing in these."""
        for _, offset, length in places:
            self._file.free(offset, length)

    def write(self, chosen: Sequence[Chosen]) -> list[Written]:
        """Copy values to the file, until the disk is full."""
        written: list[Written] = []
        for key, mark, (number, offset, length) in chosen:
            with self._busy:
                if self._is_stopping:
                    break
                place = self.reserve(length)
                try:
                    self._file.write(place[1], self._memory.mappings.shared(number, offset, pages(length)))
                except OSError:
                    self.discard([place])
                    self._full_until = time.monotonic() + PAUSE
                    break
            written.append((key, mark, (number, offset, length), place))
        return written

    def read(self, place: Range, into: memoryview) -> None:
        """Raises OSError."""
        with self._busy:
            if not self._is_stopping:
                self._file.read(place[1], into)
