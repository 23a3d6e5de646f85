"""One quiet line on the terminal: how far the run is.

It appears when a run lasts longer than a second, is rewritten in place at most four times a second, and is gone when
the program prints something or ends: while it is visible, `write` of the standard streams removes it first. Where
stderr is not a terminal there is no such line.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, TextIO

_AFTER = 1.0  # seconds from the start to the first line
_PERIOD = 0.25  # seconds between two lines
_ERASE = "\r\x1b[K"


class Statistics(Protocol):
    """How many tasks there are in which state, now."""

    done: int
    running: int
    waiting: int
    failed: int


class Run(Protocol):
    """A run as far as progress is concerned."""

    stopped: bool

    def statistics(self) -> Statistics: ...


class Progress:
    """Shows the counts of `run` on `terminal` from `start` until `stop`, or until the run stops."""

    def __init__(self, run: Run, terminal: TextIO) -> None:
        self._about = run
        self._terminal = terminal
        self._write: Callable[[str], int] = terminal.write
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pycompss-progress", daemon=True)
        self._screen = threading.RLock()
        self._visible = False
        self._began = time.monotonic()
        self._streams: list[Any] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Remove the line; the streams are as before."""
        self._ended.set()
        self._thread.join()

    def erase(self) -> None:
        """Make room for what the program prints."""
        with self._screen:
            if self._visible:
                self._write(_ERASE)
                self._terminal.flush()
                self._visible = False

    def show(self) -> None:
        """Write the line with the present counts."""
        text = line(self._about.statistics(), time.monotonic() - self._began)
        with self._screen:
            self._write(f"{_ERASE}{text[: _width(self._terminal) - 1]}")
            self._terminal.flush()
            self._visible = True

    def _run(self) -> None:
        if self._ended.wait(_AFTER):
            return
        self._stand_aside()
        while not (self._ended.is_set() or self._about.stopped):
            self.show()
            self._ended.wait(_PERIOD)
        self.erase()
        for stream in self._streams:
            vars(stream).pop("write", None)

    def _stand_aside(self) -> None:
        """Have the program's output erase the line first."""
        for stream in {id(stream): stream for stream in (sys.stdout, sys.stderr, self._terminal)}.values():
            if stream is not None and stream.isatty() and hasattr(stream, "__dict__"):
                stream.write = self._erasing(stream.write)  # type: ignore[method-assign]
                self._streams.append(stream)

    def _erasing(self, write: Callable[[str], int]) -> Callable[[str], int]:
        def erase_then_write(text: str) -> int:
            if self._visible:
                self.erase()
            return write(text)

        return erase_then_write


def line(counts: Statistics, seconds: float) -> str:
    """The text: `12 done · 2 running · 30 waiting · 1 failed · about 40 s left`."""
    parts = [f"{counts.done} done", f"{counts.running} running", f"{counts.waiting} waiting"]
    if counts.failed:
        parts.append(f"{counts.failed} failed")
    left = seconds_left(counts, seconds)
    if left is not None:
        parts.append(f"about {duration(left)} left")
    return "tasks: " + " · ".join(parts)


def seconds_left(counts: Statistics, seconds: float) -> float | None:
    """How long the tasks known so far will take at the speed so far; None while too few are done to tell."""
    rest = counts.running + counts.waiting
    return rest * seconds / counts.done if counts.done >= _ENOUGH and rest else None


_ENOUGH = 5  # tasks done before a guess at the rest is worth showing


def duration(seconds: float) -> str:
    """Seconds as people say them: `40 s`, `3 min`, `2 h 05 min`."""
    whole = max(1, round(seconds))
    if whole < 100:  # noqa: PLR2004
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"  # noqa: PLR2004


def _width(terminal: TextIO) -> int:
    import os  # noqa: PLC0415  (only on a terminal)

    try:
        return os.get_terminal_size(terminal.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
