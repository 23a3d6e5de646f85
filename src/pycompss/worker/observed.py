"""Running tasks while somebody wants to see what happens: the same, and notes of what is worth it.

A short task that went well adds nothing but the time when it ended, in its completion. Of others more is noted
(`core.events.RUN`), just before the completion, so that it arrives with it or earlier.

Times are of the system's clock, which all processes of a machine share; differences within a bundle are of the
monotonic one, so that no step of the clock makes a task run backwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from time import perf_counter, process_time, time
from typing import TYPE_CHECKING, Any

from pycompss.runtime import marks
from pycompss.store.descriptor import BUFFERS, PICKLED, size_of
from pycompss.worker import wire
from pycompss.worker.execution import Execution
from pycompss.worker.meter import LONG, Meter
from pycompss.worker.outputs import Outputs

if TYPE_CHECKING:
    from pycompss.worker.arguments import Arguments
    from pycompss.worker.process import Worker
    from pycompss.worker.sandbox import Sandbox

# Steps with files, among the marks of a task, as the event type of the original for its runtime's doings has them
INTERNAL, SANDBOX, PARAMETERS, OUTPUTS = 8001002, 54, 60, 64
READ, WROTE = (9000701, 9000601), (9000700, 9000600)  # pickles and their bytes: of inputs, of results
PHASE, WAIT, USER_CODE = 9000100, 22, 6  # a task that waits for others says so, likewise
_PICKLES = frozenset({PICKLED, BUFFERS})
_BEGAN = wire.BEGAN_AT // 8


class Notes:
    """What is noted and not yet told. The main thread adds; the reports take, maybe in another thread."""

    def __init__(self, execution: ObservedExecution) -> None:
        self.runs: list[tuple[Any, ...]] = []
        self.shift = 0.0  # from the monotonic clock to the system's
        self.began = 0.0  # when the task at hand did, or the bundle; by the monotonic clock
        self.meter = Meter()
        self._execution = execution
        self._page = memoryview(execution.worker.status).cast("d")
        self._processor = self._taken = 0.0
        self._compared = 0.0  # when the two clocks were

    def begin(self, now: float) -> None:
        """A bundle begins."""
        if now - self._compared > LONG:
            self.shift, self._compared = time() - perf_counter(), now
        self._processor, self._taken = process_time(), now
        self.meter.begin(now, self._processor)
        self._look(now)

    def add(self, completion: tuple[Any, ...]) -> None:
        """A task has ended."""
        now = perf_counter()
        self.runs.append(self._execution.run_of(completion, now, self.shift))
        self._look(now)

    def take(self, now: float) -> tuple[Any, ...]:
        """For `wire.DONE`."""
        runs: tuple[Any, ...] = ()
        if self.runs:
            runs = tuple(self.runs)
            del self.runs[: len(runs)]
        used = process_time()
        load = (used - self._processor) / (now - self._taken) if now > self._taken else 1.0
        self._processor, self._taken = used, now
        self._look(now)
        return self.shift, min(1.0, load), runs

    def _look(self, now: float) -> None:
        """The next task begins, if there is one; who looks at the shared page finds the time."""
        self.began = now
        self._page[_BEGAN] = now + self.shift


class _Outputs(Outputs):
    """Results that take long to encode make their task worth a note."""

    execution: ObservedExecution

    def returned(self, result: list[Any], returns: int, function: Any) -> tuple[Any, ...]:
        began = perf_counter()
        values = super().returned(result, returns, function)
        if perf_counter() - began > LONG:
            self.execution.noteworthy = -1.0
        return values


class ObservedExecution(Execution):
    """Runs tasks and takes notes."""

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        self.notes = worker.reports.notes = Notes(self)
        self.outputs = outputs = _Outputs(worker, self.copies)
        outputs.execution = self
        self.is_observed = True
        self.noteworthy = LONG
        self._start = 0.0  # of the task at hand, if it is known
        self._called = 0.0
        self._marks: list[tuple[float, int, int]] = []
        self._read = (0, 0)  # pickles among its inputs, and their bytes
        self._has_sandbox = False  # the task at hand
        self._steps: list[tuple[float, int]] = []  # with its files: when which began
        marks.listener = self.mark

    def mark(self, type_: int, value: int) -> None:
        """An event of the user's code."""
        self._marks.append((time(), type_, value))
        self.noteworthy = -1.0

    def waits(self, *, begins: bool) -> None:
        if self.current:
            self.mark(PHASE, WAIT if begins else USER_CODE)

    def _run_straight(self, task: tuple[Any, ...]) -> Any:
        self._start = perf_counter()
        self._read = _pickles(task[4])
        return super()._run_straight(task)

    def _run_full(self, task: tuple[Any, ...]) -> Any:
        self._start = perf_counter()
        return super()._run_full(task)

    def _bind(self, inputs: tuple[Any, ...], extras: dict[str, Any], sandbox: Sandbox | None) -> Arguments:
        self._has_sandbox = sandbox is not None
        self._read = _pickles(inputs)
        if sandbox is not None:
            self._steps = [(self._start, SANDBOX), (perf_counter(), PARAMETERS)]
        return super()._bind(inputs, extras, sandbox)

    def _call(self, *arguments: Any) -> Any:
        if self._has_sandbox:
            self._steps.append((perf_counter(), 0))
        return super()._call(*arguments)

    def _begin(self, task_id: int) -> None:
        self._called = perf_counter()
        super()._begin(task_id)

    def _values(self, *arguments: Any) -> Any:
        if not self._has_sandbox:
            return super()._values(*arguments)
        self._steps.append((perf_counter(), OUTPUTS))
        values = super()._values(*arguments)
        self._steps.append((perf_counter(), 0))
        return values

    def run_of(self, completion: tuple[Any, ...], now: float, shift: float) -> tuple[Any, ...]:
        """What is known of a task that is about to be reported, and forgotten here."""
        task, status, _, seconds, _ = completion
        if self._called or status == wire.OK:
            returned = min(self.ended, now) if self.ended >= self._start else now
            called = self._called or returned - seconds
        else:
            returned, called = now, now - seconds
        began = self._start or called
        called = max(called, began)
        returned = max(returned, called)
        own = [*self._marks, *self._sizes(completion, began + shift, called + shift, returned + shift, now + shift)]
        self._marks = []
        self._start = self._called = 0.0
        self.noteworthy = LONG
        if self._has_sandbox:
            own += [(at + shift, INTERNAL, value) for at, value in self._steps]
            self._has_sandbox = False
        use = self.notes.meter.used(began, now)
        own.sort(key=_time)
        return (task, began + shift, called + shift, returned + shift, now + shift, *use, tuple(own))

    def _sizes(
        self, completion: tuple[Any, ...], began: float, called: float, returned: float, ended: float
    ) -> list[tuple[float, int, int]]:
        """What was made of pickles, and what became some."""
        read, self._read = self._read, (0, 0)
        wrote = _pickles(completion[2]) if completion[1] == wire.OK else (0, 0)
        return _during(began, called, READ, read) + _during(returned, ended, WROTE, wrote)


def _during(
    since: float, until: float, types: tuple[int, int], pickles: tuple[int, int]
) -> list[tuple[float, int, int]]:
    count, size = pickles
    if not count or until <= since:
        return []
    of_count, of_size = types
    return [(since, of_count, count), (since, of_size, size), (until, of_count, 0), (until, of_size, 0)]


_time = itemgetter(0)


def _pickles(values: Iterable[Any] | None) -> tuple[int, int]:
    """How many of these values are pickled, and their bytes."""
    count = size = 0
    for value in values or ():
        if type(value) is tuple and value[0] in _PICKLES:
            count += 1
            size += size_of(value)
    return count, size
