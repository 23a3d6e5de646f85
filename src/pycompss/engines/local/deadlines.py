"""Tasks that must end soon, or their worker is killed: time-outs and cancellations that the task does not heed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from pycompss.engines.local.worker import WorkerHandle

GRACE = 5.0  # seconds that a task may ignore its time-out or cancellation before its worker is killed


class Deadlines:
    """When which worker is killed, and why."""

    def __init__(self) -> None:
        self.entries: dict[int, tuple[float, WorkerHandle, str]] = {}  # by task

    def limit(self, task: int, worker: WorkerHandle, seconds: float) -> None:
        """The task has a `time_out`."""
        self._set(task, seconds, worker, f"the task ran longer than its time_out ({seconds:g} s) and ignored it")

    def cancel(self, task: int, worker: WorkerHandle) -> None:
        """The task was told that it is cancelled."""
        self._set(task, 0.0, worker, "the task did not end when it was cancelled")

    def _set(self, task: int, seconds: float, worker: WorkerHandle, why: str) -> None:
        self.entries[task] = (time.monotonic() + seconds + GRACE, worker, why)

    def met(self, completions: Iterable[tuple[Any, ...]]) -> None:
        """These tasks have ended (`worker.wire`)."""
        for completion in completions:
            self.entries.pop(completion[0], None)

    def overdue(self, now: float) -> list[tuple[int, WorkerHandle, str]]:
        """(task, its worker, why it must end) of tasks that are late; they are forgotten."""
        late = []
        for task, (limit, worker, why) in list(self.entries.items()):
            if not worker.alive:
                self.entries.pop(task, None)
            elif now > limit:
                self.entries.pop(task, None)
                late.append((task, worker, why))
        return late
