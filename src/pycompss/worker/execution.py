"""Running one task: its arguments become values, its function is called, its results become descriptors.

There are three ways: a short one for literals, a straight one for values that lie where they are (`straight`), and the
general one (`general`). What goes wrong ends the same on all of them (`attempt`).

User code runs in the worker's main thread and may do anything: raise, fork, leave the process. Whatever it does, the
task ends with one completion (`wire.py`), and its output lies where the master looks for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pycompss.store.descriptor import BUFFERS
from pycompss.store.loans import Loan
from pycompss.worker import straight, wire
from pycompss.worker.attempt import Completion, Values
from pycompss.worker.elsewhere import Elsewhere
from pycompss.worker.general import General
from pycompss.worker.outputs import INT_64
from pycompss.worker.straight import Straight, plain_arguments
from pycompss.worker.units import tell_task

if TYPE_CHECKING:
    from pycompss.worker.process import Worker

_PLAIN = frozenset({type(None), bool, float})  # always literals
# ends that are reported at once: an attempt that failed counts, whatever follows
_BAD = frozenset({wire.FAILED, wire.RAISED})


class Execution(General):
    """Runs the tasks of one worker, one at a time.

    task: id of the task that this process is busy with.
    """

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        self.mappings = worker.mappings
        self.status = memoryview(worker.status).cast("q")
        self.reports = worker.reports
        self.done = worker.reports.done
        self.task = 0
        self.straight = Straight(worker.codec, self.loans, self.copies)
        self.is_observed = False
        self.says_unchanged = worker.settings["says_unchanged"]
        self.noteworthy = math.inf  # seconds from which on more is noted of a task than its time

    def run(self, task: tuple[Any, ...]) -> Values | None:
        """Execute one task and note its completion; the results, if later tasks may read them here."""
        task_id, number, arguments, keywords, inputs, returns, extras = task
        self.task = self.status[0] = task_id
        tell_task(task_id)
        if task_id in self.cancelled:
            self.cancelled.discard(task_id)
            self.done.append((task_id, wire.CANCELLED, None, 0.0, None))
            return None
        if extras is None:
            if inputs is None:
                return self._run_plain(task_id, number, arguments, keywords, returns)
            plain = plain_arguments(arguments, inputs) if keywords is None else None
            if plain is not None:
                return self._run_plain(task_id, number, plain, None, returns)
        if keywords is None and (extras is None or extras.keys() <= straight.EXTRAS):
            completion, results = self._run_straight(task)
        else:
            completion, results = self._run_full(task)
        self.loans.settle()
        if self.copies.made or self.copies.left:
            self.copies.end()
        self.reports.ended(completion, self.copies.left)
        if completion[1] in _BAD or (extras is not None and "flush" in extras):
            self.reports.flush()
        return results

    def rest(self) -> None:
        """All tasks were reported; until then, the last one counts as running if this process dies."""
        self.status[0] = 0

    def waits(self, *, begins: bool) -> None:
        """The task at hand waits for others, or goes on."""

    def finish_output(self) -> None:
        """Look at what the last task printed."""
        if not self.output.is_untouched():
            self.output.finish(f"job{self.printing}_NEW", failed=False)
        self.printing = 0

    def _run_plain(
        self, task_id: int, number: int, arguments: Sequence[Any], keywords: dict[str, Any] | None, returns: int
    ) -> Values | None:
        """The fast path: literal arguments, no files, no limits."""
        function = self.functions[number]
        start = perf_counter()
        try:
            if type(function) is bytes:
                function = self._resolve(number, function)
            self.current = task_id
            value = function(*arguments) if keywords is None else function(*arguments, **keywords)
            self.current = 0
            if self.is_child:
                self._leave(None)
            self.ended = ended = perf_counter()
            if returns == 0:
                values: Values = ()
            elif returns == 1 and (type(value) in _PLAIN or (type(value) is int and -INT_64 <= value < INT_64)):
                values = (value,)
            else:
                result = [value]
                del value
                values = self.outputs.returned(result, returns, function)
            has_called = self.worker.caller.used
            if has_called:
                self.worker.caller.fetch_files()
                self.worker.caller.end_task()
        except BaseException as error:  # noqa: BLE001  (whatever user code raises)
            self.current = 0
            failed = self._failed(task_id, error, perf_counter() - start, None, {})
        else:
            if self.output.is_watched:
                self.output.finish(f"job{task_id}_NEW", failed=False)
            else:
                self.printing = task_id  # what it printed is looked at after it was reported: somebody may wait for it
            seconds = ended - start
            if not (has_called or seconds > self.noteworthy):
                self.done.append((task_id, wire.OK, values, seconds, ended if self.is_observed else None))
                return values
            self.reports.ended((task_id, wire.OK, values, seconds, None))
            return None if has_called else values  # futures among them: only the master knows what they stand for
        self.reports.ended(failed)
        self.reports.flush()
        return None

    def _run_straight(self, task: tuple[Any, ...]) -> tuple[Completion, Values | None]:
        """As `_run_full`, for arguments by position, and without files and limits: see `straight`."""
        task_id, number, arguments, _, inputs, returns, extras = task
        inputs, in_place = inputs or (), () if extras is None else extras.get("in_place", ())
        caller, bound = self.worker.caller, self.straight
        function: Any = None
        given: list[Any] = []
        status, known = wire.OK, None
        start = perf_counter()
        try:
            function = self.functions[number]
            if type(function) is bytes:
                function = self._resolve(number, function)
            given = bound.arguments(arguments, inputs, in_place)
            caller.own = bound.written
            self._begin(task_id)
            result = [function(*given)]
            self.current = 0
            if self.is_child:
                self._leave(None)
            self.ended = ended = perf_counter()
            given.clear()
            if caller.used or type(result[0]) is Elsewhere or not bound.is_unchanged():
                values = self._values(bound.general(inputs, in_place), None, result, returns, function)
                if caller.used:
                    caller.end_task()
                else:
                    known = values
            else:
                values = self.outputs.returned(result, returns, function) if returns else ()
                result.clear()
                lent = bound.let_go()
                self.loans.settle()
                if self.says_unchanged and lent and not self.mappings.claims:
                    status = wire.UNCHANGED
                else:
                    values = known = self._written(lent) + values
        except BaseException as error:  # noqa: BLE001
            self.current = 0
            self.ended = perf_counter()
            given.clear()
            state = (bound.general(inputs, in_place), None, function)
            return self._failed(task_id, error, self.ended - start, state, extras or {}), None
        finally:
            caller.own = ()
        if self.output.is_watched:
            self.output.finish(f"job{task_id}_NEW", failed=False)
        else:
            self.printing = task_id
        return (task_id, status, values, ended - start, None), known

    def _written(self, lent: list[Loan | None]) -> Values:
        """Descriptors of what a task was lent to write to, and has left as it was."""
        values = tuple([(BUFFERS, loan.data, loan.key) for loan in lent if loan is not None])
        if values and self.mappings.claims:
            return self.copies.publish(values, [place for value in values for place in value[2]])
        return values
