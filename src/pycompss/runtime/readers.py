"""Who listens to a run's journal, as its configuration asks."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pycompss.core.events import Kind

if TYPE_CHECKING:
    from pycompss.runtime.run import Run


class Readers:
    """The journal and its readers; without any, nothing is recorded."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._journal: Any = None
        self._summary: Any = None

    def start(self) -> None:
        config = self._run.config
        if not (config.graph or config.summary or config.logs("info")):
            return
        from pycompss.observe.journal import Journal  # noqa: PLC0415  (only runs that are looked at pay for it)

        self._journal = Journal()
        if config.graph:
            self._attach_graph()
        if config.summary:
            self._attach_summary()
        if config.logs("info"):
            self._attach_log()
        if config.logs("debug"):
            self._attach_file()
        self._run.core.record_to(self._journal.events)
        nodes = tuple((node.name, node.units, node.memory) for node in self._run.core.nodes)
        self._journal.append((Kind.RUN_STARTED, time.time(), config.application, nodes))

    def _attach_graph(self) -> None:
        from pycompss.observe.graphview import GraphView  # noqa: PLC0415

        self._journal.attach(GraphView(os.path.join(self._run.folder.monitor, "complete_graph.dot")))

    def _attach_summary(self) -> None:
        from pycompss.observe.summary import Summary  # noqa: PLC0415

        self._summary = Summary()
        self._journal.attach(self._summary)

    def _attach_log(self) -> None:
        from pycompss.observe.runlog import RunLog  # noqa: PLC0415

        self._journal.attach(RunLog(self._run.folder.runtime_log, self._run.folder.resources_log))

    def _attach_file(self) -> None:
        from pycompss.observe.journalfile import JournalFile  # noqa: PLC0415

        self._journal.attach(JournalFile(self._run.folder.file("journal.jsonl")))

    def relieve(self) -> None:
        """Called once per batch of events: what waits to be read stays bounded."""
        if self._journal is not None:
            self._journal.relieve()

    def stop(self, code: int) -> None:
        """The last events, the final graph, the summary."""
        if self._journal is None:
            return
        self._journal.append((Kind.RUN_ENDED, time.time(), code))
        self._journal.close()
        if self._summary is not None:
            self._summary.print(_api_line(self._run.started))


def _api_line(started: float) -> Callable[[str], object]:
    """Writes lines of the documented form `[(<ms>)    API]  -  text`."""

    def write(text: str) -> None:
        milliseconds = int((time.monotonic() - started) * 1000)
        sys.stdout.write(f"[({milliseconds})    API]  -  {text}\n")

    return write
