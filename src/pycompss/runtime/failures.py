"""What the program and the user are told when tasks fail."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pycompss.core.failures import MAX_ATTEMPTS, Cause, Failure
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.task import Policy, State
from pycompss.core.versions import STATUS_READY, Version
from pycompss.errors import COMPSsException, RemoteTraceback, TaskError
from pycompss.runtime import places
from pycompss.runtime.places import warn
from pycompss.store.descriptor import PICKLED
from pycompss.util import stderr
from pycompss.worker import wire
from pycompss.worker.parts import Parts

if TYPE_CHECKING:
    from pycompss.runtime.run import Run


LAST_LINES = 20  # of the standard error of a task whose worker died
MOST_KINDS = 20  # of failures that are printed; the log has all
SHORT = 40  # characters of an argument in a message
_ATTEMPTS = {1: "NEW", 2: "RESUBMITTED", 3: "RESCHEDULED", 4: "RESCHEDULED_RESUBMITTED"}


def _chained(error: TaskError, cause: BaseException | None, text: str) -> TaskError:
    """The error of a task with the exception and the traceback that it comes from."""
    remote = RemoteTraceback(text) if text else None
    if cause is not None:
        cause.__cause__ = remote
    error.__cause__ = cause if cause is not None else remote
    error.__suppress_context__ = True
    return error


class _Chain:
    """A task's error as it is pickled: pickle leaves out what an exception was raised from."""

    def __init__(self, error: TaskError) -> None:
        self.error = error

    def __reduce__(self) -> Any:
        parts, remote = None, self.error.__cause__
        if remote is not None and not isinstance(remote, RemoteTraceback):
            parts, remote = Parts(remote), remote.__cause__
        text = remote.text if isinstance(remote, RemoteTraceback) else ""
        return _chained, (TaskError(self.error.message), parts, text)


class Reporter:
    """Builds, prints and raises failures of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._printed: set[tuple[str, str]] = set()
        self._void: set[tuple[str, tuple[str, int]]] = set()
        self.end_of_all: Failure | None = None  # from then on nobody waits: what still runs may never be heard of

    def describe(self, task: Invocation, cause: Cause, message: str, text: str, exception: Any) -> Failure:
        """Everything that is known about a failed attempt."""
        code, line = task.place or (None, 0)
        failure = Failure(task.id, task.definition.name, cause, message, places.with_sources(text), exception)
        failure.attempt = task.attempt
        failure.attempts = MAX_ATTEMPTS if task.policy is Policy.RETRY and cause is not Cause.DEFINITE else 1
        failure.where = f"{code.co_filename}:{line}" if code is not None else ""
        failure.call = describe_call(task)
        failure.node = task.slot.node.name if task.slot is not None else ""
        failure.log = self._output_path(task, "err")
        return failure

    def _output_path(self, task: Invocation, suffix: str) -> str:
        name = f"job{task.id}_{attempt_name(task.attempt)}.{suffix}"
        return os.path.join(self.run.folder.path, "jobs", name)

    def keep_last_words(self, task: Invocation, reason: str, remains: tuple[bytes, bytes]) -> str:
        """Save what a task printed before its worker died; the report: the last lines, and why it died."""
        for data, suffix in zip(remains, ("out", "err"), strict=True):
            path = self._output_path(task, suffix)
            try:
                os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
                with open(path, "wb") as file:
                    file.write(data)
            except OSError:  # the disk is full: the report must do
                break
        lines = remains[1].decode(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join([*lines, reason])

    def report(self, failure: Failure, outcome: str) -> None:
        """Print the first failure of each kind at once; the others would say the same."""
        self.run.folder.error(f"{headline(failure)} -> {outcome}\n{failure.text or failure.message}")
        key = (failure.name, failure.message)
        if key in self._printed or len(self._printed) > MOST_KINDS:
            return
        self._printed.add(key)
        what = {
            "retry": f"will be tried again (attempt {failure.attempt + 1} of {failure.attempts})",
            "ignored": "is ignored, as its policy says",
            "failed": "the program is told where it waits next",
            "cancel_successors": "tasks that depend on it are cancelled, as its policy says",
        }.get(outcome, outcome)
        text = f"[ERRMGR]  -  WARNING: {headline(failure)}: {what}\n{_body(failure)}\n"
        _print(text)

    def error(self, failure: Failure) -> TaskError:
        """The exception for the program: chained to the task's own."""
        failure.reported = True
        error = TaskError(f"{headline(failure)}\n{_body(failure, with_text=False)}")
        cause: BaseException | None = None
        if failure.exception is not None:
            try:
                cause = self.run.values.codec.decode(failure.exception)
            except Exception:  # noqa: BLE001  (then the text must do)
                cause = None
        return _chained(error, cause, failure.text)

    def for_task(self, error: Exception) -> Any:
        """An error on its way to a task that waits: one of another task goes with that one's own exception.

        All of it goes in the message, as in `worker.report`.
        """
        pickled = self.run.values.codec.pickled
        if type(error) is TaskError:
            try:
                return PICKLED, pickled(_Chain(error))
            except Exception:  # noqa: BLE001  (whatever the exception's own code raises; then the message must do)
                return PICKLED, pickled(TaskError(error.message))
        return PICKLED, pickled(error)

    def warn_void(self, version: Version) -> None:
        """A value that will never be: its task was cancelled. Once for all tasks of a type at a line of the program."""
        task = version.producer
        name = "it" if task is None else task.definition.name
        key = name, places.caller_place()
        if key in self._void:
            return
        self._void.add(key)
        which = name if task is None else f"{name} (task {task.id})"
        what = "failed" if task is not None and task.state is State.FAILED else "was cancelled"
        warn(f"{which} has no value, because the task {what}; it is None here")

    def warn_ungrouped(self, task: Invocation, message: str) -> None:
        _print(
            f"[ERRMGR]  -  WARNING: COMPSsException in {task.definition.name} (task {task.id}) outside of any "
            f"TaskGroup: {message}\n"
        )

    def warn_default(self, task: Invocation, default: object, error: Exception) -> None:
        _print(
            f"[ERRMGR]  -  WARNING: {task.definition.name} (task {task.id}) is ignored, but its default "
            f"{default!r:.60} cannot take the place of what it left: {error}\n"
        )

    def show_output(self, task: int, stream: int, text: bytes) -> None:
        """`--task-output=live`."""
        target = sys.stderr if stream == 2 else sys.stdout  # noqa: PLR2004
        target.write(text.decode(errors="replace"))
        target.flush()

    def break_down(self, reason: str) -> None:
        """No worker can be started: every task fails, and the program is told."""
        failure = self.end_of_all = Failure(0, "the engine", Cause.LOST, reason)
        self.run.core.tell_program(failure)
        self.run.core.cancel_all()


