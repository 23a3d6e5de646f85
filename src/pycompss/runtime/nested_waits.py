"""Tasks that wait, inside, for tasks of their own or for items of a stream: the master's side.

While a task waits, its units are lent; its request is answered once what it waits for is there and it has units again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycompss.core.failures import Failure
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Slot
from pycompss.core.versions import Datum, Status, Version
from pycompss.core.watches import Watch
from pycompss.errors import BackendException, TaskError
from pycompss.runtime.failures import raise_group_exception

if TYPE_CHECKING:
    from pycompss.runtime.run import Run


class NestedWaits:
    """Requests of tasks that are answered later."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.data: dict[int, Datum] = {}  # handle -> datum
        self.waits: dict[int, tuple[Watch, int, str, Any]] = {}  # id of the watch -> it, request, what for, arguments
        self.fetched: dict[int, set[Version]] = {}  # running task -> versions that it has waited for
        self.groups: dict[int, dict[int, Group]] = {}  # running task -> number -> group that it opened

    def _answer_now(self, slot: Slot, number: int, answer: Any) -> None:
        try:
            ok, value = True, answer()
        except Exception as error:  # noqa: BLE001  (the task gets it)
            ok, value = False, self.run.failures.for_task(error)
        self.run.engine.reply(slot, number, ok, value)

    def _group(self, task: Invocation, number: int, name: str) -> Group:
        return self.groups.setdefault(task.id, {}).setdefault(number, Group(name))

    def _wait(self, task: Invocation, slot: Slot, number: int, method: str, arguments: tuple[Any, ...]) -> None:
        core = self.run.core
        watch = Watch(None, task)
        if method == "wait":
            data = [self.data[handle] for handle in arguments[0] if handle in self.data]
            done = core.watch_versions(watch, [datum.current for datum in data])
        elif method == "barrier":
            done = core.watch_idle(watch, task)
        else:
            group = self._group(task, *arguments[0])
            if method == "cancel_group":
                core.cancel_group(group)
            done = core.watch_group(watch, group)
        self.waits[id(watch)] = (watch, number, method, arguments)
        if done:
            self.answer(slot, watch)
            return
        core.waiting(task, watch)
        self.run.engine.take_back(slot)

    def _ask_stream(self, task: Invocation, method: str, *arguments: Any) -> Any:
        return getattr(self.run.streams, method)(task, *arguments)

    def _poll(self, task: Invocation, slot: Slot, number: int, stream: int, seconds: float, files: list[str]) -> None:
        """What is in a stream, or will be soon: a consumer that waits lends its units, so that producers can run."""
        streams = self.run.streams
        watch = Watch(None, task)
        try:
            patience = streams.patience(task, stream, seconds, files)
        except BackendException as error:
            self.run.engine.reply(slot, number, False, self.run.values.codec.encode(error))
            return
        self.waits[id(watch)] = (watch, number, "poll", (stream,))
        if patience <= 0:
            self.answer(slot, watch)
            return
        streams.wait(watch, stream, patience)
        core = self.run.core
        core.waiting(task, watch)
        self.run.engine.take_back(slot)

    def answer(self, slot: Slot, watch: Watch) -> None:
        """What a task waited for is there."""
        _, number, method, arguments = self.waits.pop(id(watch))
        task = watch.task
        if task is not None:
            self._answer_now(slot, number, lambda: self._outcome(task, method, arguments))

    def _outcome(self, task: Invocation, method: str, arguments: tuple[Any, ...]) -> Any:
        if method == "wait":
            data = [self.data[handle] for handle in arguments[0]]
            self._hold(task, data)
            return [self._settled(datum) for datum in data]
        if method == "poll":
            return self.run.streams.take(task, *arguments)
        for failure in self.run.core.take_child_failures(task):
            if not failure.reported:
                raise self._error(failure)
        if method in ("barrier_group", "cancel_group"):
            raise_group_exception(self._group(task, *arguments[0]))
        return None

    def _settled(self, datum: Datum) -> tuple[bool, Any]:
        """(whether there is a value, its descriptor or the error)."""
        version: Version = datum.current
        content = version.content
        self.run.core.forgive(version)
        if Status.FAILED in (version.status, content.status):
            failure = version.failure or content.failure
            assert failure is not None
            return False, self.run.failures.for_task(self._error(failure))
        return True, content.value

    def _error(self, failure: Failure) -> TaskError:
        """For a task; what the program is to be told, it is told all the same."""
        error = self.run.failures.error(failure)
        failure.reported = all(other is not failure for other in self.run.core.unreported)
        return error

    def _hold(self, task: Invocation, data: list[Datum]) -> None:
        """The task is told where these values lie, and may look there until it ends."""
        contents = [datum.current.content for datum in data]
        self.fetched.setdefault(task.id, set()).update(contents)
        self.run.spilling.read(contents)

    def held_by_tasks(self) -> set[Version]:
        """Versions whose values tasks have been told."""
        return set().union(*self.fetched.values())

    def worker_gone(self, slot: Slot) -> None:
        """The worker died: nobody waits for its requests any more."""
        for watch, *_ in list(self.waits.values()):
            if watch.task is not None and watch.task.slot is slot:
                del self.waits[id(watch)]
                watch.done = True
