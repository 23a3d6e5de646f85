"""Telling the master which tasks have ended: together when they are short, soon when one is long."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Container
from typing import Any, Protocol

from pycompss.store.descriptor import Range
from pycompss.store.mappings import Mappings
from pycompss.worker import wire

FLUSH_AFTER = 0.004  # seconds that a finished task may wait for its bundle to end before it is reported
SOON = 0.004  # seconds after which the flusher looks
LOOKS = 8  # times, before it sleeps until it is told that there may be something again


class Notes(Protocol):
    """What is noted of tasks whose completions were not sent yet, or are about to end."""

    def begin(self, now: float, /) -> None:
        """A bundle begins."""

    def add(self, completion: tuple[Any, ...], /) -> None:
        """A task has ended that is worth a note."""

    def take(self, now: float, /) -> tuple[Any, ...] | None:
        """What is told with all completions so far."""


class Reports:
    """Completions that were not sent yet. `done` is appended to by the main thread.

    What a task leaves mapped is told before it counts as ended, and given up no earlier than it was told: nobody may
    reuse it in between. A range that was never told need not be given up.
    """

    def __init__(self, sock: socket.socket, mappings: Mappings) -> None:
        self.done: list[tuple[Any, ...]] = []
        self._sock = sock
        self._mappings = mappings
        self._held: list[Range] = []  # not told yet
        self._told: set[Range] = set()  # what the master knows to be mapped here, and what is in `_held`
        self._lock = threading.Lock()
        self._wanted = threading.Lock()
        self._wanted.acquire()
        self._flusher: threading.Thread | None = None
        self._last = 0.0
        self.notes: Notes | None = None  # of an observed run

    def begin(self) -> None:
        """A bundle begins: until now there was nothing to report."""
        self._last = time.perf_counter()
        if self.notes is not None:
            self.notes.begin(self._last)

    def flush(self) -> None:
        """Report all finished tasks."""
        if not (self.done or self._held or self._mappings.released):
            return
        with self._lock:
            self._last = time.perf_counter()
            done = self.done[:]
            del self.done[: len(done)]  # no more: the main thread may append meanwhile
            held, self._held = self._held, []
            given_up = self._given_up() if self._mappings.released else []
            if done or held or given_up:
                notes = self.notes.take(self._last) if self.notes is not None and done else None
                wire.send(self._sock, wire.pack((wire.DONE, done, held, given_up, notes)))

    def ended(self, completion: tuple[Any, ...], own: Container[Range] = ()) -> None:
        """A task has ended, and nothing but what it kept refers to its objects any more.

        own: ranges that nobody but this process knows of.
        """
        if self.notes is None and not self._mappings.fresh:
            self.done.append(completion)
            return
        with self._lock:
            if self.notes is not None:
                self.notes.add(completion)
            fresh = self._mappings.newly_held()
            if fresh:
                held = [place for place in fresh if place not in own and place not in self._told]
                self._held += held
                self._told.update(held)
            self.done.append(completion)

    def _given_up(self) -> list[Range]:
        """What the master believes to be mapped here, and is not any more."""
        gone = [place for place in self._mappings.collect_released() if place in self._told]
        self._told.difference_update(gone)
        return gone

    def farewell(self) -> None:
        """The process is about to end, and with it all that it has mapped."""
        with self._lock:
            wire.send(self._sock, wire.pack((wire.DONE, [], [], list(self._told), None)))

    def between_tasks(self, now: float) -> None:
        """Another task of the bundle follows: it may turn out to be long. now: by `time.perf_counter`."""
        if now - self._last > FLUSH_AFTER:
            self.flush()
        elif self._wanted.locked():
            self._flush_soon()

    def _flush_soon(self) -> None:
        """A task that turns out to be long must not keep its predecessors' results back."""
        if self._flusher is None:
            self._flusher = threading.Thread(target=self._flush_late, daemon=True)
            self._flusher.start()
        with contextlib.suppress(RuntimeError):
            self._wanted.release()

    def _flush_late(self) -> None:
        while True:
            self._wanted.acquire()
            for _ in range(LOOKS):  # being woken for every bundle would cost more than looking now and then
                time.sleep(SOON)
                with contextlib.suppress(OSError):
                    self.flush_if_late()

    def flush_if_late(self) -> None:
        """Report what has waited for long; a bundle that has just begun is not reported in two parts."""
        if self.done and time.perf_counter() - self._last > FLUSH_AFTER:
            self.flush()
