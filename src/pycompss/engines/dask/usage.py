"""Which ranges of a node somebody may be looking at: they stay where they are.

Tasks that were sent to a worker read some, workers have kept maps of others, and other nodes are copying.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pycompss.engines.dask.descriptors import ranges_of_task
from pycompss.store.descriptor import Range, ranges_in, ranges_of
from pycompss.worker import wire


@dataclass(slots=True)
class _Sent:
    """reads: ranges; follows: tasks of the same message whose results it reads, too."""

    reads: set[Range]
    follows: set[int]


class Usage:
    """Ranges by where they lie on this node."""

    def __init__(self) -> None:
        self._sent: dict[int, dict[int, _Sent]] = {}  # by slot and task; of tasks that read something
        self._held: dict[Range, set[int]] = {}  # workers in which tasks that have ended left maps
        self._pinned: Counter[Range] = Counter()

    def begun(self, slot: int, tasks: Iterable[tuple[Any, ...]]) -> list[Range]:
        """Tasks go to the worker of a slot; what they read."""
        found: list[Range] = []
        for task in tasks:
            reads = ranges_of_task(task)
            follows = {one[1] for one in task[4] or () if type(one) is tuple and one[0] == wire.LOCAL}
            if reads or follows:
                self._sent.setdefault(slot, {})[task[0]] = _Sent(reads, follows)
                found += reads
        return found

    def told(self, slot: int, value: Any) -> None:
        """A task of the slot gets this as an answer."""
        reads = set(ranges_in([value]))
        if reads:
            self._sent.setdefault(slot, {}).setdefault(0, _Sent(set(), set())).reads |= reads

    def ended(self, slot: int, completions: Iterable[tuple[Any, ...]]) -> None:
        """Tasks have ended; others of the slot may read what they made."""
        sent = self._sent.get(slot)
        if sent is None:
            return
        for task, _, values, *_ in completions:
            sent.pop(task, None)
            made = [key for value in values or () for key in ranges_of(value)]
            if made:
                for other in sent.values():
                    if task in other.follows:
                        other.reads.update(made)
        sent.pop(0, None)  # whoever asked has ended, or asks again for what it still needs
        if not sent:
            del self._sent[slot]

    def returned(self, tasks: Iterable[int]) -> None:
        for task in tasks:
            for sent in self._sent.values():
                sent.pop(task, None)

    def lost(self, slot: int) -> None:
        """Nothing runs there any more."""
        self._sent.pop(slot, None)

    def hold(self, worker: int, ranges: Iterable[Range]) -> None:
        for key in ranges:
            self._held.setdefault(key, set()).add(worker)

    def let_go(self, worker: int, ranges: Iterable[Range] | None) -> None:
        """None: of all."""
        for key in list(self._held) if ranges is None else ranges:
            workers = self._held.get(key)
            if workers is not None:
                workers.discard(worker)
                if not workers:
                    del self._held[key]

    def pin(self, places: Iterable[Range]) -> None:
        """Somebody copies these, or is about to change them."""
        self._pinned.update(places)

    def unpin(self, places: Iterable[Range]) -> None:
        for place in places:
            self._pinned[place] -= 1
            if not self._pinned[place]:
                del self._pinned[place]

    def ranges(self) -> set[Range]:
        """All of them."""
        found = {*self._held, *self._pinned}
        for sent in self._sent.values():
            for one in sent.values():
                found |= one.reads
        return found
