"""The file into which values go when memory is short.

It has no name (unlinked from the start), so nothing stays on the disk however the run ends. Ranges of it are given
out like those of an arena and are named by descriptors in the same way; readers map them privately, and what was
written there is read back page by page as it is used. Free ranges are used again before the file grows.

Whole pages are written past the page cache (O_DIRECT, where the file system can): the point is to have less in memory,
not the same bytes once more as dirty pages. What a worker writes itself, from memory that is not aligned, goes through
the cache.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import threading
from collections.abc import Callable
from typing import Final

from pycompss.errors import StorageFull
from pycompss.store.descriptor import Descriptor
from pycompss.store.memory import map_file
from pycompss.store.ranges import PAGE, FreeRanges, pages
from pycompss.store.sizes import amount

SPILL: Final = -1  # the number that stands for this file where an arena's would stand in a range
_AT_ONCE = 16 << 20  # bytes of one call
_DIRECT: Final[int] = getattr(os, "O_DIRECT", 0)  # not on macOS


class SpillFile:
    """The master's side. Allocating and freeing are safe from any thread; `open` and `write` do I/O."""

    number = SPILL

    def __init__(self, directory: Callable[[], str]) -> None:
        """`directory` tells where, at the first use; it is made if only itself does not exist."""
        self._directory = directory
        self.fd = -1
        self._direct = -1
        self._free = FreeRanges()
        self._end = 0
        self._lock = threading.Lock()
        self._opening = threading.Lock()

    @property
    def directory(self) -> str:
        return self._directory()

    def open(self) -> None:
        """Make the file. Raises OSError."""
        with self._opening:
            if self.fd >= 0:
                return
            with contextlib.suppress(FileExistsError):
                os.mkdir(self.directory, mode=0o700)
            with tempfile.TemporaryFile(dir=self.directory, prefix="pycompss-spill-") as file:
                fd = os.dup(file.fileno())
            self._direct = _past_the_cache(fd)
            self.fd = fd

    def allocate(self, length: int) -> int:
        """Offset of a range of at least `length` bytes. Whether the disk has room shows when it is written."""
        whole = pages(length)
        with self._lock:
            offset = self._free.take(whole)
            if offset is None:
                offset, self._end = self._end, self._end + whole
        return offset

    def free(self, offset: int, length: int) -> None:
        """The range may be used again."""
        with self._lock:
            self._free.add(offset, pages(length))

    def write(self, offset: int, raw: memoryview) -> None:
        """Fill a range. `raw` may lie anywhere; whole pages of memory go past the page cache. Raises OSError."""
        fd = self._direct if self._direct >= 0 and raw.nbytes % PAGE == 0 else self.fd
        try:
            write_at(fd, offset, raw)
        except OSError as error:
            if fd == self.fd or error.errno != errno.EINVAL:
                raise
            os.close(self._direct)  # promised at the opening, but not for this memory or this size
            self._direct = -1
            write_at(self.fd, offset, raw)

    def read(self, offset: int, into: memoryview) -> None:
        """The bytes of a range. Raises OSError."""
        done = 0
        while done < into.nbytes:
            done += os.preadv(self.fd, [into[done : done + _AT_ONCE]], offset + done)

    def window(self, offset: int, length: int) -> memoryview:
        """The bytes of a range that was written or reserved, shared and writable. Raises StorageFull."""
        return map_file(self.fd, offset, length)

    def reserve(self, offset: int, length: int) -> None:
        """Have the disk keep a range, so that it can be filled through a window. Raises StorageFull."""
        try:
            os.posix_fallocate(self.fd, offset, pages(length))
        except OSError as error:
            raise no_room(length, self.directory, error) from None

    def close(self) -> None:
        """Close what only this side uses; the file itself ends with its last user."""
        if self._direct >= 0:
            os.close(self._direct)
            self._direct = -1


def is_spilled(descriptor: Descriptor) -> bool:
    """Whether any part of a value with buffers lies in the spill file."""
    for number, _, _ in descriptor[2]:  # noqa: SIM110  (a generator costs more than it does here)
        if number == SPILL:
            return True
    return False


def write_at(fd: int, offset: int, raw: memoryview) -> None:
    """Write all bytes. Raises OSError."""
    done = 0
    while done < raw.nbytes:
        done += os.pwrite(fd, raw[done : done + _AT_ONCE], offset + done)


def read_ahead(fd: int, offset: int, length: int) -> None:
    """A reader is about to map the range: page by page, as it is touched, the disk would be slow."""
    if hasattr(os, "posix_fadvise"):  # not on macOS
        os.posix_fadvise(fd, offset, length, os.POSIX_FADV_WILLNEED)


def no_room(length: int, directory: str, error: OSError) -> StorageFull:
    """What to say about a value that fits neither into memory nor on the disk."""
    return StorageFull(
        f"{amount(length)} of shared memory are needed, but it is full, and {directory} takes no more: "
        f"{error.strerror}. Allow more memory (store_limit), spill to another disk (spill_directory), or delete "
        f"objects that are no longer needed (compss_delete_object)"
    )


def _past_the_cache(fd: int) -> int:
    """A second opening of the file, for whole pages; -1 where the file system has no such thing."""
    if not _DIRECT:
        return -1
    try:
        return os.open(f"/proc/self/fd/{fd}", os.O_RDWR | _DIRECT | os.O_CLOEXEC)
    except OSError:
        return -1
