"""The journal of a run, kept when its configuration asks for something that people look at.

The program's process only records: events go into one list, and a thread writes them to a file, together. What is made
of them is the work of another process (`scribing`), so that looking costs a program of short tasks next to nothing.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pycompss.core.events import Event, Kind
from pycompss.core.task import State
from pycompss.runtime import console, marks, recording
from pycompss.util import stderr

if TYPE_CHECKING:
    from pycompss.observe.journal import Listener
    from pycompss.runtime.run import Run


class Readers:
    """The journal and its readers; without any, nothing is recorded."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._journal: Any = None
        self._scribing: Any = None
        self._monitoring: Any = None
        self._memory: Any = None
        self._seen: dict[int, int] = {}  # by slot: the task that was last seen to run there

    def start(self) -> None:
        run = self._run
        if run.config.python_memory_profile:
            self._profile_memory()
        if not run.config.is_observed:
            return
        from pycompss.observe.journal import Journal  # noqa: PLC0415  (only runs that are looked at pay for it)
        from pycompss.observe.journalfile import NAME, JournalFile  # noqa: PLC0415

        self._journal = Journal(before=self._look, lock=run.lock)
        self._journal.attach(JournalFile(run.folder.file(NAME)))
        run.core.record_to(self._journal.events)
        self._journal.append(self._started())
        run.record_call("start", run.began)
        marks.listener, marks.namer = self._mark, self._name
        if console.says_api:
            console.say("Initializing components", "Ready to process tasks")
            self._journal.attach(console.Calls())
        self._start_scribe()
        if run.config.monitoring:
            self._start_monitor()

    def _mark(self, type_: int, value: int) -> None:
        self._journal.append((Kind.USER_EVENT, time.time(), type_, value))

    def _name(self, type_: int, name: str, values: dict[int, str]) -> None:
        self._journal.append((Kind.USER_EVENTS_NAMED, time.time(), type_, name, tuple(values.items())))

    def watch(self, listener: Listener) -> Callable[[], None]:
        """Let somebody listen who comes right after the start of an observed run.

        Returns what brings the listener up to date at once.
        """
        listener.read([self._started()])
        self._journal.attach(listener)
        drain: Callable[[], None] = self._journal.drain
        return drain

    def _started(self) -> Event:
        nodes = tuple(map(recording.described, self._run.core.nodes))
        return Kind.RUN_STARTED, self._run.began, self._run.config.application, nodes

    def _start_scribe(self) -> None:
        config = self._run.config
        asked = {"graph": config.graph, "summary": config.summary, "log": config.logs("info")}
        wishes: list[tuple[Any, ...]] = [(wish,) for wish, is_asked in asked.items() if is_asked]
        if config.monitoring:
            wishes.append(("state", config.monitoring / 1000))
        if config.output_profile:
            wishes.append(("profile", os.path.abspath(config.output_profile)))
        if config.tracing and config.generate_trace:
            details = (config.application, config.trace_label, config.tracing_task_dependencies)
            wishes.append(("trace", config.tracing, *details))
        if wishes:
            from pycompss.runtime.scribing import Scribing  # noqa: PLC0415

            try:
                self._scribing = Scribing(self._run.folder.path, wishes)
            except OSError as error:
                self._run.folder.error(f"no {' and no '.join(wish[0] for wish in wishes)} of this run: {error}")

    def _profile_memory(self) -> None:
        from pycompss.runtime.memoryprofile import MemoryProfile  # noqa: PLC0415  (rarely asked for)

        config = self._run.config
        try:
            self._memory = MemoryProfile(self._run.engine, self._run.core.nodes, (config.application, *config.app_args))
        except OSError as error:
            stderr.write(f"WARNING: no memory profile: {error}\n")

    def _start_monitor(self) -> None:
        from pycompss.runtime import monitoring  # noqa: PLC0415

        try:
            self._monitoring = monitoring.Monitoring(self._run.folder.path, self._run.config.monitor_port)
        except (monitoring.CannotMonitor, OSError) as error:
            stderr.write(f"WARNING: {error}; the run goes on without it\n")
        else:
            monitoring.announce(self._monitoring.address)

    def _look(self) -> None:
        """Record which tasks have begun since the last look (called by the journal's thread)."""
        run = self._run
        for slot, number, began in run.engine.running():
            if self._seen.get(slot) == number:
                continue
            with run.lock:
                task = run.core.unfinished.get(number)
                if task is not None and task.state is State.ASSIGNED and task.slot is not None:
                    self._seen[slot] = number
                    node = task.slot.node.name
                    self._journal.append((Kind.TASK_STARTED, began, number, node, slot, task.attempt))

    def catch_up(self) -> None:
        """Whoever listens in this process hears what has happened."""
        if self._journal is not None:
            self._journal.drain()

    def relieve(self) -> None:
        """Called once per batch of events: what waits to be written stays bounded."""
        if self._journal is not None:
            self._journal.relieve()

    def stop(self, code: int, began: float) -> None:
        """The last events; the scribe ends, and what it has to say is shown. began: when the run began to end."""
        if self._memory is not None:
            self._memory.close()
        if self._journal is None:
            return
        marks.listener = marks.namer = None
        self._run.record_call("stop", began)
        self._journal.append((Kind.RUN_ENDED, time.time(), code))
        self._journal.close()
        if self._monitoring is not None:
            self._monitoring.finish()
        if self._scribing is not None:
            scribing, self._scribing = self._scribing, None
            for line in scribing.finish():
                _api_line(self._run.started)(line)


def _api_line(started: float) -> Callable[[str], object]:
    """Writes lines of the documented form `[(<ms>)    API]  -  text`."""

    def write(text: str) -> None:
        milliseconds = int((time.monotonic() - started) * 1000)
        sys.stdout.write(f"[({milliseconds})    API]  -  {text}\n")

    return write
