"""What the program sees of nodes while tasks run there: by their clocks which tasks run, and the memory of workers.

Agents look at their workers as the local engine does (`observing`); the journal asks five times a second.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from pycompss.engines.dask.clocks import Clocks
from pycompss.engines.local.residence import Look

Running = tuple[int, int, float]  # slot, task, when it began


class Sight:
    """Any thread may ask; the ear's thread tells."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._lock = threading.Lock()
        self._running: dict[int, list[Running]] = {}  # by node, by its clock
        self._memory: list[Look] = []

    def seen(self, node: int, running: Iterable[Running] | None, memory: Any, now: float) -> None:
        """An agent has looked. running: None if nothing has changed; memory: MiB by worker, or None."""
        behind = self._clocks.heard(node, now)
        with self._lock:
            if running is not None:
                self._running[node] = list(running)
            if memory is not None:
                self._memory.append((node, now + behind, memory))

    def lost(self, node: int) -> None:
        with self._lock:
            self._running.pop(node, None)

    def running(self) -> list[Running]:
        with self._lock:
            found = [(node, *one) for node, tasks in self._running.items() for one in tasks]
        return [(slot, task, began + self._clocks.behind(node)) for node, slot, task, began in found]

    def memory(self) -> list[Look]:
        """Since the last call."""
        with self._lock:
            found, self._memory = self._memory, []
        return found
