"""Values that the program waits for: the bridge copies them from their nodes into the program's arena."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from itertools import count

from pycompss.engines.dask.numbering import PROGRAM, node_of
from pycompss.engines.protocol import Move
from pycompss.errors import Unreachable
from pycompss.store.arena import Arena
from pycompss.store.descriptor import BUFFERS, Descriptor, Range

Sources = Callable[[Range], tuple[int, ...]]
Wanted = list[tuple[Range, int, tuple[int, ...]]]  # range, offset in the program's arena, nodes that have it


class Errand:
    """One value on its way."""

    def __init__(self, number: int, descriptor: Descriptor, arena: Arena, sources: Sources) -> None:
        """Raises StorageFull."""
        self.number = number
        self.wanted: Wanted = []
        self._data = descriptor[1]
        self._ranges: list[Range] = []
        self._arena = arena
        self._done = threading.Event()
        self._problem = ""
        self.moves: list[Move] = []  # what was copied
        for key in descriptor[2]:
            if node_of(key[0]) == PROGRAM:
                self._ranges.append(key)
            else:
                offset = arena.allocate(key[2])
                self._ranges.append((arena.number, offset, key[2]))
                self.wanted.append((key, offset, sources(key)))

    def end(self, problem: str, moves: Iterable[Move] = ()) -> None:
        self._problem = problem
        self.moves += moves
        self._done.set()

    def wait(self) -> Descriptor:
        """The value's descriptor, all in the program's arena. Raises Unreachable if it cannot be had."""
        self._done.wait()
        if not self._problem:
            return (BUFFERS, self._data, tuple(self._ranges))
        for key, offset, _ in self.wanted:
            self._arena.free(offset, key[2])
        raise Unreachable(f"a value could not be fetched: {self._problem}")


class Errands:
    """All that are under way."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._open: dict[int, Errand] = {}
        self._numbers = count(1)

    def begin(self, descriptor: Descriptor, sources: Sources) -> Errand:
        number = next(self._numbers)
        errand = self._open[number] = Errand(number, descriptor, self._arena, sources)
        return errand

    def done(self, number: int, problem: str, moves: Iterable[Move] = ()) -> None:
        errand = self._open.pop(number, None)
        if errand is not None:
            errand.end(problem, moves)

    def give_up(self, why: str) -> None:
        for number in list(self._open):
            self.done(number, why)
