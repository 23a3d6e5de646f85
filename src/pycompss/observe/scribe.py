"""The process that turns the journal into what people look at while a run goes on: graph, logs, summary.

It follows the journal's file with the lowest priority, and rests after each piece of work where others want the core,
so that drawing and counting take next to no time of the program's.
Its standard input is a pipe that the run holds: when that ends, because the run did or because it was killed, the
scribe writes everything a last time; so the graph of a program that crashed is complete up to its last moments.
What it says on its standard output, the run shows at its end.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from pycompss.core.events import Event, Reader
from pycompss.observe.journalfile import NAME, Follower
from pycompss.util.background import Pace, step_back, step_forward

if TYPE_CHECKING:
    from typing_extensions import Self

    from pycompss.observe.journal import Listener

PERIOD = 0.3  # seconds between two looks
BATCH = 2_000  # events that readers get at a time
_SELDOM = (20_000, 20, 20)  # thresholds of the collector: events make no cycles, and looking for some took a sixth


class Scribe:
    """Readers of one run's journal. wishes: names in `_READERS`, with what the reader wants to know."""

    def __init__(self, folder: str, wishes: Sequence[tuple[Any, ...]]) -> None:
        self.folder = folder
        self._follower = Follower(os.path.join(folder, NAME), self._complain)
        self._news: Iterator[Event] = self._follower.events()
        self._readers: list[Listener] = [_READERS[wish](folder, *details) for wish, *details in wishes]

    def follow(self, until: int) -> None:
        """Read until the pipe ends, and the rest."""
        pace, rest = Pace(), PERIOD
        while not select.select([until], [], [], rest)[0]:
            is_all = self._read_on()
            for reader in self._readers[:]:
                if not self._guard(reader, getattr(reader, "look", None)):
                    self._readers.remove(reader)
            rest = pace.rest()
            if is_all:
                rest = max(rest, PERIOD)
        step_forward()
        while not self._read_on():
            pass
        self._follower.close()
        for reader in self._readers:
            self._guard(reader, getattr(reader, "close", None))

    def _read_on(self) -> bool:
        """Hand on a batch of what is new; True when that was all of it."""
        batch = list(islice(self._news, BATCH))
        if batch:
            self._hand_on(batch)
        if len(batch) == BATCH:
            return False
        self._news = self._follower.events()
        return True

    def _hand_on(self, batch: list[Event]) -> None:
        for reader in self._readers[:]:
            if not self._guard(reader, lambda reader=reader: reader.read(batch)):  # type: ignore[misc]
                self._readers.remove(reader)

    def _guard(self, reader: Listener, action: Callable[[], object] | None) -> bool:
        try:
            if action is not None:
                action()
        except Exception:  # noqa: BLE001  (the others go on)
            self._complain(f"{type(reader).__name__} stopped\n{traceback.format_exc()}")
            return False
        return True

    def _complain(self, text: str) -> None:
        with contextlib.suppress(OSError), Lines(os.path.join(self.folder, "pycompss.err")) as lines:
            lines.write(text)


class Lines:
    """A file of lines with the time; it appears with the first."""

    def __init__(self, path: str) -> None:
        self._second, self._stamp = 0, ""
        self._file = open(path, "a", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115  (closed by close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def write(self, text: str) -> None:
        now = int(time.time())
        if now != self._second:
            self._second, self._stamp = now, time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
        self._file.write(f"[{self._stamp}] {text}\n")

    def flush(self) -> None:
        self._file.flush()


def _graph(folder: str) -> Listener:
    from pycompss.observe.graphview import GraphView  # noqa: PLC0415  (what is wished for is loaded)

    os.makedirs(os.path.join(folder, "monitor"), mode=0o700, exist_ok=True)
    return GraphView(os.path.join(folder, "monitor", "complete_graph.dot"))


def _state(folder: str, period: float) -> Listener:
    from pycompss.observe.statefiles import StateFiles  # noqa: PLC0415

    os.makedirs(os.path.join(folder, "monitor"), mode=0o700, exist_ok=True)
    return StateFiles(os.path.join(folder, "monitor"), period)


def _summary(_folder: str) -> Listener:
    from pycompss.observe.summary import Summary  # noqa: PLC0415

    class Said(Summary):
        def close(self) -> None:
            text = "".join(f"{line}\n" for line in self.lines())
            with contextlib.suppress(BrokenPipeError):  # the program was killed: nobody is there to show it
                os.write(sys.stdout.fileno(), text.encode(errors="backslashreplace"))

    return Said()


def _log(folder: str) -> Listener:
    from pycompss.observe.runlog import RunLog  # noqa: PLC0415

    log, load = Lines(os.path.join(folder, "runtime.log")), Lines(os.path.join(folder, "resources.log"))

    class Written(RunLog):
        def read(self, events: Sequence[Event]) -> None:  # type: ignore[override]
            Reader.read(self, events)
            log.flush()
            load.flush()

        def close(self) -> None:
            log.close()
            load.close()

    return Written(log.write, load.write)


def _trace(folder: str, kind: str, application: str, label: str, dependencies: bool) -> Listener:
    from pycompss.observe.tracing import trace  # noqa: PLC0415

    return trace(kind, os.path.join(folder, "trace"), application, label, dependencies=dependencies)


def _profile(_folder: str, path: str) -> Listener:
    from pycompss.observe.profile import Profile  # noqa: PLC0415

    return Profile(path)


_READERS: dict[str, Callable[..., Listener]] = {
    "graph": _graph,
    "state": _state,
    "summary": _summary,
    "log": _log,
    "trace": _trace,
    "profile": _profile,
}


def main(folder: str, wishes: Sequence[tuple[Any, ...]]) -> None:
    """Follow the run of `folder`; called by the run, in a process of its own."""
    step_back()
    gc.set_threshold(*_SELDOM)
    Scribe(folder, wishes).follow(sys.stdin.fileno())
