"""An attempt to run a task: what every way of running one needs, and what is told and left when it goes wrong.

Whatever its code raises, the attempt has a completion: cancelled, raised (COMPSsException), or failed with a report.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NoReturn

from pycompss.errors import CancelError, COMPSsException
from pycompss.store.loans import Loans
from pycompss.store.names import resolve
from pycompss.worker import wire
from pycompss.worker.copies import Copies
from pycompss.worker.outputs import Outputs
from pycompss.worker.report import failure_of

if TYPE_CHECKING:
    from pycompss.worker.process import Worker

Values = tuple[Any, ...]  # descriptors of a task's outputs
Completion = tuple[int, int, "Values | None", float, Any]  # see worker/wire.py


class Attempt:
    """The task at hand, from its function to its failure. current: id of the task whose user code runs (0: none)."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.codec = worker.codec
        self.output = worker.output
        self.cancelled = worker.cancelled
        self.functions: dict[int, Any] = {}  # by number; bytes until the first call
        self.current = 0
        self.loans = Loans(worker.codec, worker.mappings)
        self.copies = Copies(worker.codec, worker.mappings, self.loans)
        self.outputs = Outputs(worker, self.copies)
        self.is_child = False  # this process was forked by a task

    def _resolve(self, number: int, payload: bytes) -> Any:
        function = resolve(payload, self.codec)
        self.functions[number] = function
        return function

    def _begin(self, task_id: int) -> None:
        """From now on the task's own code runs."""
        self.current = task_id
        if task_id in self.cancelled:
            raise CancelError(f"task {task_id} was cancelled")

    def _failed(
        self, task_id: int, error: BaseException, seconds: float, state: Any, extras: dict[str, Any]
    ) -> Completion:
        if self.is_child:
            self._leave(error)
        if self.worker.caller.used:
            self.worker.caller.reset()
        if isinstance(error, CancelError) and task_id in self.cancelled:
            self.cancelled.discard(task_id)
            self.output.finish(f"job{task_id}_CANCELLED", failed=False)
            return task_id, wire.CANCELLED, None, seconds, None
        raised = isinstance(error, COMPSsException)
        values = None
        if state is not None and (raised or extras.get("keep")):
            values = self._salvage(state)
        elif state is None and (raised or extras.get("keep")):
            values = ()
        if raised:
            report: Any = (getattr(error, "message", str(error)), getattr(error, "target_direction", None))
        else:
            report = failure_of(error, self.codec)
            self.output.complain(report[2])
        error.__traceback__ = None
        self.output.finish(f"job{task_id}_{extras.get('job', 'NEW')}", failed=not raised)
        return task_id, wire.RAISED if raised else wire.FAILED, values, seconds, report

    def _salvage(self, state: Any) -> tuple[Any, ...] | None:
        """What a task that raised COMPSsException, or is to be ignored, leaves behind."""
        bound, sandbox, function = state
        if bound is None:
            return None
        try:
            values = self.outputs.of(bound, sandbox, function, lenient=True)
            return self.copies.publish(values, bound.places)
        except Exception:  # noqa: BLE001  (nothing usable is left)
            return None

    def _leave(self, error: BaseException | None) -> NoReturn:
        """The child of a fork has left the task's function: it ends as a program would."""
        if isinstance(error, SystemExit) or error is None:
            code = getattr(error, "code", None)
            status = 0 if code is None else code & 0xFF if isinstance(code, int) else 1
        else:
            self.output.complain(failure_of(error, self.codec)[2])
            status = 1
        self.output.flush()
        os._exit(status)
