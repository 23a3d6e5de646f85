"""Arenas as one process sees them: its own and those of others, by number.

An arena is mapped shared once, the file of spilled values never. A reader gets a *private* map of just its range:
nothing is copied until somebody writes, and what is written stays in this process. The pages behind a private map must
not be reused while it lives, so each one is a *claim* on its range. A claim ends when the last object that uses the
memory is collected, at any moment and in any thread; all that happens then is one `munmap` and one append to a queue,
which `collect_released` reads.
"""

from __future__ import annotations

import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from pycompss.store.descriptor import Range
from pycompss.store.kept import KeptMaps
from pycompss.store.memory import (
    address_of,
    bare_window,
    end_map_with,
    end_window_with,
    map_file,
    unmap,
    view_of,
    view_through,
    window,
)
from pycompss.store.ranges import PAGE
from pycompss.store.spill import SPILL, read_ahead


class Mappings:
    """The arenas that this process knows, and its claims on ranges of them."""

    def __init__(self) -> None:
        self.claims: Counter[Range] = Counter()  # private maps by range, as of the last `collect_released` or `held`
        self._fds: dict[int, int] = {}
        self._shared: dict[int, memoryview] = {}
        self.released: deque[Range] = deque()  # news for `collect_released`
        self.fresh: set[Range] = set()  # claimed since `newly_held` was last asked
        self._lock = threading.Lock()
        self._kept = KeptMaps(unmap)

    def attach(self, number: int, fd: int, view: memoryview | None = None) -> None:
        """Know arena `number` by its file descriptor, which is the caller's to keep open until `detach`.

        view: a shared map of all of it that exists already.
        """
        self._fds[number] = fd
        if view is not None:
            self._shared[number] = view

    def detach(self, number: int) -> int | None:
        """Forget an arena: its descriptor, for the caller to close. Maps that are in use stay valid."""
        self._shared.pop(number, None)
        return self._fds.pop(number, None)

    def close(self) -> None:
        """End what is kept for later; maps that are in use stay valid."""
        self._kept.clear()

    def numbers(self) -> list[int]:
        """The arenas that are attached."""
        return list(self._fds)

    def knows(self, number: int) -> bool:
        return number in self._fds

    def fd(self, number: int) -> int:
        """The file descriptor of an arena. Raises KeyError for one that is not attached."""
        return self._fds[number]

    def shared(self, arena: int, offset: int, length: int) -> memoryview:
        """The bytes of a range, shared and writable. Raises KeyError for an arena that is not attached."""
        view = self._shared.get(arena)
        if view is None:
            fd = self._fds[arena]
            view = self._shared[arena] = map_file(fd, 0, os.fstat(fd).st_size)
        return view[offset : offset + length]

    def working(self, arena: int, offset: int, length: int) -> memoryview:
        """The bytes of a range, shared and writable; a claim until they are collected."""
        key = (arena, offset, length)
        view = self.shared(*key)
        self._claim(key)
        return window(view, partial(self.released.append, key))

    def private(self, arena: int, offset: int, length: int) -> memoryview:
        """The bytes of a range, copied page by page when written; a claim until it is collected.

        Raises KeyError for an arena that is not attached, StorageFull when the system has no maps left.
        """
        fd, key, start = self._fds[arena], (arena, offset, length), offset % PAGE
        self._claim(key)
        ended, keep = partial(self.released.append, key), partial(self._kept.keep, key)
        kept = self._kept.take(key)
        if kept is not None:
            return view_of(*kept, ended, keep)[start : start + length]
        if arena == SPILL:
            read_ahead(fd, offset, length)
        try:
            return map_file(fd, offset - start, start + length, private=True, ended=ended, keep=keep)[start:]
        except BaseException:
            ended()
            raise

    def lend(self, key: Range, *, shared: bool) -> tuple[memoryview, Callable[[], None]]:
        """The bytes of a range, as `working` or `private` give them, but no claim until the function is called.

        Of an arena, not of the file of spilled values. The function must be called while the bytes are in use.
        """
        if shared:
            view = self.shared(*key)
            array = bare_window(view)
            return view_through(array, view.nbytes), partial(self._claim_window, key, array, view)
        arena, offset, length = key
        kept = self._kept.take(key)
        if kept is not None:
            view = view_of(*kept, _nothing, None)[:length]
        else:
            view = map_file(self._fds[arena], offset, length, private=True)
        return view, partial(self._claim_map, key, address_of(view))

    def _claim_map(self, key: Range, address: int) -> None:
        self._claim(key)
        end_map_with(address, partial(self.released.append, key), partial(self._kept.keep, key))

    def _claim_window(self, key: Range, array: Any, view: memoryview) -> None:
        self._claim(key)
        end_window_with(array, view, partial(self.released.append, key))

    def collect_released(self) -> list[Range]:
        """The ranges whose last private map went away since the last call."""
        if not self.released:
            return []
        gone = []
        with self._lock:
            while self.released:
                key = self.released.popleft()
                self.claims[key] -= 1
                if not self.claims[key]:
                    del self.claims[key]
                    gone.append(key)
        return gone

    def held(self, ranges: Iterable[Range]) -> list[Range]:
        """Those of `ranges` that are mapped privately at this moment. Leaves `collect_released` its news."""
        if not self.claims:
            return []
        with self._lock:
            released = Counter(list(self.released))
            return [key for key in ranges if self.claims[key] > released[key]]

    def newly_held(self) -> list[Range]:
        """What was claimed since the last call, and still is. Leaves `collect_released` its news."""
        if not self.fresh:
            return []
        with self._lock:
            fresh, self.fresh = self.fresh, set()
        return self.held(fresh)

    def _claim(self, key: Range) -> None:
        with self._lock:
            self.claims[key] += 1
            self.fresh.add(key)


def _nothing() -> None:
    """What a map that is no claim does at its end."""
