"""Which nodes have which values, as the program knows it: where a value was made, and where copies are.

`told` nodes are about to copy a value, or have; `copies` of it surely exist. The session asks and tells under its lock,
the ear (`ear.py`) tells without it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from pycompss.engines.dask.numbering import PROGRAM, node_of
from pycompss.store.descriptor import Range


class Whereabouts:
    """Of all values in shared memory that some node copied; others are where they were made."""

    def __init__(self) -> None:
        self._told: dict[Range, set[int]] = {}
        self._copies: dict[Range, set[int]] = {}
        self.gone: set[int] = set()  # nodes that were lost
        self._lock = threading.RLock()

    def sources(self, key: Range, reader: int = PROGRAM) -> tuple[int, ...]:
        """The nodes that have a value, where it was made first, unless others may relieve that one."""
        with self._lock:
            home = node_of(key[0])
            nodes = [] if home in self.gone else [home]
            nodes += sorted(self._copies.get(key, ()))
            start = reader % len(nodes) if len(nodes) > 1 and reader >= 0 else 0
            return tuple(nodes[start:] + nodes[:start])

    def places(self, keys: Iterable[Range], node: int) -> dict[Range, tuple[int, ...]] | None:
        """Who has those of `keys` that were not made on `node`, which is about to copy them."""
        with self._lock:
            found: dict[Range, tuple[int, ...]] = {}
            for key in keys:
                if node_of(key[0]) != node:
                    found[key] = tuple(source for source in self.sources(key, node) if source != node)
                    self._told.setdefault(key, set()).add(node)
            return found or None

    def is_near(self, key: Range, node: int) -> bool:
        """Whether the node has the value, or was told to copy it."""
        with self._lock:
            return node_of(key[0]) == node or node in self._told.get(key, ())

    def copied(self, node: int, keys: Iterable[Range]) -> None:
        """The node has these now, if nobody has dropped them meanwhile."""
        with self._lock:
            for key in keys:
                if node in self._told.get(key, ()):
                    self._copies.setdefault(key, set()).add(node)

    def forget(self, keys: Iterable[Range], *, copies_only: bool = False) -> dict[int, list[Range]]:
        """Nobody needs these (copies_only: copies of these) any more: whom to tell of which."""
        with self._lock:
            tell: dict[int, list[Range]] = {}
            for key in keys:
                self._copies.pop(key, None)
                for node in self._told.pop(key, ()):
                    tell.setdefault(node, []).append(key)
                if not copies_only:
                    tell.setdefault(node_of(key[0]), []).append(key)
            return {node: lost for node, lost in tell.items() if node not in self.gone}

    def lost(self, node: int) -> None:
        """A node is gone, with all that was there."""
        with self._lock:
            self.gone.add(node)
            for nodes in (*self._told.values(), *self._copies.values()):
                nodes.discard(node)

    def lacks(self, node: int, keys: Iterable[Range]) -> None:
        """The node could not get these; it may yet, for tasks that were sent to it meanwhile, so it stays told."""
        with self._lock:
            for key in keys:
                if key in self._copies:
                    self._copies[key].discard(node)
