"""Copies of values that were made on other nodes, as one agent keeps them.

A copy goes when nobody may ask for the value any more, which the program says (`drop`), and no worker of this node has
it mapped. Workers know copies by where they lie; the program knows values by where they were made.
"""

from __future__ import annotations

from collections.abc import Iterable

from pycompss.store.descriptor import Range


class Copies:
    """Where copies lie, and who still looks at them."""

    def __init__(self) -> None:
        self.of: dict[Range, Range] = {}  # where a value was made -> its copy
        self._is_wanted: dict[Range, bool] = {}  # copy -> whether tasks may still ask for it
        self._held: dict[Range, set[int]] = {}  # copy -> workers in which tasks that have ended left maps of it

    def add(self, key: Range, copy: Range) -> None:
        self.of[key] = copy
        self._is_wanted[copy] = True

    def move(self, key: Range, copy: Range) -> Range:
        """The copy, which nobody looks at, lies elsewhere now: where it lay."""
        old = self.of[key]
        del self._is_wanted[old]
        self.add(key, copy)
        return old

    def is_held(self, copy: Range) -> bool:
        return copy in self._held

    def drop(self, keys: Iterable[Range]) -> list[Range]:
        """Nobody will ask for these values again: the copies that are free now."""
        free = []
        for key in keys:
            copy = self.of.pop(key, None)
            if copy is not None:
                self._is_wanted[copy] = False
                free += self._if_free(copy)
        return free

    def hold(self, worker: int, ranges: Iterable[Range]) -> list[Range]:
        """A worker has these ranges still mapped; those that are no copies."""
        others = []
        for key in ranges:
            if key in self._is_wanted:
                self._held.setdefault(key, set()).add(worker)
            else:
                others.append(key)
        return others

    def let_go(self, worker: int, ranges: Iterable[Range] | None) -> tuple[list[Range] | None, list[Range]]:
        """A worker has nothing mapped of these (None: of all) any more: those that are no copies, copies now free."""
        others = None if ranges is None else [key for key in ranges if key not in self._is_wanted]
        if ranges is None:
            ranges = [key for key, workers in self._held.items() if worker in workers]
        free = []
        for key in ranges:
            workers = self._held.get(key)
            if workers is not None and worker in workers:
                workers.discard(worker)
                if not workers:
                    del self._held[key]
                    free += self._if_free(key)
        return others, free

    def _if_free(self, copy: Range) -> list[Range]:
        if self._is_wanted.get(copy) is False and copy not in self._held:
            del self._is_wanted[copy]
            return [copy]
        return []
