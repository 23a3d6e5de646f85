"""Running one task: its arguments become values, its function is called, its results become descriptors.

User code runs in the worker's main thread and may do anything: raise, fork, leave the process. Whatever it does, the
task ends with one completion (`wire.py`), and its output lies where the master looks for it.
"""

from __future__ import annotations

import functools
import math
import os
import signal
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn

from pycompss.errors import CancelError, COMPSsException, TimeOutError
from pycompss.store.descriptor import BUFFERS
from pycompss.store.loans import Loan, Loans
from pycompss.store.names import resolve
from pycompss.worker import straight, wire
from pycompss.worker.arguments import Arguments
from pycompss.worker.copies import Copies
from pycompss.worker.elsewhere import Elsewhere
from pycompss.worker.outputs import INT_64, Outputs
from pycompss.worker.remaking import replay
from pycompss.worker.report import failure_of
from pycompss.worker.sandbox import Sandbox, folder_of
from pycompss.worker.straight import Straight, plain_arguments
from pycompss.worker.units import tell_task

if TYPE_CHECKING:
    from pycompss.worker.process import Worker
    from pycompss.worker.staging import Staging

Values = tuple[Any, ...]  # descriptors of a task's outputs
Completion = tuple[int, int, "Values | None", float, Any]  # see worker/wire.py

_PLAIN = frozenset({type(None), bool, float})  # always literals
_BAD = frozenset(
    {wire.FAILED, wire.RAISED}
)  # ends that are reported at once: an attempt that failed counts, whatever follows


class Execution:
    """Runs the tasks of one worker, one at a time.

    task: id of the task that this process is busy with; current: id of the task whose user code runs (0: none).
    printing: id of the finished task whose output has not been looked at; ended: when the last task ended.
    """

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.codec = worker.codec
        self.mappings = worker.mappings
        self.output = worker.output
        self.status = memoryview(worker.status).cast("q")
        self.cancelled = worker.cancelled
        self.reports = worker.reports
        self.done = worker.reports.done
        self.sandboxes = folder_of(worker.settings["tmp"], os.getpid())
        self.staging: Staging | None = None
        if worker.settings["staged"]:
            from pycompss.worker.staging import Staging  # noqa: PLC0415  (few runs copy files)

            self.staging = Staging(worker.settings["staged"])
        self.functions: dict[int, Any] = {}  # by number; bytes until the first call
        self.task = 0
        self.current = 0
        self.printing = 0
        self.ended = 0.0
        self.loans = Loans(worker.codec, worker.mappings)
        self.copies = Copies(worker.codec, worker.mappings, self.loans)
        self.outputs = Outputs(worker, self.copies)
        self.straight = Straight(worker.codec, self.loans, self.copies)
        self.is_child = False  # this process was forked by a task
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

    def _resolve(self, number: int, payload: bytes) -> Any:
        function = resolve(payload, self.codec)
        self.functions[number] = function
        return function

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

    def _run_full(self, task: tuple[Any, ...]) -> tuple[Completion, Values | None]:
        """Its completion, not noted yet; the results, if later tasks may read them here."""
        task_id, number, arguments, keywords, inputs, returns, extras = task
        extras = extras or {}
        caller = self.worker.caller
        start = perf_counter()
        sandbox = Sandbox(self.sandboxes, task_id, self.staging) if "files" in extras else None
        bound: Arguments | None = None
        function: Any = None
        known: Values | None = None
        try:
            function = self.functions[number]
            if type(function) is bytes:
                function = self._resolve(number, function)
            bound = self._bind(inputs or (), extras, sandbox)
            positional = [bound.resolve(a) for a in arguments]
            named = {k: bound.resolve(a) for k, a in keywords.items()} if keywords else {}
            if sandbox is not None:
                sandbox.enter()
            caller.own = bound.written
            result = [self._call(task_id, function, positional, named, extras)]
            seconds = self.ended - start
            del positional, named
            values = self._values(bound, sandbox, result, returns, function)
            if caller.used:
                caller.end_task()
            else:
                known = values
        except BaseException as error:  # noqa: BLE001
            self.current = 0
            seconds = perf_counter() - start
            completion = self._failed(task_id, error, seconds, (bound, sandbox, function), extras)
        else:
            self._note_output(task_id, extras, sandbox)
            completion = (task_id, wire.OK, values, seconds, None)
        finally:
            caller.own = ()
            del bound
            if sandbox is not None:
                sandbox.leave()
        return completion, known

    def _bind(self, inputs: tuple[Any, ...], extras: dict[str, Any], sandbox: Sandbox | None) -> Arguments:
        """What the task's arguments are made of."""
        in_place = frozenset(extras.get("in_place", ()))
        bound = Arguments(self.codec, inputs, in_place, sandbox, extras.get("paths", ()), self.copies, self.loans)
        if "replay" in extras:
            for position, (root, steps) in extras["replay"].items():
                bound.replayed[position] = replay(self.codec, self.worker.caller, root, steps)
        return bound

    def _values(
        self, bound: Arguments, sandbox: Sandbox | None, result: list[Any], returns: int, function: Any
    ) -> Values:
        """Descriptors of what the task wrote and returned; `result` is a list of one, which is emptied."""
        if type(result[0]) is Elsewhere:
            result.append(bound.adopt(result.pop()))
        bound.let_go()
        if self.worker.caller.used:
            self.worker.caller.fetch_files()
        values = self.outputs.of(bound, sandbox, function)
        if returns:
            values += self.outputs.returned(result, returns, function)
        result.clear()
        if bound.places or self.copies.made:
            values = self.copies.publish(values, bound.places)
        return values

    def _note_output(self, task_id: int, extras: dict[str, Any], sandbox: Sandbox | None) -> None:
        """What the task has printed, if it went well."""
        if sandbox is None and not self.output.is_watched:
            self.printing = task_id  # looked at after it was reported: somebody may wait for it
        else:
            self.output.finish(f"job{task_id}_{extras.get('job', 'NEW')}", failed=False)

    def _call(self, task_id: int, function: Any, positional: list[Any], named: dict[str, Any], extras: Any) -> Any:
        time_out = extras.get("time_out", 0)
        environment = extras.get("env")
        if environment:
            os.environ.update(environment)
        try:
            self._begin(task_id)
            if time_out:
                signal.signal(signal.SIGALRM, functools.partial(self._on_alarm, function, time_out))
                signal.setitimer(signal.ITIMER_REAL, time_out)
            value = function(*positional, **named)
            if self.is_child:
                self._leave(None)
            return value
        finally:
            self.current = 0
            self.ended = perf_counter()
            if time_out:
                signal.setitimer(signal.ITIMER_REAL, 0)

    def _begin(self, task_id: int) -> None:
        """From now on the task's own code runs."""
        self.current = task_id
        if task_id in self.cancelled:
            raise CancelError(f"task {task_id} was cancelled")

    def _on_alarm(self, function: Any, seconds: float, _signal: int, _frame: Any) -> None:
        if self.current:
            name = getattr(function, "__qualname__", function)
            raise TimeOutError(f"task {name} ran longer than its time_out ({seconds:g} s)")

    # -- failures ----------------------------------------------------------------------------------------------------

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
