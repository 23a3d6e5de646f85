"""How the bytes of a value get to their place in shared memory, at what each kind of page costs.

*Cold* pages are written by a system call: through the map the kernel would zero each first and take a fault for it.
*Warm* ones are in the file, but perhaps not in this process's page table. A write fault maps one page, a read fault
sixteen (writable, too, as the map is shared): so one byte of each sixteen pages is read before the copy.

A value that nobody will look at again in its old place can *move*: the pages of the old place go back to the system
behind the copy, so that it exists once and a piece, never twice.
"""

from __future__ import annotations

import os

from pycompss.store.memory import address_of, discard_pages

AROUND = 16 << 12  # bytes that one read fault maps (fault_around_bytes of the kernel, by default)
PIECE = 1 << 19  # bytes copied before their old pages are given back; of a huge page, the last of four gives it back
LEAST_MOVED = 1 << 20  # bytes; smaller values are not worth the calls


def fill(fd: int, offset: int, place: memoryview, raw: memoryview, *, is_cold: bool, moves: bool) -> None:
    """Copy `raw` to `place`, the bytes of the file `fd` from `offset`. Raises OSError when there is no memory.

    moves: the memory of `raw` is nobody's any more; what it holds afterwards is undefined.
    """
    if not is_cold:
        place[::AROUND].tobytes()
    if not moves or raw.readonly or raw.nbytes < LEAST_MOVED:
        _copy(fd, offset, place, raw, is_cold=is_cold)
        return
    address, done = address_of(raw), 0
    while done < raw.nbytes:
        end = min(raw.nbytes, done + PIECE - (address + done) % PIECE)
        _copy(fd, offset + done, place[done:end], raw[done:end], is_cold=is_cold)
        discard_pages(address + done, end - done)
        done = end


def _copy(fd: int, offset: int, place: memoryview, raw: memoryview, *, is_cold: bool) -> None:
    if not is_cold:
        place[:] = raw
        return
    done = 0
    while done < raw.nbytes:  # one call writes 2 GB at most
        done += os.pwrite(fd, raw[done:], offset + done)
