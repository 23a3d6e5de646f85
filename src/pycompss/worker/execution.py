"""Running one task: its arguments become values, its function is called, its results become descriptors.

User code runs in the worker's main thread and may do anything: raise, fork, leave the process. Whatever it does, the
task ends with one completion (`wire.py`), and its output lies where the master looks for it.
"""

from __future__ import annotations

import functools
import os
import signal
import time
from typing import TYPE_CHECKING, Any, NoReturn

from pycompss.errors import CancelError, COMPSsException, TimeOutError
from pycompss.runtime.future import Future
from pycompss.store.moving import may_move
from pycompss.store.names import resolve
from pycompss.worker import wire
from pycompss.worker.arguments import Arguments
from pycompss.worker.copies import Copies
from pycompss.worker.report import failure_of
from pycompss.worker.sandbox import Sandbox, folder_of
from pycompss.worker.units import tell_task

if TYPE_CHECKING:
    from pycompss.worker.process import Worker

Values = tuple[Any, ...]  # descriptors of a task's outputs
Completion = tuple[int, int, "Values | None", float, Any]  # see worker/wire.py

LITERALS = frozenset({type(None), bool, int, float, str, bytes})
RETURNED = "the returned value"
INT_64 = 1 << 63
_PLAIN = frozenset({type(None), bool, float})  # always literals
SHORT = 32768  # bytes or characters that a result may have to go home as it is


class MissingReturn(Exception):  # noqa: N818
    """The task returned fewer values than it declares."""

    def __init__(self, declared: int, returned: int) -> None:
        super().__init__(f"the task declares {declared} returns but returned {returned}")


