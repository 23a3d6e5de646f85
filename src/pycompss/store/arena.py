"""Shared memory of one process: a sparse anonymous file, mapped once, in which large buffers live.

The file has no name, so nothing can leak, and its full size costs nothing: memory is taken page by page when first
touched. Touching a fresh page costs about three times a copy into one that was used before, so freed ranges stay
*warm* (their pages are kept) and are handed out first. `trim` gives warm pages back to the system.

Memory that runs out while a fresh page is touched is the kernel's to handle (the process is killed by SIGBUS, or by
the out-of-memory killer). `limit` exists to stay clear of that: allocations beyond it raise `StorageFull`. Where
several arenas share one limit, each has a `Room` that says how much of it it may hold for the moment.
"""

from __future__ import annotations

import os
import tempfile
import threading

from pycompss.errors import StorageFull
from pycompss.store.filling import LEAST_HUGE, fill, prepare
from pycompss.store.mappings import Mappings
from pycompss.store.memory import map_file, remove_pages
from pycompss.store.ranges import HUGE, PAGE, FreeRanges, pages
from pycompss.store.room import Room
from pycompss.store.sizes import amount

__all__ = ["Arena", "Mappings"]

WARM_SHARE = 8  # warm pages are at most an eighth of those in use,
LEAST_WARM = 1 << 20  # or so many bytes


