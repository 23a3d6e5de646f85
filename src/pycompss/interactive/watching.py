"""The run that a notebook looks at: the one that goes on, or the last one.

What is seen is a `RunView` that the journal feeds from its own thread; whoever draws holds its lock meanwhile. It stays
when the runtime has stopped, until the next start.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from pycompss.core.events import Event
from pycompss.observe.runview import RunView

_NOT_ENABLED = (
    "Oops! {} is not enabled in this execution.\n"
    "Please, enable it by setting the {} flag when starting the runtime: ipycompss.start({})"
)
GRAPH = _NOT_ENABLED.format("Graph", "graph", "graph=True")
IN_SEQUENCE = "Tasks run in sequence here, each when it is called: there is nothing to watch."
MONITORING = _NOT_ENABLED.format("Monitoring", "monitor", "monitor=1000")


class Watched:
    """A listener with what it has heard; `look` brings it up to date."""

    def __init__(self, *, graph: bool, period: float) -> None:
        self.has_graph = graph
        self.period = period  # seconds between two pictures; 0 = no monitoring
        self._view = RunView()
        self._lock = threading.Lock()
        self.refresh: Callable[[], None] = lambda: None

    def read(self, events: list[Event]) -> None:
        with self._lock:
            self._view.read(events)

    @contextlib.contextmanager
    def look(self) -> Iterator[RunView]:
        """The run as it is now; it does not change while it is looked at."""
        self.refresh()
        with self._lock:
            yield self._view

    @property
    def is_over(self) -> bool:
        return self._view.ended is not None

    @property
    def changes(self) -> tuple[int, bool]:
        """Differs when there is something new to see."""
        return self._view.changes, self.is_over


latest: Watched | None = None  # what views show
_is_in_sequence = False  # something was to be watched, but cannot be


def begin(caller: Any, *, graph: bool, monitor: int) -> None:
    """Look at the run that has just started, as `start` was told; a run in sequence has nothing to look at."""
    global latest, _is_in_sequence  # noqa: PLW0603  (one runtime in a process)
    latest = None
    readers = getattr(caller, "readers", None)
    _is_in_sequence = readers is None and (graph or monitor > 0)
    if readers is not None and (graph or monitor > 0):
        latest = Watched(graph=graph or monitor > 0, period=max(monitor, 0) / 1000)
        latest.refresh = readers.watch(latest)


def monitored() -> Watched | None:
    """The run, if it is monitored; else says how it would be."""
    if latest is not None and latest.period:
        return latest
    print(IN_SEQUENCE if _is_in_sequence else MONITORING)
    return None


def drawn() -> Watched | None:
    """The run, if its graph is wanted; else says how it would be."""
    if latest is not None and latest.has_graph:
        return latest
    print(IN_SEQUENCE if _is_in_sequence else GRAPH)
    return None
