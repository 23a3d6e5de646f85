"""The accesses of a call, recorded in the core: here subjects (futures, objects, files) meet their data.

A call is a list of operations (`pycompss.runtime.calls`). Each one names a subject; the first time a subject is
named it gets a datum, whose first version is the content that was captured then. Calls of the program and calls that
tasks make come the same way. The session's lock is held throughout.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pycompss.core.alternatives import offer
from pycompss.core.invocation import Invocation
from pycompss.core.parameter import Direction
from pycompss.core.versions import Datum
from pycompss.runtime import calls
from pycompss.runtime.future import Future
from pycompss.runtime.objects import Entry, FileEntry

if TYPE_CHECKING:
    from pycompss.runtime.run import Run


class Accesses:
    """Tells the core which data an invocation reads and writes."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._table = run.table
        self._data = run.core.data

    def record(self, task: Invocation, call: calls.Call, results: Sequence[Any] | None) -> None:
        """Everything that a call of the program accesses; its results (futures, placeholders) get their data."""
        task.reads, task.writes = [], []
        self.carry_out(task, call.operations)
        task.payload.weights = call.weights
        if call.policy is not None:
            task.policy = call.policy
        if call.alternatives is not None:
            offer(task, call.alternatives, self._run.core.can_ever_run)
        for result in results or ():
            datum = self._data.result(task)
            if type(result) is Future:
                result.handle = datum
            else:
                self._table.track_result(result, datum)

    def carry_out(self, task: Invocation, operations: Iterable[calls.Operation]) -> None:
        """Record the operations of a call; `task.reads` and `task.writes` are lists of its own."""
        for code, subject, spec, _ in operations:
            if code == calls.COLLECTION:
                self._data.skip_id()
            elif code == calls.READ:
                self._data.read(task, subject.handle or self._captured(subject))
            elif code == calls.DELETE:
                datum = subject.handle or self._captured(subject)
                self._data.read(task, datum)
                self._promise_unused(subject, datum)
            elif code == calls.STREAM:
                self._run.streams.used(task, subject, spec.direction)
            else:
                datum = None if type(subject) is tuple else subject.handle
                self._write(task, code, datum or self._written_datum(subject, code), spec.direction)

    def _write(self, task: Invocation, code: int, datum: Datum, direction: Direction) -> None:
        data, payload = self._data, task.payload
        if code == calls.SHARE:
            data.share(task, datum, direction)
            if direction is Direction.CONCURRENT and not datum.is_file:
                payload.unsent.append(len(task.writes) - 1)
        else:
            if code == calls.UPDATE:
                data.read(task, datum)
                if not datum.is_file:
                    payload.updates.append((len(task.reads) - 1, len(task.writes)))
            data.write(task, datum)
        payload.paths.append(self._run.files.path_of_output(task, direction) if datum.is_file else None)

    # -- data of subjects ---------------------------------------------------------------------------------------------

    def _captured(self, subject: Any) -> Datum:
        """The subject's new datum, which begins with its content of now."""
        if type(subject) is FileEntry:
            datum = self._data.initial(subject.path, is_file=True)
            datum.origin = subject.path
        else:
            datum = self._data.initial(subject.descriptor)
            self._run.values.retain(subject.descriptor)
            self._run.spilling.made([datum.current], [subject.descriptor])
            subject.descriptor = None
        subject.handle = datum
        return datum

    def _created(self, subject: Any) -> Datum:
        """The subject's new datum, which has no value yet; what lies at a file's path may still be wanted."""
        is_file = type(subject) is FileEntry
        if is_file and subject.was_there and not self._run.files.is_doomed(subject.path):
            return self._captured(subject)
        datum = self._data.new_datum(is_file=is_file)
        if is_file:
            datum.origin = subject.path
        subject.handle = datum
        return datum

    def _written_datum(self, subject: Any, code: int) -> Datum:
        if type(subject) is tuple:  # an immutable element of a written collection: (entry | None, its future)
            entry, future = subject
            future.handle = self._captured(entry) if entry is not None else self._data.new_datum()
            subject = future
        elif subject.handle is None:
            return self._created(subject) if code == calls.CREATE else self._captured(subject)
        datum: Datum = subject.handle
        return datum

    def _promise_unused(self, subject: Any, datum: Datum) -> None:
        """IN_DELETE: the program will not use the datum again."""
        if type(subject) is Entry:
            self._table.untrack(subject.object)
            self._data.release(datum)
