"""Private maps that are kept for the next reader of the same range.

Mapping a large value anew for every task that reads it costs more than many a task: each page is faulted in again.
Most readers only read, and a private map in which nothing was written still shows what lies in the file, whatever is
put there later. So a map that its last user leaves clean is kept, and the next `private` of its range takes it. Which
pages were written tells `/proc/self/pagemap` (bit 61: still the file's own; Linux, Documentation/admin-guide/mm/
pagemap.rst); where it cannot be read, nothing is kept.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable

from pycompss.store.descriptor import Range
from pycompss.store.ranges import PAGE

LEAST = 1 << 18  # bytes; smaller maps are made faster than they are checked
MOST = 32  # maps that are kept; they take page tables only
_ENTRY = 8  # bytes of pagemap for a page, the lowest first
_PRESENT, _SWAPPED, _FILE = 0x80, 0x40, 0x20  # in the highest of them
_CLEAN = bytes(flags for flags in range(256) if flags & _FILE or not flags & (_PRESENT | _SWAPPED))

Map = tuple[Range, int, int]  # range, address, length


class KeptMaps:
    """Clean maps without a user. Everything here may run in a finaliser, at any moment and in any thread."""

    def __init__(self, unmap: Callable[[int, int], object]) -> None:
        self._unmap = unmap
        self._maps: deque[Map] = deque()
        self._is_closed = False

    def keep(self, key: Range, address: int, length: int) -> bool:
        """Keep a map that has lost its last user, if that is worth it; False: the caller ends it."""
        if self._is_closed or length < LEAST or not is_clean(address, length):
            return False
        self._maps.append((key, address, length))
        while len(self._maps) > MOST:
            self._drop()
        return True

    def take(self, key: Range) -> tuple[int, int] | None:
        """Address and length of a kept map of this range; it is the caller's from now on."""
        for kept in list(self._maps):
            if kept[0] == key:
                try:
                    self._maps.remove(kept)
                except ValueError:  # another thread was faster
                    continue
                return kept[1], kept[2]
        return None

    def clear(self) -> None:
        """End all kept maps, and keep no more: at the very end modules go before the program's arrays do."""
        self._is_closed = True
        while self._maps:
            self._drop()

    def _drop(self) -> None:
        try:
            _, address, length = self._maps.popleft()
        except IndexError:  # another thread was faster
            return
        self._unmap(address, length)


def is_clean(address: int, length: int, pagemap: int = -1) -> bool:
    """Whether no page of a private map was written. pagemap: where to read that, if it is open already."""
    try:
        data = _entries(address // PAGE, length // PAGE, pagemap)
    except OSError:
        return False
    flags = data[_ENTRY - 1 :: _ENTRY]
    return len(flags) == length // PAGE and not flags.translate(None, _CLEAN)


def open_pagemap() -> int:
    """Raises OSError where there is none."""
    return os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)


def _entries(first: int, count: int, pagemap: int) -> bytes:
    if pagemap >= 0:
        return os.pread(pagemap, count * _ENTRY, first * _ENTRY)
    fd = open_pagemap()
    try:
        return os.pread(fd, count * _ENTRY, first * _ENTRY)
    finally:
        os.close(fd)
