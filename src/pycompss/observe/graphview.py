"""The file `complete_graph.dot` while the program runs: rewritten when it waited, whole at any moment.

Rewriting costs time in proportion to the graph, so that a program that waits after every task would pay the square of
its length; therefore at most a twentieth of the time goes into it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from pycompss.core.events import Event
from pycompss.observe.dot import DotGraph

SHARE = 20  # pause after rewriting, in multiples of what it took
PAUSE = 0.5  # seconds, at least


class GraphView:
    """A listener that keeps a graph file up to date. OSError when the file cannot be written."""

    def __init__(self, path: str | Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = Path(path)
        self._clock = clock
        self._graph = DotGraph()
        self._lock = threading.Lock()
        self._drawn = 0  # octagons in the file
        self._next = 0.0  # time before which the file is left alone
        self._write()

    def read(self, events: Iterable[Event]) -> None:
        with self._lock:
            self._graph.read(events)
            if self._graph.octagons > self._drawn and self._clock() >= self._next:
                self._write()

    def text(self) -> str:
        """The graph of everything read so far; may be called from any thread."""
        with self._lock:
            return self._graph.text()

    def close(self) -> None:
        """Write the graph a last time."""
        with self._lock:
            self._write()

    def _write(self) -> None:
        start = self._clock()
        self._graph.write(self.path)
        self._drawn = self._graph.octagons
        end = self._clock()
        self._next = end + max(PAUSE, SHARE * (end - start))