MissingReturn.__module__ = "pycompss"  # as it is shown


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
        self.functions: dict[int, Any] = {}  # by number; bytes until the first call
        self.task = 0
        self.current = 0
        self.printing = 0
        self.ended = 0.0
        self.copies = Copies(worker.codec, worker.mappings)
        self.is_child = False  # this process was forked by a task

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
            plain = _plain_arguments(arguments, inputs) if keywords is None else None
            if plain is not None:
                return self._run_plain(task_id, number, plain, None, returns)
        completion, results = self._run_full(task)
        self.copies.end()
        self.reports.ended(completion, self.copies.left)
        if extras is not None and extras.get("flush"):
            self.reports.flush()
        return results

    def rest(self) -> None:
        """All tasks were reported; until then, the last one counts as running if this process dies."""
        self.status[0] = 0

    def finish_output(self) -> None:
        """Look at what the last task printed."""
        if not self.output.is_untouched():
            self.output.finish(f"job{self.printing}_NEW", failed=False)
        self.printing = 0

    def _run_plain(
        self, task_id: int, number: int, arguments: tuple[Any, ...], keywords: dict[str, Any] | None, returns: int
    ) -> Values | None:
        """The fast path: literal arguments, no files, no limits."""
        function = self.functions[number]
        failed: Completion | None = None
        start = time.perf_counter()
        try:
            if type(function) is bytes:
                function = self._resolve(number, function)
            self.current = task_id
            value = function(*arguments) if keywords is None else function(*arguments, **keywords)
            self.current = 0
            if self.is_child:
                self._leave(None)
            self.ended = ended = time.perf_counter()
            if returns == 0:
                values: Values = ()
            elif returns == 1 and (type(value) in _PLAIN or (type(value) is int and -INT_64 <= value < INT_64)):
                values = (value,)
            else:
                result = [value]
                del value
                values = self._encode_returns(result, returns, function)
            has_called = self.worker.caller.used
            if has_called:
                self.worker.caller.fetch_files()
                self.worker.caller.end_task()
        except BaseException as error:  # noqa: BLE001  (whatever user code raises)
            self.current = 0
            failed = self._failed(task_id, error, time.perf_counter() - start, None, {})
        if failed is not None:
            self.reports.ended(failed)
            return None
        if self.output.is_watched:
            self.output.finish(f"job{task_id}_NEW", failed=False)
        else:
            self.printing = task_id  # what it printed is looked at after it was reported: somebody may wait for it
        completion = (task_id, wire.OK, values, ended - start, None)
        if has_called:
            self.reports.ended(completion)
            return None  # futures among the values: only the master knows what they stand for
        self.done.append(completion)
        return values

    def _resolve(self, number: int, payload: bytes) -> Any:
        function = resolve(payload, self.codec)
        self.functions[number] = function
        return function

    def _run_full(self, task: tuple[Any, ...]) -> tuple[Completion, Values | None]:
        """Its completion, not noted yet; the results, if later tasks may read them here."""
        task_id, number, arguments, keywords, inputs, returns, extras = task
        extras = extras or {}
        start = time.perf_counter()
        sandbox = Sandbox(self.sandboxes, task_id) if extras.get("files") else None
        bound: Arguments | None = None
        function: Any = None
        known: Values | None = None
        try:
            function = self.functions[number]
            if type(function) is bytes:
                function = self._resolve(number, function)
            in_place = frozenset(extras.get("in_place", ()))
            bound = Arguments(self.codec, inputs or (), in_place, sandbox, extras.get("paths", ()), self.copies)
            for position, (root, steps) in extras.get("replay", {}).items():
                bound.replayed[position] = self._replay(root, steps)
            positional = [bound.resolve(a) for a in arguments]
            named = {k: bound.resolve(a) for k, a in keywords.items()} if keywords else {}
            if sandbox is not None:
                sandbox.enter()
            self.worker.caller.own = bound.written
            value = bound.adopt(self._call(task_id, function, positional, named, extras))
            seconds = self.ended - start
            del positional, named
            bound.let_go()
            if self.worker.caller.used:
                self.worker.caller.fetch_files()
            values = self._outputs(bound, sandbox, inputs, in_place, function)
            result = [value]
            del value
            values += self._encode_returns(result, returns, function) if returns else ()
            values = self.copies.publish(values, _places(inputs, in_place))
            if self.worker.caller.used:
                self.worker.caller.end_task()
            else:
                known = values
        except BaseException as error:  # noqa: BLE001
            self.current = 0
            seconds = time.perf_counter() - start
            completion = self._failed(task_id, error, seconds, (bound, sandbox, inputs, returns, function), extras)
        else:
            self.output.finish(f"job{task_id}_{extras.get('job', 'NEW')}", failed=False)
            completion = (task_id, wire.OK, values, seconds, None)
        finally:
            self.worker.caller.own = ()
            del bound
            if sandbox is not None:
                sandbox.leave()
        return completion, known

    def _call(self, task_id: int, function: Any, positional: list[Any], named: dict[str, Any], extras: Any) -> Any:
        time_out = extras.get("time_out", 0)
        environment = extras.get("env")
        if environment:
            os.environ.update(environment)
        self.current = task_id
        try:
            if task_id in self.cancelled:
                raise CancelError(f"task {task_id} was cancelled")
            if time_out:
                signal.signal(signal.SIGALRM, functools.partial(self._on_alarm, function, time_out))
                signal.setitimer(signal.ITIMER_REAL, time_out)
            value = function(*positional, **named)
            if self.is_child:
                self._leave(None)
            return value
        finally:
            self.current = 0
            self.ended = time.perf_counter()
            if time_out:
                signal.setitimer(signal.ITIMER_REAL, 0)

    def _on_alarm(self, function: Any, seconds: float, _signal: int, _frame: Any) -> None:
        if self.current:
            name = getattr(function, "__qualname__", function)
            raise TimeOutError(f"task {name} ran longer than its time_out ({seconds:g} s)")

    # -- results -----------------------------------------------------------------------------------------------------

    def _encode_returns(self, result: list[Any], returns: int, function: Any) -> tuple[Any, ...]:
        """Descriptors of what is in `result`, a list of one, so that nobody else need refer to it; it is emptied."""
        if returns == 1 and may_move(result):
            return (self.codec.encode(result.pop(), task=_name(function), argument=RETURNED, moves=True),)
        value = result.pop()
        if returns == 1:
            value = self.worker.caller.settled(value, keep_futures=True)
            kind = type(value)
            if kind is Future:
                return (self.worker.caller.encode_return(value),)
            if kind in LITERALS and (
                (kind is not int or -INT_64 <= value < INT_64) and (kind not in (str, bytes) or len(value) <= SHORT)
            ):
                return (value,)
            return (self.codec.encode(value, task=_name(function), argument=RETURNED),)
        values = list(value) if hasattr(value, "__iter__") else [value]
        if len(values) < returns:
            raise MissingReturn(returns, len(values))
        return tuple(
            self.worker.caller.encode_return(item)
            if type(item) is Future
            else self.codec.encode(item, task=_name(function), argument=f"returned value {i}")
            for i, item in enumerate(self.worker.caller.settled(value, keep_futures=True) for value in values[:returns])
        )

    def _outputs(
        self,
        bound: Arguments,
        sandbox: Sandbox | None,
        inputs: Any,
        in_place: frozenset[int],
        function: Any,
        *,
        lenient: bool = False,
    ) -> tuple[Any, ...]:
        """Descriptors of everything the task wrote, in the master's order."""
        files = iter(sandbox.collect(lenient=lenient)) if sandbox is not None else iter(())
        ranges = [*self.copies.made, *_places(inputs, in_place)]
        values = []
        for getter in bound.outputs:
            if getter is None:
                values.append(next(files))
                continue
            value = self.worker.caller.settled(getter())
            if ranges:
                values.append(self.codec.encode_in_place(value, ranges)[0])
            else:
                values.append(self.codec.encode(value, task=_name(function), argument="an output"))
        bound.outputs.clear()
        return tuple(values)

    def _replay(self, root: Any, steps: list[tuple[Any, ...]]) -> Any:
        """Make a value again that a failed attempt spoilt in place, by running what made it."""
        value = self.codec.decode(root) if root is not None else None
        for payload, args, keywords, inputs, position in steps:
            function = resolve(payload, self.codec)
            bound = Arguments(self.codec, inputs, frozenset(), None)
            if position >= 0:
                bound.replayed[position] = value
            positional = [bound.resolve(a) for a in args]
            named = {k: bound.resolve(a) for k, a in keywords.items()} if keywords else {}
            returned = function(*positional, **named)
            if position < 0:
                value = returned
        return value

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
            values = self._salvage(state, extras)
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

    def _salvage(self, state: Any, extras: dict[str, Any]) -> tuple[Any, ...] | None:
        """What a task that raised COMPSsException, or is to be ignored, leaves behind."""
        bound, sandbox, inputs, _, function = state
        if bound is None:
            return None
        try:
            in_place = frozenset(extras.get("in_place", ()))
            values = self._outputs(bound, sandbox, inputs, in_place, function, lenient=True)
            return self.copies.publish(values, _places(inputs, in_place))
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


def _plain_arguments(arguments: tuple[Any, ...], inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """The arguments of a task that reads nothing but literals; None: it is not that simple."""
    plain = []
    for argument in arguments:
        if type(argument) is tuple:
            if argument[0] != wire.READ:
                return None
            value = inputs[argument[1]]
            if type(value) is tuple:
                return None
            plain.append(value)
        else:
            plain.append(argument)
    return tuple(plain)


def _name(function: Any) -> str:
    return f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', function)}"


def _ranges(descriptors: Any) -> list[Any]:
    return [r for d in descriptors if type(d) is tuple and d[0] == 1 for r in d[2]]


def _places(inputs: Any, in_place: frozenset[int]) -> list[Any]:
    """The ranges of the inputs that a task changes where they lie."""
    return _ranges(inputs[i] for i in in_place)
