"""The general way to run a task: any arguments, files in a sandbox, a time limit, an environment, values made again.

Tasks that need less take a shorter one (`execution`).
"""

from __future__ import annotations

import functools
import os
import signal
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pycompss.errors import TimeOutError
from pycompss.worker import wire
from pycompss.worker.arguments import Arguments
from pycompss.worker.attempt import Attempt, Completion, Values
from pycompss.worker.elsewhere import Elsewhere
from pycompss.worker.remaking import replay
from pycompss.worker.sandbox import Sandbox, Sandboxes, folder_of

if TYPE_CHECKING:
    from pycompss.worker.process import Worker
    from pycompss.worker.staging import Staging


class General(Attempt):
    """Runs any task.

    printing: id of the finished task whose output has not been looked at; ended: when the last task ended.
    """

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        staging: Staging | None = None
        if worker.settings["staged"]:
            from pycompss.worker.staging import Staging  # noqa: PLC0415  (few runs copy files)

            staging = Staging(worker.settings["staged"])
        self.sandboxes = Sandboxes(folder_of(worker.settings["tmp"], os.getpid()), worker.settings["cwd"], staging)
        self.printing = 0
        self.ended = 0.0

    def _run_full(self, task: tuple[Any, ...]) -> tuple[Completion, Values | None]:
        """Its completion, not noted yet; the results, if later tasks may read them here."""
        task_id, number, arguments, keywords, inputs, returns, extras = task
        extras = extras or {}
        caller = self.worker.caller
        start = perf_counter()
        sandbox: Sandbox | None = None
        bound: Arguments | None = None
        function: Any = None
        known: Values | None = None
        try:
            function = self.functions[number]
            if type(function) is bytes:
                function = self._resolve(number, function)
            if "files" in extras:
                sandbox = self.sandboxes.of(task_id)
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

    def _on_alarm(self, function: Any, seconds: float, _signal: int, _frame: Any) -> None:
        if self.current:
            name = getattr(function, "__qualname__", function)
            raise TimeOutError(f"task {name} ran longer than its time_out ({seconds:g} s)")
