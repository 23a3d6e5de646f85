"""Free ranges of an arena: first fit, neighbours grow together.

Two parallel lists sorted by offset. There are few free ranges (only buffers of tens of kilobytes lie in arenas), so a
linear search costs less than any tree.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Iterator

PAGE = mmap.PAGESIZE  # bytes
HUGE = 2 << 20  # bytes of a huge page


def pages(length: int) -> int:
    """`length` rounded up to whole pages, in bytes."""
    return -(-length // PAGE) * PAGE


class FreeRanges:
    """A set of byte ranges that never overlap or touch."""

    def __init__(self) -> None:
        self.total = 0  # bytes
        self._offsets: list[int] = []
        self._lengths: list[int] = []

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(list(zip(self._offsets, self._lengths, strict=True)))

    def overlaps(self, offset: int, length: int) -> bool:
        """Whether any byte of the range is free already."""
        at = bisect_left(self._offsets, offset)
        if at < len(self._offsets) and self._offsets[at] < offset + length:
            return True
        return at > 0 and self._offsets[at - 1] + self._lengths[at - 1] > offset

    def add(self, offset: int, length: int) -> None:
        """Make a range free, which must not overlap a free one."""
        self.total += length
        at = bisect_left(self._offsets, offset)
        if at < len(self._offsets) and self._offsets[at] == offset + length:
            length += self._lengths.pop(at)
            del self._offsets[at]
        if at > 0 and self._offsets[at - 1] + self._lengths[at - 1] == offset:
            self._lengths[at - 1] += length
        else:
            self._offsets.insert(at, offset)
            self._lengths.insert(at, length)

    def take(self, length: int, alignment: int = 1) -> int | None:
        """Offset in the first free range that is long enough, of which `length` is taken; None if there is none."""
        for at, free in enumerate(self._lengths):
            if free < length:
                continue
            gap = -self._offsets[at] % alignment
            if not gap:
                return self._shorten(at, length)
            if free >= gap + length:
                return self._cut(at, gap, length)
        return None

    def _cut(self, at: int, gap: int, length: int) -> int:
        """Take from the midst of a range, and leave what is before it."""
        start, rest = self._offsets[at] + gap, self._lengths[at] - gap - length
        self.total -= length
        self._lengths[at] = gap
        if rest:
            self._offsets.insert(at + 1, start + length)
            self._lengths.insert(at + 1, rest)
        return start

    def _shorten(self, at: int, length: int) -> int:
        offset = self._offsets[at]
        self.total -= length
        if self._lengths[at] == length:
            del self._offsets[at], self._lengths[at]
        else:
            self._offsets[at] += length
            self._lengths[at] -= length
        return offset

    def remove(self, offset: int, length: int) -> None:
        """Take out exactly this free range."""
        at = bisect_left(self._offsets, offset)
        self.total -= length
        del self._offsets[at], self._lengths[at]

    def clear(self) -> None:
        """Forget every range."""
        self.total = 0
        self._offsets.clear()
        self._lengths.clear()
