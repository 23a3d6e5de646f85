"""The log of a run in words, for the page: what `pycompss log` shows, read when somebody asks for it."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from pycompss.core.events import Event
from pycompss.observe.journalfile import NAME, Follower
from pycompss.observe.wording import Wording, clock

KEPT = 200_000  # lines; of longer logs the last
MOST = 500  # lines in one answer
PATIENCE = 0.3  # seconds of reading for one answer; the rest comes with the next
_BATCH = 1_000  # events between two looks at the clock


class Line(NamedTuple):
    """word: what filters ask for; task: that it is about."""

    time: float
    word: str
    task: int | None
    text: str


class LogLines:
    """What has happened, in words. OSError, ValueError: there is no journal that could be read."""

    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, NAME)
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._wording = Wording(self._say)
        self._number = 0  # of lines, those that are not kept included
        self._follower: Follower | None = None  # the following one tells what is damaged
        self._events: Iterator[Event] = iter(())
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the journal."""
        if self._follower is not None:
            self._follower.close()

    def answer(self, text: str, words: frozenset[str]) -> dict[str, Any]:
        """The last lines with this text and one of these words (none: all)."""
        with self._lock:
            has_more = self._read()
            wanted = text.lower()
            found = [
                line
                for line in self._lines
                if (not words or line.word in words) and (not wanted or wanted in line.text.lower())
            ]
            return {
                "lines": [(clock(line.time), line.word, line.task, line.text) for line in found[-MOST:]],
                "found": len(found),
                "kept": len(self._lines),
                "number": self._number,
                "more": has_more,
            }

    def _read(self) -> bool:
        """Go on reading; whether there is more."""
        if self._follower is None:
            self._follower = Follower(self._path, lambda _damage: None)
        end = time.monotonic() + PATIENCE
        is_new = False
        while time.monotonic() < end:
            batch = list(islice(self._events, _BATCH))
            self._wording.read(batch)
            if len(batch) < _BATCH:
                if is_new:
                    return False
                self._events, is_new = self._follower.events(), True
        return True

    def _say(self, time: float, word: str, task: int | None, text: str) -> None:
        self._number += 1
        self._lines.append(Line(time, word, task, text))
