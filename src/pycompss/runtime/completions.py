"""Tasks that ended, well or not: what the core is told, and what becomes of the values that they made.

Everything here happens under the run's lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pycompss.core.coordinator import Coordinator
from pycompss.core.endings import NO_VALUE
from pycompss.core.events import Kind
from pycompss.core.failures import Cause, Failure
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Slot
from pycompss.core.task import STATE_ASSIGNED, STATE_WAITING, Policy, State
from pycompss.engines.protocol import PlainPayload
from pycompss.runtime import updating
from pycompss.runtime.ignored_outputs import defaults_of_outputs
from pycompss.runtime.nested import NestedCalls
from pycompss.runtime.scarcity import Scarcity
from pycompss.store.descriptor import BUFFERS, ranges_of
from pycompss.worker import wire
from pycompss.worker.board import Board

if TYPE_CHECKING:
    from pycompss.runtime.run import Run

STORAGE = "storage"  # cause of a failure: too little shared memory for the results
_WELL = frozenset({wire.OK, wire.UNCHANGED})


class Completions:
    """Of one run; `core` and `scarcity` exist once it has begun."""

    core: Coordinator
    scarcity: Scarcity

    def __init__(self, run: Run) -> None:
        self.run = run
        self.nested = NestedCalls(run)
        self.notes: tuple[Any, ...] | None = None  # that came with the completions of an observed run

    def start(self) -> None:
        self.core = self.run.core
        self.scarcity = Scarcity(self.core)

    def _completed_all(self, slot: int, completions: list[tuple[Any, ...]]) -> None:
        if self.core.journal is None:
            self._complete_all(completions)
            return
        core = self.core
        core.reporting, core.notes = core.scheduler.slots.get(slot), self.notes
        try:
            tasks, statuses, _, seconds, stamps = zip(*completions, strict=True)
            if statuses.count(wire.OK) == len(tasks) and self._is_quiet():
                core.is_told = core.tell_together(tasks, seconds, stamps)
            self._complete_all(completions)
        finally:
            core.tell_ends()
            core.reporting, core.is_told = None, False

    def _is_quiet(self) -> bool:
        """Whether nothing keeps a task that went well from having ended well."""
        return not (self.core.stopping or self.nested.futures_possible or self.scarcity.aside)

    def _complete_all(self, completions: list[tuple[Any, ...]]) -> None:
        core, handed = self.core, self.run.spilling.handed
        unfinished, is_recorded = core.unfinished, core.journal is not None and not core.is_told
        is_quiet = self._is_quiet()
        for task_id, status, values, seconds, report in completions:
            task = unfinished.get(task_id)
            if is_recorded:
                core.stamp = report or 0.0
            if task is None or (task.state is not STATE_ASSIGNED and task.state is not STATE_WAITING):
                self._discard(values)
            elif is_quiet and status == wire.OK and (type(task.payload) is PlainPayload or not task.payload.unsent):
                for value in values or ():
                    if type(value) is tuple:
                        self._finish(task, values, seconds)
                        break
                else:  # literals take no memory
                    core.finished(task, values, seconds)
            elif status == wire.UNCHANGED:
                self._left_unchanged(task, values, seconds, is_quiet=is_quiet)
            else:
                self._completed(task, status, values, seconds, report)
            if handed:
                self.run.spilling.task_ended(task_id, values, well=status in _WELL)

    def _completed(self, task: Invocation, status: int, values: Any, seconds: float, report: Any) -> None:
        """`report`: of a task that did not go well what went wrong."""
        if values is not None and task.payload.unsent:
            values = _with_unsent(values, task.payload.unsent)
        if status == wire.OK and task.id in self.core.stopping and not self._was_handed(task):
            self._discard(values)  # it took no notice: its result is not used
            status = wire.CANCELLED
        has_handles = task.id in self.nested.made_by or task.id in self.nested.fetched
        if status == wire.OK:
            self._went_well(task, values, seconds)
        elif status == wire.CANCELLED:
            self.core.cancelled(task)
        elif status == wire.RAISED:
            self._raised(task, values, seconds, report)
        elif report[0] == STORAGE and self.scarcity.set_aside(task, report):
            return
        else:
            self._failed(task, values, report)
        if has_handles:
            self.nested.task_ended(task, cancel=status != wire.OK)
        if self.scarcity.aside:
            self.scarcity.task_ended()

    def _was_handed(self, task: Invocation) -> bool:
        """Whether others may have used what the task made: then it ended before it was asked to stop."""
        return self.run.board is not None and bool(self.run.board.get(task.id))

    def _left_unchanged(self, task: Invocation, values: tuple[Any, ...], seconds: float, *, is_quiet: bool) -> None:
        """It went well, and what it has changed where it lay is described as before. values: what it returned."""
        if is_quiet and updating.may_hand_on(self.run, task) and tuple not in map(type, values):
            self.core.finished(task, (updating.hand_on(self.run, task, seconds), *values), seconds)
            return
        if task.id not in self.core.stopping:  # else what was there before is not discarded
            values = updating.given(task) + values
        self._completed(task, wire.OK, values, seconds, None)

    def _went_well(self, task: Invocation, values: Any, seconds: float) -> None:
        if values:
            self._finish(task, values, seconds)
        else:
            self.core.finished(task, values, seconds)

    def _finish(self, task: Invocation, values: tuple[Any, ...], seconds: float) -> None:
        run = self.run
        retain = run.values.retain
        large = takes_memory = False
        for value in values:
            if type(value) is tuple:
                task.definition.is_handed = False
                if value[0] == BUFFERS:
                    takes_memory |= retain(value)
                    large = True
        if large:
            run.spilling.made(task.writes, values, takes_memory=takes_memory)
            updating.remember(run, task, seconds)
            if run.membership.is_elastic:
                run.membership.made(task, values)
        if self.nested.futures_possible:
            values = tuple(self.nested.resolve_returned(value) for value in values)
        self.core.finished(task, values, seconds)

    def _discard(self, values: Any) -> None:
        """A completion nobody waits for any more: its memory is free."""
        ranges = [key for value in values or () for key in ranges_of(value)]
        if ranges:
            self.run.engine.release(ranges)

    def _raised(self, task: Invocation, values: Any, seconds: float, report: Any) -> None:
        kept = self._left_behind(task, values, counts=True)
        message = report[0]
        self.core.stamp = 0.0
        kept = [None if value == NO_VALUE else value for value in kept]
        if not self.core.raised(task, kept, seconds, message):
            self.run.failures.warn_ungrouped(task, message)

    def _left_behind(self, task: Invocation, values: Any, *, counts: bool) -> list[Any]:
        """What a task that did not end well leaves, one entry for each write: NO_VALUE where there is nothing.

        counts: whether that becomes the values of its data in memory.
        """
        outputs = list(values) if values is not None else []
        for value in outputs:
            self.run.values.retain(value)
        if counts and outputs and self.run.membership.is_elastic and task.id not in self.core.stopping:
            self.run.membership.left(task, outputs)
        return outputs + [NO_VALUE] * (len(task.writes) - len(outputs))

    def _failed(self, task: Invocation, values: Any, report: Any) -> None:
        cause, message, text, exception = report
        cause = Cause.DEFINITE if cause == STORAGE else cause
        self.fail(task, self.run.failures.describe(task, Cause(cause), message, text, exception), values)

    def fail(self, task: Invocation, failure: Failure, values: Any = None) -> None:
        if task.payload is None:  # it has ended meanwhile, with one that it waited for
            return
        kept: list[Any] | None = None
        if task.policy in (Policy.IGNORE, Policy.CANCEL_SUCCESSORS):
            is_ignored = task.policy is Policy.IGNORE
            kept = self._left_behind(task, values, counts=is_ignored)
            self._fill_defaults(task, kept, ignored=is_ignored)
        self.core.failed(task, failure, kept)

    def _fill_defaults(self, task: Invocation, kept: list[Any], *, ignored: bool) -> None:
        """Returns become None; if the task is ignored, they and parameters get the defaults that were given."""
        defaults = task.payload.defaults if ignored else {}
        if defaults is None:
            defaults = task.definition.failure_defaults
        returns = task.payload.returns
        first = len(task.writes) - returns
        encode = self.run.values.codec.encode
        for index in range(returns):
            default = defaults.get("returns")
            if returns > 1 and isinstance(default, (list, tuple)):
                default = default[index] if index < len(default) else None
            kept[first + index] = encode(default)
            self.run.values.retain(kept[first + index])
        if len(defaults) > ("returns" in defaults):
            self._fill_parameters(task, kept, defaults)

    def _fill_parameters(self, task: Invocation, kept: list[Any], defaults: Mapping[str, Any]) -> None:
        for output, default in defaults_of_outputs(task, defaults):
            try:
                if task.writes[output].datum.is_file:
                    kept[output] = self.run.files.copy_default(default, task.payload.paths[output])
                    continue
                descriptor = self.run.values.codec.encode(default)
            except Exception as error:  # noqa: BLE001  (whatever the program gave)
                self.run.failures.warn_default(task, default, error)
                continue
            self.run.values.release(ranges_of(kept[output]))
            kept[output] = descriptor
            self.run.values.retain(descriptor)

    def give_up_hope(self) -> None:
        """Tasks that wait for memory although nothing else runs fail."""
        while self.scarcity.aside:
            self.core.assign()
            hopeless = self.scarcity.hopeless()
            if hopeless is None:
                return
            self._failed(hopeless[0], None, hopeless[1])

    def slot_lost(self, slot_id: int, running: int | None, reason: str, remains: tuple[bytes, bytes] | None) -> None:
        slot = self.core.scheduler.slots.get(slot_id)
        if slot is None:
            return
        if self.core.journal is not None:
            self.core.journal.append((Kind.WORKER_LOST, self.core.clock(), slot.node.name, slot_id, reason))
        self.nested.worker_gone(slot)
        if running in slot.tasks:  # which may have ended, and be on the board
            _spoil_before(running, slot)
        if self.run.board is not None:
            self._take_from_board(slot, self.run.board)
        self.run.spilling.slot_lost(slot_id)
        for task in list(slot.tasks.values()):
            self.nested.task_ended(task, cancel=True)
            self.run.spilling.task_ended(task.id, None, well=False)
            if task.id == running or task.state is State.WAITING:
                self._died_with_its_worker(task, reason, remains if task.id == running else None)
        self.core.lost(slot, None, lambda task: self.run.failures.describe(task, Cause.LOST, reason, "", None))

    def _take_from_board(self, slot: Slot, board: Board) -> None:
        """What its tasks have handed to others has ended well, although nobody reported it."""
        for task in list(slot.tasks.values()):
            values = board.get(task.id)
            if values:
                usual = task.definition.statistics or 0.0
                self._complete_all([(task.id, wire.OK, values, usual, None)])
            else:
                board.put(task.id, None)

    def _died_with_its_worker(self, task: Invocation, reason: str, remains: tuple[bytes, bytes] | None) -> None:
        text = self.run.failures.keep_last_words(task, reason, remains) if remains is not None else ""
        self.fail(task, self.run.failures.describe(task, Cause.LOST, reason, text, None), None)


def _spoil_before(running: int | None, slot: Slot) -> None:
    """What was to run before that task, and was not reported, has ended unheard: it will run again."""
    for task in slot.tasks.values():
        if task.id == running:
            return
        if task.payload.in_place:
            task.payload.is_spoilt = True


def _with_unsent(values: tuple[Any, ...], unsent: list[int]) -> tuple[Any, ...]:
    """Outputs by their positions: None for those that workers do not report."""
    filled = list(values)
    for position in unsent:
        filled.insert(position, None)
    return tuple(filled)
