"""Maps of files, straight from libc.

`mmap.mmap` of Python before 3.13 keeps a file descriptor of its own for each map, and a program may hold thousands of
arrays, each a map. A map here ends when the last object that uses its memory is collected.
"""

from __future__ import annotations

import ctypes
import itertools
import mmap
import os
import sys
from collections.abc import Callable
from typing import Any

from pycompss.errors import StorageFull
from pycompss.store.ranges import HUGE, pages

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
_libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_FAILED = ctypes.c_void_p(-1).value
_READ_WRITE = mmap.PROT_READ | mmap.PROT_WRITE
_NO_RESERVE = 0x4000 if sys.platform == "linux" else 0x40  # the constant is new in Python 3.11
_REMOVE = getattr(mmap, "MADV_REMOVE", None)  # Linux only
_DISCARD = mmap.MADV_DONTNEED if sys.platform == "linux" else None  # elsewhere it is a hint that may do nothing
_RESERVED = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE
_FIXED = 0x10  # MAP_FIXED of Linux
_COLLAPSE = 25  # MADV_COLLAPSE of Linux 6.1
_WINDOWS = [ctypes.c_char * (1 << bits) for bits in range(48)]  # array types, so that none is made per size

_Keep = Callable[[int, int], bool]
_Live = dict[
    int, tuple[int, Callable[[], Any], "_Keep | None"]
]  # address -> length, what to call at the end, who keeps
_live: _Live = {}


class _Map(int):
    """The address of a map; ends it when collected.

    An `int`, because the cyclic collector does not look into it: it goes strictly after the array that holds it, so no
    finaliser of the program can touch memory that is gone.
    """

    __slots__ = ()

    def __del__(self, live: _Live = _live, munmap: Callable[[int, int], int] = _libc.munmap) -> None:
        # Defaults, because globals may be gone when the interpreter ends. The address is forgotten before it is reused.
        length, ended, keep = live.pop(self)
        if keep is None or not keep(int(self), length):
            munmap(self, length)
        ended()


_Ends = dict[int, tuple[Callable[[], Any], memoryview]]  # what to call at the end, what stays mapped until then
_ends: _Ends = {}
_serials = itertools.count()


class _End(int):
    """The number of a window; ends it when collected (an `int` for the reason that `_Map` is one)."""

    __slots__ = ()

    def __del__(self, ends: _Ends = _ends) -> None:
        ended, _ = ends.pop(self)
        ended()


def _nothing() -> None:
    """What most maps do at their end."""


def map_file(
    fd: int,
    offset: int,
    length: int,
    *,
    private: bool = False,
    ended: Callable[[], Any] = _nothing,
    keep: _Keep | None = None,
) -> memoryview:
    """The bytes of a file from `offset`, which lies on a page; writable. `private`: what is written stays here.

    When the last user is gone, at any moment and in any thread, `keep(address, length)` may take the map over (True),
    else it is unmapped; then `ended` is called. Raises StorageFull when the system has no maps or addresses left.
    """
    size = pages(length)
    flags = mmap.MAP_PRIVATE | _NO_RESERVE if private else mmap.MAP_SHARED
    place = _aligned(size) if size >= HUGE and offset % HUGE == 0 else None
    address = _libc.mmap(place, size, _READ_WRITE, flags if place is None else flags | _FIXED, fd, offset)
    if address == _FAILED:
        reason = os.strerror(ctypes.get_errno())
        if place is not None:
            _libc.munmap(place, size)
        raise StorageFull(f"{length} bytes of shared memory cannot be mapped: {reason} ({len(_live)} maps are in use)")
    return view_of(address, size, ended, keep)[:length]


def _aligned(size: int) -> int | None:
    """Reserved addresses, the first of which a huge page could begin at; None if there are none."""
    if sys.platform != "linux":
        return None
    reserved = _libc.mmap(None, size + HUGE, 0, _RESERVED, -1, 0)
    if reserved == _FAILED:
        return None
    start: int = -(-reserved // HUGE) * HUGE
    if start > reserved:
        _libc.munmap(reserved, start - reserved)
    _libc.munmap(start + size, reserved + HUGE - start)
    return start


def collapse(address: int, length: int) -> bool:
    """Have huge pages instead of small ones, one of which must exist in each; what is in none is zero. Linux only."""
    return sys.platform == "linux" and bool(_libc.madvise(address, length, _COLLAPSE) == 0)


def view_of(address: int, size: int, ended: Callable[[], Any], keep: _Keep | None) -> memoryview:
    """A map that exists, in the hands of whoever uses the view."""
    _live[address] = (size, ended, keep)
    window = _WINDOWS[size.bit_length()].from_address(address)
    window.map = _Map(address)  # type: ignore[attr-defined]
    return memoryview(window).cast("B")[:size]


def end_map_with(address: int, ended: Callable[[], Any], keep: _Keep | None) -> None:
    """From now on this is what a map that is in use does at its end."""
    _live[address] = (_live[address][0], ended, keep)


def window(view: memoryview, ended: Callable[[], Any]) -> memoryview:
    """The bytes of a writable view; `ended` is called when the last user of them is gone."""
    array = bare_window(view)
    end_window_with(array, view, ended)
    return view_through(array, view.nbytes)


def bare_window(view: memoryview) -> Any:
    """An object for the users of a writable view to refer to; what happens at its end can be said later."""
    return _WINDOWS[view.nbytes.bit_length()].from_address(address_of(view))


def view_through(array: Any, length: int) -> memoryview:
    """The first bytes of a window."""
    return memoryview(array).cast("B")[:length]


def end_window_with(array: Any, view: memoryview, ended: Callable[[], Any]) -> None:
    """`ended` is called when the last user of the window is gone; until then `view` stays mapped."""
    serial = next(_serials)
    _ends[serial] = (ended, view)
    array.end = _End(serial)


def unmap(address: int, length: int, munmap: Callable[[int, int], int] = _libc.munmap) -> None:
    """End a map that nobody uses."""
    munmap(address, length)


def remove_pages(view: memoryview) -> None:
    """Give the memory under a view of a shared map back to the system; it reads as zeros then. Linux only."""
    if _REMOVE is not None:
        _libc.madvise(address_of(view), view.nbytes, _REMOVE)


def discard_pages(address: int, length: int) -> None:
    """Give the whole pages of private memory in a range back to the system; what was in them is lost."""
    start = pages(address)
    length = (address + length) // mmap.PAGESIZE * mmap.PAGESIZE - start
    if _DISCARD is not None and length > 0:
        _libc.madvise(start, length, _DISCARD)


def address_of(view: memoryview) -> int:
    """Where a writable buffer lies in this process."""
    return ctypes.addressof(ctypes.c_char.from_buffer(view))
