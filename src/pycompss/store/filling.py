"""How the bytes of a value get to their place in shared memory, at what each kind of page costs.

*Cold* pages are written by a system call: through the map the kernel would zero each first and take a fault for it.
*Warm* ones are in the file, but perhaps not in this process's page table. A write fault maps one page, a read fault
sixteen (writable, too, as the map is shared): so one byte of each sixteen pages is read before the copy.

Very large values go to *huge* pages, for which there is a call since Linux 6.1 (MADV_COLLAPSE), whatever
`shmem_enabled` says. One small page must exist for it, so the first one is written by a system call. That costs less
than making 512 small ones, and whoever uses the value later has one page fault, and one entry of the TLB, for 2 MB.

A value that nobody will look at again in its old place can *move*: the pages of the old place go back to the system
behind the copy, so that it exists once and a piece, never twice.
"""

from __future__ import annotations

import os

from pycompss.store.memory import address_of, collapse, discard_pages
from pycompss.store.ranges import HUGE, PAGE

AROUND = 16 << 12  # bytes that one read fault maps (fault_around_bytes of the kernel, by default)
PIECE = 1 << 19  # bytes copied before their old pages are given back; of a huge page, the last of four gives it back
LEAST_HUGE = 16 << 20  # bytes; of smaller values, a huge page in the making would be more than an eighth
MOST_MISSES = 8  # pages in a row that the system could not give, after which nobody asks for more
LEAST_MOVED = 1 << 20  # bytes; smaller values are not worth the calls


def fill(fd: int, offset: int, place: memoryview, raw: memoryview, *, is_cold: bool, moves: bool) -> None:
    """Copy `raw` to `place`, the bytes of the file `fd` from `offset`. Raises OSError when there is no memory.

    moves: the memory of `raw` is nobody's any more; what it holds afterwards is undefined.
    """
    if not is_cold:
        place[::AROUND].tobytes()
    moves = moves and not raw.readonly and raw.nbytes >= LEAST_MOVED
    is_huge = is_cold and raw.nbytes >= LEAST_HUGE and _huge.may_begin(offset, place)
    if not moves and not is_huge:
        _copy(fd, offset, place, raw, is_cold=is_cold)
        return
    address = address_of(raw) if moves else 0
    done, given = 0, address
    while done < raw.nbytes:
        step = HUGE if is_huge else PIECE - (address + done) % PIECE
        end = min(raw.nbytes, done + step)
        has_pages = is_huge and end - done == HUGE and _huge.make(fd, offset + done, place[done:end], raw[done:end])
        _copy(fd, offset + done, place[done:end], raw[done:end], is_cold=is_cold and not has_pages)
        if moves:
            last = address + end if end == raw.nbytes else (address + end) // PAGE * PAGE
            discard_pages(given, last - given)
            given = last
        done = end


def prepare(fd: int, offset: int, place: memoryview) -> None:
    """Let there be huge pages under a cold `place` that somebody else is going to fill, if it is very large.

    Raises OSError when there is no memory.
    """
    if place.nbytes < LEAST_HUGE or not _huge.may_begin(offset, place):
        return
    nothing = memoryview(bytes(PAGE))
    for start in range(0, place.nbytes - HUGE + 1, HUGE):
        if not _huge.make(fd, offset + start, place[start : start + HUGE], nothing):
            return


class _Huge:
    """Whether the system gives huge pages: it need not have any, and older ones do not know of them here."""

    def __init__(self) -> None:
        self.misses = 0  # in a row

    def may_begin(self, offset: int, place: memoryview) -> bool:
        """Whether a huge page may lie there."""
        return self.misses < MOST_MISSES and not offset % HUGE and not address_of(place) % HUGE

    def make(self, fd: int, offset: int, place: memoryview, raw: memoryview) -> bool:
        """Let there be one under `place`, in which nothing was written yet."""
        if self.misses >= MOST_MISSES:
            return False
        os.pwrite(fd, raw[:PAGE], offset)
        made = collapse(address_of(place), HUGE)
        self.misses = 0 if made else self.misses + 1
        return made


_huge = _Huge()


def _copy(fd: int, offset: int, place: memoryview, raw: memoryview, *, is_cold: bool) -> None:
    if not is_cold:
        place[:] = raw
        return
    done = 0
    while done < raw.nbytes:  # one call writes 2 GB at most
        done += os.pwrite(fd, raw[done:], offset + done)