def attempt_name(attempt: int) -> str:
    """What the files of an attempt's output are called after: `job17_RESUBMITTED.err`."""
    return _ATTEMPTS.get(attempt, str(attempt))


def headline(failure: Failure) -> str:
    """One line: `normalise(x=…) failed on node2 (attempt 4 of 4)`."""
    if failure.lost:
        return f"{failure.lost}, a value that {failure.call or failure.name} (task {failure.task}) made, was lost"
    attempts = f" (attempt {failure.attempt} of {failure.attempts})" if failure.attempts > 1 else ""
    where = f" on {failure.node}" if failure.node else ""
    return f"{failure.call or failure.name} failed{where}{attempts}"


def _body(failure: Failure, *, with_text: bool = True) -> str:
    lines = []
    if failure.where:
        path, _, line = failure.where.rpartition(":")
        lines.append(
            f"called from  {places.readable(path, int(line))}   {places.source_line(path, int(line))}".rstrip()
        )
    if with_text and failure.text:
        lines.extend(failure.text.rstrip().splitlines())
    else:
        lines.extend(failure.message.splitlines())
    if failure.log and os.path.exists(failure.log):
        lines.append(f"output of the task:  {failure.log}")
    return "\n".join(f"    {line}" for line in lines)


def describe_call(task: Invocation) -> str:
    """The call with short arguments: "scale(x=<value of load>, factor=2)"."""
    payload = task.payload
    if payload is None:
        return task.definition.name
    names = [*task.definition.parameters, *[task.definition.varargs or "args"] * len(payload.args)]
    parts = [f"{name}={_short(argument, task.reads)}" for name, argument in zip(names, payload.args, strict=False)]
    parts += [f"{name}={_short(argument, task.reads)}" for name, argument in (payload.keywords or {}).items()]
    return f"{task.definition.name}({', '.join(parts)})"


def _short(argument: Any, reads: Sequence[Version]) -> str:
    if type(argument) is not tuple:
        text = repr(argument)
        return text if len(text) <= SHORT else f"{text[: SHORT - 3]}..."
    if argument[0] in {wire.READ, wire.UPDATE} and argument[1] < len(reads):
        return _short_value(reads[argument[1]])
    names = {wire.LIST: "[...]", wire.DICT: "{...}", wire.CREATE: "<new>"}
    if argument[0] == wire.FILE:
        return repr(argument[3])
    return names.get(argument[0], "<object>")


def _short_value(version: Version) -> str:
    """What a future stood for, if that is short; else which task made it."""
    value = version.content.value
    if version.content.status is STATUS_READY and value is not None and type(value) is not tuple:
        return _short(value, ())
    return "<object>" if version.producer is None else f"<value of {version.producer.definition.name}>"


def raise_group_exception(group: Group) -> None:
    """The group's COMPSsException, once."""
    message, group.exception = group.exception, None
    if message is not None:
        raise COMPSsException(message)


def _print(text: str) -> None:
    stderr.write(text)
