"""The journal of a run's folder, read in a thread as it grows, as long as somebody looks."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from pycompss.monitor.loglines import LogLines
from pycompss.observe.journalfile import NAME, Follower
from pycompss.observe.runview import RunView

if TYPE_CHECKING:
    from typing_extensions import Self

PERIOD = 0.25  # seconds between two looks at the file
WATCHED = 60.0  # seconds after a question for which it is read on; a run that nobody looks at has its cores to itself
NEWS = 0.5  # seconds that the first question after that waits for what is new; more comes with the next
_BATCH = 5_000  # events between two answers


class Following:
    """A run's view, up to date while somebody asks. OSError, ValueError: there is no journal that could be read."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.complaints: list[str] = []  # about damage
        self.log = LogLines(folder)
        self._view = RunView()
        self._lock = threading.Lock()
        self._follower = Follower(os.path.join(folder, NAME), self._complain)
        self.asked = -WATCHED  # when somebody last asked (monotonic)
        self.has_told = threading.Event()  # the page has seen the end of the run
        self._end = threading.Event()
        self._wanted = threading.Event()  # somebody asks
        self._is_current = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pycompss-following", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.set()
        self._wanted.set()
        self._thread.join()
        self._follower.close()
        self.log.close()

    @contextlib.contextmanager
    def look(self) -> Iterator[RunView]:
        """The run as far as it was read; it does not change meanwhile."""
        self.asked = time.monotonic()
        self._wanted.set()
        self._is_current.wait(NEWS)
        with self._lock:
            yield self._view

    @property
    def now(self) -> float:
        """Of a run that goes on the time of day: tasks run while nothing happens."""
        view = self._view
        return max(view.now, time.time()) if view.ended is None and self._follower.is_written() else view.now

    @property
    def state(self) -> str:
        """How the run stands; of one that is over, but has not been read to its end, that it is being read."""
        view = self._view
        return view.state if view.ended is not None or self._follower.is_written() else "reading"

    def catch_up(self) -> None:
        """Read what is there now."""
        is_written = self._follower.is_written()  # asked before: what was written last is read
        events = self._follower.events()
        while batch := list(islice(events, _BATCH)):
            with self._lock:
                self._view.read(batch)
        with self._lock:
            if not is_written and self._view.ended is None:
                self._view.broke_off()

    def _run(self) -> None:
        while not self._end.is_set():
            self._wanted.clear()
            if time.monotonic() - self.asked > WATCHED:
                self._is_current.clear()
                self._wanted.wait()
                continue
            self.catch_up()
            self._is_current.set()
            self._end.wait(PERIOD)

    def _complain(self, text: str) -> None:
        if text not in self.complaints:
            self.complaints.append(text)
