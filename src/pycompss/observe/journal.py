"""The journal while it is written: one list in memory, drained to whoever listens.

The coordinator appends to `journal.events`, a plain list: no lock, no check. A background
thread takes what is there every fifth of a second and feeds it to the attached readers, in order; a burst is taken by
`relieve()`, which the coordinator calls once per batch, so that memory stays bounded even when readers are slow.
Taking is a copy of the list's head and a deletion of as much: both are atomic in CPython, so that an append in
between is never lost. The last event may be one that grows (TASKS_CALLED): who adds to it holds the lock that taking
takes, and adds to no event that is not the last any more.

A reader that raises is detached and reported; it never harms the run or the other readers.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol

from pycompss.core.events import Event
from pycompss.observe.unpacking import Unpacker

PERIOD = 0.2  # seconds between two drains
FULL = 10_000  # events waiting, from which on `relieve` drains at once; each may tell of some hundred tasks


class Listener(Protocol):
    """What can be attached: a `Reader`, a file, or anything that takes events in order.

    With an attribute `takes_packed` that is true, it gets them packed, as they were recorded; otherwise one by one.
    """

    def read(self, events: list[Event], /) -> None: ...


class Journal:
    """Events of one run on their way to readers."""

    append: Callable[[Event], None]  # record one event: `events.append`

    def __init__(
        self,
        period: float = PERIOD,
        before: Callable[[], object] | None = None,
        lock: contextlib.AbstractContextManager[object] | None = None,
    ) -> None:
        """before: called by the thread ahead of every drain, to look at what tells nothing by itself.

        lock: held by whoever adds to the last event; nobody drains who holds it.
        """
        self._lock = lock if lock is not None else contextlib.nullcontext()
        self._before = before
        self.events: list[Event] = []  # what is recorded and not yet drained; recorders keep this very list
        self.append = self.events.append
        self._period = period
        self._listeners: list[Listener] = []
        self._unpacker = Unpacker()
        self._draining = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self.failures: list[tuple[Listener, Exception]] = []

    @property
    def is_heard(self) -> bool:
        """True when somebody listens; without listeners nothing should be appended."""
        return bool(self._listeners)

    def attach(self, listener: Listener) -> None:
        """Feed `listener` everything that is recorded from now on; the first one starts the draining thread."""
        self.drain()
        with self._draining:
            self._listeners.append(listener)
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="pycompss-journal", daemon=True)
                self._thread.start()

    def detach(self, listener: Listener) -> None:
        """Feed `listener` what is waiting, then no more; unknown listeners are ignored."""
        self.drain()
        with self._draining:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def drain(self) -> None:
        """Hand over everything recorded so far; returns when the readers have read it."""
        with self._draining:
            with self._lock:
                batch = self.events[:]
                del self.events[: len(batch)]
            if batch:
                self._deliver(batch)

    def relieve(self) -> None:
        """Drain when too much is waiting; call it once per batch of events, not per event."""
        if len(self.events) > FULL:
            self.drain()

    def close(self) -> None:
        """Stop the thread, deliver the rest, and close the listeners that can be closed. May be called twice."""
        self._closing.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None
        self.drain()
        for listener in self._listeners:
            self._guard(listener, getattr(listener, "close", _nothing))
        self._listeners.clear()

    def _run(self) -> None:
        while not self._closing.wait(self._period):
            if self._before is not None:
                self._before()
            self.drain()

    def _deliver(self, batch: list[Event]) -> None:
        single: list[Event] | None = None
        for listener in self._listeners[:]:
            events = batch
            if not getattr(listener, "takes_packed", False):
                events = single = list(self._unpacker.unpacked(batch)) if single is None else single
            if not self._guard(listener, partial(listener.read, events)):
                self._listeners.remove(listener)

    def _guard(self, listener: Listener, action: Callable[[], None]) -> bool:
        try:
            action()
        except Exception as error:  # noqa: BLE001  (a view must never end the run)
            self.failures.append((listener, error))
            _report(listener, error)
            return False
        return True


def _report(listener: Listener, error: Exception) -> None:
    import logging  # noqa: PLC0415  (rarely needed)

    log = logging.getLogger("pycompss.observe")
    if isinstance(error, OSError) and error.filename:  # a disk that is full, say
        log.error(
            "WARNING: %s: %s; the run goes on, but graph, summary, log, traces and monitor are told no more",
            error.filename,
            error.strerror,
        )
        return
    log.error("%s stopped; the run goes on without it", type(listener).__name__, exc_info=error)


def _nothing() -> None:
    pass
