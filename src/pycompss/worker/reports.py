"""Telling the master which tasks have ended: together when they are short, soon when one is long."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import deque
from typing import Any

from pycompss.store.mappings import Mappings
from pycompss.worker import wire

FLUSH_AFTER = 0.001  # seconds that a finished task may wait for its bundle to end before it is reported
SOON = 0.001  # seconds after which the flusher looks


class Reports:
    """Completions that were not sent yet. `done` is appended to by the main thread."""

    def __init__(self, sock: socket.socket, mappings: Mappings) -> None:
        self.done: deque[tuple[Any, ...]] = deque()
        self._sock = sock
        self._mappings = mappings
        self._lock = threading.Lock()
        self._wanted = threading.Lock()
        self._wanted.acquire()
        self._flusher: threading.Thread | None = None
        self._last = 0.0

    def begin(self) -> None:
        """A bundle begins: until now there was nothing to report."""
        self._last = time.perf_counter()

    def flush(self) -> None:
        """Report all finished tasks."""
        with self._lock:
            self._last = time.perf_counter()
            waiting = self.done
            # One by one: the main thread may append at any moment. What a task that ends after this keeps mapped is
            # told later, so it must not be among what is given up now.
            done = [waiting.popleft() for _ in range(len(waiting))]
            given_up = self._mappings.collect_released()
            if done or given_up:
                wire.send(self._sock, wire.pack((wire.DONE, done, given_up)))

    def farewell(self) -> None:
        """The process is about to end, and with it all that it has mapped."""
        with self._lock:
            wire.send(self._sock, wire.pack((wire.DONE, [], list(self._mappings.claims))))

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
            time.sleep(SOON)
            with contextlib.suppress(OSError):
                if self.done:
                    self.flush()
