"""Running tasks while somebody wants to see what happens: the same, and a note of each (`core.events.RUN`).

Times are of the system's clock, which all processes of a machine share; differences within a task are of the
monotonic one, so that no step of the clock makes a task run backwards. The note is put down just before the
completion, so that it arrives with it or earlier.
"""

from __future__ import annotations

import struct
from collections import deque
from time import perf_counter, time
from typing import TYPE_CHECKING, Any

from pycompss.worker import wire
from pycompss.worker.execution import Execution, Values
from pycompss.worker.meter import Meter

if TYPE_CHECKING:
    from pycompss.worker.process import Worker


class ObservedExecution(Execution):
    """Runs tasks and takes notes."""

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        self._notes = worker.reports.notes
        self._page = worker.status
        self.done = worker.reports.done = _Noting(self)
        self._meter = Meter()
        self._is_fresh = True  # a bundle begins
        self._began = self._start = 0.0
        self._called = self._returned = 0.0
        self.marks: list[tuple[float, int, int]] = []

    def run(self, task: tuple[Any, ...]) -> Values | None:
        if self._is_fresh:
            self._is_fresh = False
            self._meter.begin()
        self._began, self._start = time(), perf_counter()
        self._called = 0.0
        struct.pack_into("d", self._page, wire.BEGAN_AT, self._began)
        return super().run(task)

    def rest(self) -> None:
        super().rest()
        self._is_fresh = True

    def mark(self, type_: int, value: int) -> None:
        """An event of the user's code."""
        self.marks.append((time(), type_, value))

    def _call(self, *arguments: Any) -> Any:
        self._called = perf_counter()
        return super()._call(*arguments)

    def note(self, completion: tuple[Any, ...]) -> None:
        """Put down what is known of a task that is about to be reported."""
        task, status, _, seconds, _ = completion
        now = perf_counter()
        if self._called or status == wire.OK:
            returned = min(self.ended, now) if self.ended >= self._start else now
            called = self._called or returned - seconds
        else:
            returned, called = now, max(self._start, now - seconds)
        shift = self._began - self._start
        marks, self.marks = tuple(self.marks), []
        use = self._meter.used(now - self._start)
        self._notes.append((task, self._began, called + shift, returned + shift, now + shift, *use, marks))


class _Noting(deque[tuple[Any, ...]]):
    """Completions, each of which has its note put down before it."""

    def __init__(self, execution: ObservedExecution) -> None:
        super().__init__()
        self._execution = execution

    def append(self, completion: tuple[Any, ...]) -> None:
        self._execution.note(completion)
        super().append(completion)
