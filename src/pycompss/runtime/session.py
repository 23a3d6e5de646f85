"""The session: the parallel caller of the program's process, from its start to its end.

It is built in layers, one concept each: `Run` (the parts, the lock, carrying out, waiting) · `Synchronisation` (values
come home) · `Barriers` (waiting for tasks, groups) · `Submission` (calls become invocations) · `Session` (life cycle,
files, and the rest of what the API asks for).
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import IO, Any

from pycompss.engines.protocol import Engine
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import console
from pycompss.runtime.config import Config
from pycompss.runtime.reloads import Reloads
from pycompss.runtime.streams import ProgramStreams
from pycompss.runtime.submission import Submission
from pycompss.runtime.wallclock import WallClock


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of tasks by state; `seconds` since the start of the run."""

    total: int
    done: int
    running: int
    waiting: int
    failed: int
    cancelled: int
    seconds: float


class Session(Submission):
    """The parallel caller of the program's process (`pycompss.runtime.caller.Caller`)."""

    parallel = True

    def __init__(self, config: Config, engine: Engine | None = None) -> None:
        super().__init__(config, engine)
        self._wall_clock: WallClock | None = None
        self.reloads = Reloads(self.values.names.reloaded)
        self._owner_pid = os.getpid()

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the engine; raises what keeps it from starting."""
        self.begin()
        self.reloads.install()
        self.values.arena.make_room = self.make_room
        if self.spilling.file is not None:
            self.values.codec.elsewhere = self.store_elsewhere
        if self.config.wall_clock_limit:
            self.set_wall_clock(self.config.wall_clock_limit)

    def stop(self, code: int = 0, *, hard: bool = False) -> None:
        """Wait for all tasks (with a non-zero code: cancel them), bring files home, end the workers.

        Raises TaskError when a task failed for good and nobody was told, after everything has ended.
        """
        if self.stopped or os.getpid() != self._owner_pid:
            return
        problem: BaseException | None = None
        if console.says_api:
            self.readers.catch_up()
            console.say("No more tasks for app 1")
        try:
            if code or hard:
                self._abandon()
            else:
                problem = self._drain()
            if not hard:
                console.say("Getting Result Files 1")
                self.files.bring_home()
        finally:
            self.stopped = True
            with self.interrupts.held():
                is_over = self.failures.end_of_all is not None
                self._end(code or int(problem is not None), force=bool(code) or hard or is_over)
            self.interrupts.remove()
            self.reloads.remove()
        if problem is not None:
            raise problem

    def _abandon(self) -> None:
        """Cancel every task; of failures nobody needs to hear any more."""
        self.cancel_everything()
        with self.lock:
            self.core.unreported.clear()

    def _drain(self) -> BaseException | None:
        """Wait for every task; the failure that nobody was told of, if any."""
        first: BaseException | None = None
        with self.lock:
            self.streams.program_ends()
            self.core.assign()
            self.execute()
        while True:
            try:
                self.wait_idle()
            except PyCOMPSsException as error:
                first = first or error
                if self.failures.end_of_all is not None:
                    return first
            else:
                return first

    def _end(self, code: int, *, force: bool) -> None:
        """End the workers and everything that belongs to the run."""
        began = time.time()
        console.say("Stop IT reached", "Stopping AP...", "Stopping TD...")
        self._end_wall_clock()
        self.elasticity.stop()
        self.spilling.stop()
        self.engine.stop(force=force)
        self.readers.stop(code, began)
        self.folder.close()
        self._let_go()
        console.say("Runtime stopped")

    def _let_go(self) -> None:
        """Nothing of this run stays behind in the definitions, which outlive it."""
        for definition in self.core.types:
            if definition.plan is not None and definition.plan.run is self:
                definition.plan = None
                definition.number = -1
        self.values.close()

    def statistics(self) -> Statistics:
        """Counts of tasks by state, and seconds since the start."""
        with self.lock:
            return Statistics(**self.core.statistics(), seconds=time.monotonic() - self.started)

    # -- streams -----------------------------------------------------------------------------------------------------

    @property
    def stream_calls(self) -> ProgramStreams:
        """What the program does with streams."""
        return ProgramStreams(self)

    # -- files -------------------------------------------------------------------------------------------------------

    def wait_on_file(self, name: str) -> None:
        self.files.wait_on(name)

    def open(self, name: str, mode: str) -> IO[Any]:
        return self.files.open(name, mode)

    def file_exists(self, name: str) -> bool:
        return self.files.exists(name)

    def delete_file(self, name: str) -> bool:
        began = time.time()
        is_gone = self.files.delete(name)
        self.record_call("delete_file", began)
        return is_gone

    # -- resources and time -------------------------------------------------------------------------------------------

    def snapshot(self) -> None:
        """Checkpoints come later; a program that asks for one is no worse off."""

    def number_of_resources(self) -> int:
        with self.lock:
            return self.membership.count()

    def request_resources(self, number: int, group: str | None) -> None:
        with self.lock:
            comes = self.elasticity.request(number, self.open_groups.named(group) if group is not None else None)
        if group is not None and not comes:
            self.cancel_group(group)

    def free_resources(self, number: int, group: str | None) -> None:
        with self.lock:
            self.elasticity.free(number)
            self.core.assign()
            self.execute()
            self.membership.let_go()
        if group is not None:
            self.cancel_group(group)

    def set_wall_clock(self, seconds: float) -> None:
        """End the program `seconds` from now; an earlier limit no longer counts."""
        self._end_wall_clock()
        self._wall_clock = WallClock(self, seconds)

    def _end_wall_clock(self) -> None:
        if self._wall_clock is not None:
            self._wall_clock.cancel()
            self._wall_clock = None
