"""Nodes that leave in order: what only they have is copied to others first.

The session begins a departure, the ear (`ear.py`) hears of its progress.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from itertools import cycle

from pycompss.engines.dask.whereabouts import Whereabouts
from pycompss.store.descriptor import Range

Places = dict[Range, tuple[int, ...]]


class Departures:
    """Who leaves, and who still copies for that."""

    def __init__(self, where: Whereabouts) -> None:
        self._where = where
        self._copying: dict[int, set[int]] = {}  # leaving node -> nodes that have not answered
        self._lock = threading.Lock()

    def begin(self, leaving: int, ranges: Iterable[Range], nodes: Iterable[int]) -> dict[int, Places]:
        """A node may go: what the others are to copy. nodes: all that there are."""
        with self._lock:
            others = sorted(set(nodes) - {leaving} - self._copying.keys())
            shares: dict[int, list[Range]] = {}
            if others:
                only = [key for key in ranges if set(self._where.sources(key)) == {leaving}]
                for key, node in zip(only, cycle(others), strict=False):
                    shares.setdefault(node, []).append(key)
            self._copying[leaving] = set(shares)
            return {node: self._where.places(keys, node) or {} for node, keys in shares.items()}

    def kept(self, leaving: int, by: int) -> None:
        """That node has copied what it can."""
        with self._lock:
            self._copying.get(leaving, set()).discard(by)

    def lost(self, node: int) -> None:
        """Nobody waits for that node any more."""
        with self._lock:
            self._copying.pop(node, None)
            for waiting in self._copying.values():
                waiting.discard(node)

    def ready(self) -> list[int]:
        """The nodes that nothing keeps any more, each told until it is lost."""
        with self._lock:
            return [node for node, waiting in self._copying.items() if not waiting]