class Arena:
    """The owner's side of one arena. Allocating and freeing are safe from any thread."""

    def __init__(self, number: int, limit: int, room: Room | None = None) -> None:
        """`limit`: bytes that may be allocated. Raises StorageFull if so much address space cannot be had."""
        self.number = number
        self.limit = pages(max(limit, PAGE))
        self.used = 0  # bytes allocated now, in whole pages
        self._room = room
        self.fd = _anonymous_file(f"pycompss-arena-{number}")
        self._warm = FreeRanges()
        self._cold = FreeRanges()
        self._cold.add(0, self.limit)
        self._lock = threading.Lock()
        self._view = self._map()

    @property
    def free_bytes(self) -> int:
        """Bytes that were freed and whose pages are still held: what `trim(0)` would give back."""
        return self._warm.total

    def allocate(self, length: int) -> int:
        """Offset of a fresh range of at least `length` bytes, aligned to pages. Raises StorageFull."""
        return self.take(length)[0]

    def store(self, raw: memoryview, *, moves: bool = False) -> int:
        """Offset of a fresh range that holds a copy of these contiguous bytes. Raises StorageFull.

        moves: nobody will look at `raw` again; its pages are given back behind the copy.
        """
        offset, is_cold = self.take(raw.nbytes)
        try:
            fill(self.fd, offset, self.view(offset, raw.nbytes), raw, is_cold=is_cold, moves=moves)
        except BaseException as error:
            self.free(offset, raw.nbytes)
            if isinstance(error, OSError) and not moves:  # what has moved is lost: who made it must make it again
                raise StorageFull(f"{amount(raw.nbytes)} of shared memory cannot be had: {error.strerror}") from error
            raise
        return offset

    def open(self, length: int) -> tuple[int, memoryview]:
        """A fresh range whose bytes come from elsewhere, and its view. Raises StorageFull."""
        offset, is_cold = self.take(length)
        view = self.view(offset, length)
        if is_cold:
            try:
                prepare(self.fd, offset, view)
            except OSError as error:
                self.free(offset, length)
                raise StorageFull(f"{amount(length)} of shared memory cannot be had: {error.strerror}") from error
        return offset, view

    def free(self, offset: int, length: int) -> None:
        """Give back a range that `allocate` returned. Raises ValueError if it is free already."""
        whole = pages(length)
        with self._lock:
            if self._warm.overlaps(offset, whole) or self._cold.overlaps(offset, whole):
                raise ValueError(f"arena {self.number}: {length} bytes at {offset} are freed twice")
            self._warm.add(offset, whole)
            self.used -= whole
            self._tell()

    def view(self, offset: int, length: int) -> memoryview:
        """The bytes of a range: shared, writable, not copied."""
        return self._view[offset : offset + length]

    def trim(self, keep: int) -> int:
        """Return pages of free ranges to the system until at most `keep` bytes of them are held; bytes returned."""
        with self._lock:
            before = self._warm.total
            if before > keep:
                self._trim(keep)
                self._tell()
            return before - self._warm.total

    def cool_down(self) -> None:
        """Keep no more warm pages than a share of what is in use: memory that peaked does not stay at its peak.

        Nor more than the arena may hold.
        """
        if not self._warm.total:
            return
        keep = max(LEAST_WARM, self.used // WARM_SHARE)
        if self._room is not None:
            keep = min(keep, self._room.allowed - self.used)
        if self._warm.total > keep:
            self.trim(keep)

    def close(self) -> None:
        """Close the file; views that are still held stay valid."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def _map(self) -> memoryview:
        try:
            os.ftruncate(self.fd, self.limit)
            return map_file(self.fd, 0, self.limit)
        except (OSError, OverflowError, StorageFull) as error:
            self.close()
            reason = error.strerror if isinstance(error, OSError) else error
            raise StorageFull(
                f"an arena of {amount(self.limit)} of shared memory cannot be set up: {reason}. If a limit is the "
                f"reason (ulimit -v, ulimit -f), take less: PYCOMPSS_STORE_LIMIT=1GB"
            ) from error

    def take(self, length: int) -> tuple[int, bool]:
        """Offset of a fresh range, and whether all its pages are cold; every allocation comes here."""
        whole = pages(length)
        with self._lock:
            offset = self._warm.take(whole)
            is_cold = offset is None
            if is_cold and self._warm.total <= whole:  # it is too little, and would only add to the peak
                self._trim(0)
            if offset is None and self._may_grow(whole):
                offset = self._take_cold(whole)
                if offset is None:
                    offset = self._gather(whole)
            if offset is None:
                raise StorageFull(self._complaint(length))
            self.used += whole
            self._tell()
        return offset, is_cold

    def _take_cold(self, length: int) -> int | None:
        """A range of cold pages; where a huge one could begin, if it is long enough for them."""
        if length >= LEAST_HUGE:
            offset = self._cold.take(length, HUGE)
            if offset is not None:
                return offset
        return self._cold.take(length)

    def _may_grow(self, length: int) -> bool:
        """Whether so many cold bytes may be taken; warm ones are returned for them if need be."""
        if self._room is None:
            return True
        left = self._room.allowed - self.used - length
        if left < 0:
            return False
        self._trim(left)
        return True

    def _gather(self, length: int) -> int | None:
        """Perhaps a warm and a cold neighbour do together."""
        if self._warm.total + self._cold.total < length:
            return None
        self._trim(0)
        return self._take_cold(length)

    def _trim(self, keep: int) -> None:
        for offset, length in list(self._warm)[::-1]:
            excess = self._warm.total - keep
            if excess <= 0:
                break
            self._cool(offset, length, min(length, pages(excess)))

    def _tell(self) -> None:
        if self._room is not None:
            self._room.tell(self.used, self._warm.total)

    def _cool(self, offset: int, length: int, part: int) -> None:
        """Move the last `part` bytes of a warm range to the cold ones."""
        self._warm.remove(offset, length)
        if part < length:
            self._warm.add(offset, length - part)
        start = offset + length - part
        remove_pages(self.view(start, part))
        self._cold.add(start, part)

    def _complaint(self, length: int) -> str:
        return (
            f"{amount(length)} of shared memory are needed, but of {amount(self.limit)} "
            f"{amount(self.used)} are in use: delete objects that are no longer needed (compss_delete_object), "
            f"or allow more memory"
        )


def _anonymous_file(name: str) -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name, os.MFD_CLOEXEC)
    with tempfile.TemporaryFile(prefix=name) as file:  # unlinked from the start
        return os.dup(file.fileno())
