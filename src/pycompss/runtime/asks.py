"""Somebody needs room for a value: a worker whose task waits for an answer, or a thread of the program."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from pycompss.errors import StorageFull
from pycompss.store.descriptor import BUFFERS, Range
from pycompss.store.room import Freed

MOST_ATTEMPTS = 3  # to find room in memory; then the value goes to the file


class Ask:
    """One question. arena: number of who asks; length: of the value, bytes; attempt: how often it has tried in vain."""

    def __init__(self, arena: int, length: int, attempt: int) -> None:
        self.arena = arena
        self.length = length
        self.attempt = attempt

    def answer(self, place: Range | None) -> None:
        """Write the value to `place`, a range of the spill file; None: there is room in the arena now."""
        raise NotImplementedError

    def refuse(self, error: StorageFull) -> None:
        raise NotImplementedError


class ProgramAsk(Ask):
    """A thread of the program sleeps until it is told."""

    def __init__(self, arena: int, length: int, attempt: int) -> None:
        super().__init__(arena, length, attempt)
        self._told = threading.Event()
        self._place: Range | None = None
        self._error: StorageFull | None = None

    def answer(self, place: Range | None) -> None:
        self._place = place
        self._told.set()

    def refuse(self, error: StorageFull) -> None:
        self._error = error
        self._told.set()

    def wait(self) -> Range | None:
        """The answer. Raises StorageFull."""
        self._told.wait()
        if self._error is not None:
            raise self._error
        return self._place


class WorkerAsk(Ask):
    """A worker waits on its control socket. slot: its id; task: that needs the room."""

    def __init__(
        self, arena: int, length: int, attempt: int, *, slot: int, task: int, reply: Callable[[bool, Any], None]
    ) -> None:
        super().__init__(arena, length, attempt)
        self.slot = slot
        self.task = task
        self._reply = reply
        self.freed: Callable[[], list[Freed]] = list  # what is free in its arena and not told yet

    def answer(self, place: Range | None) -> None:
        self._reply(True, ((BUFFERS, b"", (place,)) if place is not None else None, self.freed()))

    def refuse(self, error: StorageFull) -> None:
        self._reply(False, error)
