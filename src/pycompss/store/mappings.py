"""Arenas as one process sees them: its own and those of others, by number.

An arena is mapped shared once. A reader gets a *private* map of just its range: nothing is copied until somebody
writes, and what is written stays in this process. The pages behind a private map must not be reused while it lives, so
each one is a *claim* on its range. A claim ends when the last object that uses the memory is collected, at any moment
and in any thread; all that happens then is one `munmap` and one append to a queue, which `collect_released` reads.

Private maps come straight from libc: `mmap.mmap` of Python before 3.13 keeps a file descriptor for each map, and a
program may hold thousands of arrays.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable

from pycompss.errors import StorageFull
from pycompss.store.descriptor import Range
from pycompss.store.ranges import PAGE, pages

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
_libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_FAILED = ctypes.c_void_p(-1).value
_READ_WRITE = mmap.PROT_READ | mmap.PROT_WRITE
_PRIVATE = mmap.MAP_PRIVATE | getattr(mmap, "MAP_NORESERVE", 0x4000 if os.uname().sysname == "Linux" else 0x40)
_WINDOWS = [ctypes.c_char * (1 << bits) for bits in range(48)]  # array types, so that none is made per size

_Live = dict[int, tuple[int, "deque[Range]", Range]]  # address -> length of the map, where to report, range
_live: _Live = {}


class _Claim(int):
    """The address of a private map; ends the map when it is collected.

    An `int`, because the cyclic collector does not look into it: it is collected strictly after the array that holds
    it, so no finaliser of the program can touch memory that is gone.
    """

    __slots__ = ()

    def __del__(self, live: _Live = _live, munmap: Callable[[int, int], int] = _libc.munmap) -> None:
        # Defaults, because globals may be gone when the interpreter ends. The address is forgotten before it is reused.
        length, released, key = live.pop(self)
        munmap(self, length)
        released.append(key)


class Mappings:
    """The arenas that this process knows, and its claims on ranges of them."""

    def __init__(self) -> None:
        self.claims: Counter[Range] = Counter()  # private maps by range, as of the last `collect_released` or `held`
        self._fds: dict[int, int] = {}
        self._shared: dict[int, memoryview] = {}
        self._released: deque[Range] = deque()
        self._lock = threading.Lock()

    def attach(self, number: int, fd: int) -> None:
        """Know arena `number` by its file descriptor, which is the caller's to keep open until `detach`."""
        self._fds[number] = fd

    def detach(self, number: int) -> int | None:
        """Forget an arena: its descriptor, for the caller to close. Maps that are in use stay valid."""
        self._shared.pop(number, None)
        return self._fds.pop(number, None)

    def knows(self, number: int) -> bool:
        return number in self._fds

    def shared(self, arena: int, offset: int, length: int) -> memoryview:
        """The bytes of a range, shared and writable. Raises KeyError for an arena that is not attached."""
        view = self._shared.get(arena)
        if view is None:
            fd = self._fds[arena]
            view = self._shared[arena] = memoryview(mmap.mmap(fd, os.fstat(fd).st_size, mmap.MAP_SHARED, _READ_WRITE))
        return view[offset : offset + length]

    def private(self, arena: int, offset: int, length: int) -> memoryview:
        """The bytes of a range, copied page by page when written; a claim until it is collected.

        Raises KeyError for an arena that is not attached, StorageFull when the system has no maps left.
        """
        key = (arena, offset, length)
        with self._lock:
            self.claims[key] += 1
        try:
            return _map_privately(self._fds[arena], key, self._released)
        except BaseException:
            self._released.append(key)
            raise

    def collect_released(self) -> list[Range]:
        """The ranges whose last private map went away since the last call."""
        gone = []
        with self._lock:
            while self._released:
                key = self._released.popleft()
                self.claims[key] -= 1
                if not self.claims[key]:
                    del self.claims[key]
                    gone.append(key)
        return gone

    def held(self, ranges: Iterable[Range]) -> list[Range]:
        """Those of `ranges` that are mapped privately at this moment. Leaves `collect_released` its news."""
        with self._lock:
            current = self.claims - Counter(list(self._released))
        return [key for key in ranges if current[key] > 0]


def _map_privately(fd: int, key: Range, released: deque[Range]) -> memoryview:
    _, offset, length = key
    start = offset // PAGE * PAGE
    size = pages(offset - start + length)
    address = _libc.mmap(None, size, _READ_WRITE, _PRIVATE, fd, start)
    if address == _FAILED:
        reason = os.strerror(ctypes.get_errno())
        raise StorageFull(f"{length} bytes of shared memory cannot be mapped: {reason} ({len(_live)} maps are in use)")
    _live[address] = (size, released, key)
    window = _WINDOWS[size.bit_length()].from_address(address)
    window.claim = _Claim(address)  # type: ignore[attr-defined]
    return memoryview(window).cast("B")[offset - start : offset - start + length]
