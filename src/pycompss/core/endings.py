"""How tasks end: well, ignored, failed for good, or cancelled; and what becomes of what they were to write.

A cancelled task's data go back to the last valid version: what it read of them, or what it was to replace unread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pycompss.core.events import Kind
from pycompss.core.failures import Failure
from pycompss.core.invocation import _NONE, Invocation
from pycompss.core.resources import Node
from pycompss.core.task import STATE_CANCELLED, STATE_DONE, STATE_PENDING
from pycompss.core.turns import Turns, spoil_shared
from pycompss.core.versions import STATUS_FAILED, STATUS_FREED, STATUS_PENDING, STATUS_READY, STATUS_VOID, Version
from pycompss.core.waiting import Clock

NO_VALUE: tuple[Any, ...] = ()


class Endings(Turns):
    """Everything that happens after a task's last attempt."""

    def __init__(self, nodes: Iterable[Node], clock: Clock = lambda: 0.0) -> None:
        super().__init__(nodes, clock)
        self.cancelled_count = 0
        self.unreported: list[Failure] = []  # failures for good that the program has not been told
        self.child_failures: dict[int, list[Failure]] = {}  # by calling task, until it was told or has ended
        self.stopping: set[int] = set()  # running tasks that were asked to stop

    def _retire(self, task: Invocation, *, succeeded: bool) -> None:
        """Forget everything that only a live task needs."""
        special = task.special
        if special is not None and special.shared:
            self._leave_shared(task, succeeded=succeeded)
            special.shared = ()
        for version in task.reads:
            version.claims -= 1
            if version.claims <= 0 and version.status is not STATUS_PENDING:
                self.data.free(version)
        task.reads = task.writes = _NONE
        task.payload = None
        self.unfinished.pop(task.id, None)
        if self.stopping:
            self.stopping.discard(task.id)
        if self.child_failures:
            self._tell_of_children(task)
        if task.groups:
            self._leave_groups(task)
        if special is not None:
            self._leave_parents(task)
        if not self.unfinished and (self.idle_watches or self.scheduler.paths.fresh or self.scheduler.paths.seen):
            self.scheduler.paths.clear()
            self._check_idle()

    def _leave_groups(self, task: Invocation) -> None:
        for group in task.groups:
            group.members.pop(task.id, None)
            if not group.members and group.watches:
                self._wake_all(group.watches)

    def _leave_parents(self, task: Invocation) -> None:
        parent = task.parent
        while parent is not None:
            parent.live -= 1
            if parent.live == 0 and self.idle_watches:
                self._check_idle()
            parent = parent.parent

    # -- well ---------------------------------------------------------------------------------------------------------

    def _end_well(self, task: Invocation, values: Sequence[Any], where: tuple[int, ...]) -> None:
        if task.writes:
            self._publish(task, values, where)
        self._retire(task, succeeded=True)

    def _publish(self, task: Invocation, values: Sequence[Any], where: tuple[int, ...]) -> None:
        writes = task.writes
        is_one = len(writes) == 1 and len(values) == 1  # mostly; a `zip` costs more than all else here
        pairs = ((writes[0], values[0]),) if is_one else zip(writes, values, strict=True)
        for version, value in pairs:
            if version.special is not None and version.shared is not None:
                # CONCURRENT: only the group's completion makes it ready
                if value is not None:
                    version.value = value
                    version.nodes = where
            elif type(value) is Version:  # a task returned a future: whatever that will be
                self._follow(version, value)
            else:
                version.value = value
                version.nodes = where
                self._settle(version, STATUS_READY)

    def _end_ignored(self, task: Invocation, values: Sequence[Any] | None, node: int) -> None:
        for position, version in enumerate(task.writes):
            self._keep(task, position, version, _left(values, position), node)
        self._retire(task, succeeded=True)

    def _keep(self, task: Invocation, position: int, version: Version, value: Any, node: int) -> None:
        """What a task left of one of its writes counts; where it left nothing, the last valid version does."""
        if value is NO_VALUE or value == NO_VALUE:
            self._revert(task, position)
            return
        if version.shared is None or value is not None:
            version.value = value
            version.nodes = (node,)
        if version.shared is None:
            self._settle(version, STATUS_READY)

    # -- failed for good ----------------------------------------------------------------------------------------------

    def _end_failed(self, task: Invocation, failure: Failure) -> None:
        for version in task.writes:
            if version.shared is None:
                version.failure = failure
                self._settle(version, STATUS_FAILED)
        spoil_shared(task, failure)
        self._retire(task, succeeded=False)

    def _tell(self, task: Invocation, failure: Failure) -> None:
        """Who called the task learns of its failure."""
        if task.parent is not None and task.parent.state < STATE_DONE:
            self.child_failures.setdefault(task.parent.id, []).append(failure)
        else:
            self.tell_program(failure)

    def tell_program(self, failure: Failure) -> None:
        """Whatever the program waits for, it learns of the failure now."""
        self.unreported.append(failure)
        for watch in list(self.program_watches.values()):
            self._fire(watch)

    def _tell_of_children(self, task: Invocation) -> None:
        for failure in self.child_failures.pop(task.id, ()):
            if not failure.reported:
                self.tell_program(failure)

    def take_child_failures(self, task: Invocation) -> list[Failure]:
        """Failures of tasks that `task` called; it is told now."""
        return self.child_failures.pop(task.id, [])

    # -- cancelled ----------------------------------------------------------------------------------------------------

    def cancelled(self, task: Invocation) -> None:
        """The engine stopped a running task as asked."""
        self._doom(task, None)
        self._work_off()

    def _end_cancelling(self, task: Invocation, values: Sequence[Any] | None, node: int) -> None:
        """CANCEL_SUCCESSORS: its files are kept, the rest goes back, and nobody who depends on it runs."""
        self._cancel_dependants(task)
        self.bar(_made_by(task))
        for position, version in enumerate(task.writes):
            value = _left(values, position) if version.datum.is_file else NO_VALUE
            self._keep(task, position, version, value, node)
        self._retire(task, succeeded=False)

    def _cancel_dependants(self, task: Invocation) -> None:
        """Directly and through others; the agenda ends them."""
        versions = _made_by(task)
        while versions:
            version = versions.pop()
            versions.extend(version.followers or ())
            for waiter in version.waiters or ():
                if waiter.state is STATE_PENDING:
                    self.bar(waiter.writes)
                    self._doom(waiter, None)
                    versions.extend(_made_by(waiter))
        self._work_off()

    def _end_cancelled(self, task: Invocation, failure: Failure | None) -> None:
        """The task will not run (any more); `failure`: because something that it reads failed for good."""
        self.leave_slot(task)
        task.state = STATE_CANCELLED
        self.cancelled_count += 1
        if self.journal is not None:
            self.journal.append((Kind.TASK_CANCELLED, self.clock(), task.id))
        if task.replicas is not None:
            self._end_replica(task, lambda main: self._cancel_writes(main, failure), succeeded=False)
        else:
            self._cancel_writes(task, failure)

    def _cancel_writes(self, task: Invocation, failure: Failure | None) -> None:
        if failure is not None:
            self._end_failed(task, failure)
            return
        for position in range(len(task.writes)):
            self._revert(task, position)
        self._retire(task, succeeded=False)

    def _revert(self, task: Invocation, position: int) -> None:
        """The version gets the last valid value of the same datum, or none."""
        version = task.writes[position]
        if version.shared is not None or version.status is not STATUS_PENDING:
            return
        before = next((read for read in task.reads if read.datum is version.datum), None)
        before = before or self.data.replaced.get(version)
        if before is None:
            self._settle(version, STATUS_VOID)
        else:
            self._follow(version, before)

    # -- executions on every node -------------------------------------------------------------------------------------

    def _end_replica(self, task: Invocation, ending: Callable[[Invocation], None], *, succeeded: bool) -> None:
        """One of several executions ended; the last one ends the task: as the first bad one did, else well."""
        replicas = task.replicas
        if replicas is None:
            return
        main = replicas.main
        if not succeeded and not replicas.has_failed:
            replicas.has_failed = True
            replicas.ending = ending
        elif task is main and not replicas.has_failed:
            replicas.ending = ending
        replicas.left -= 1
        if task is not main:
            self._retire(task, succeeded=succeeded)
        if replicas.left == 0 and replicas.ending is not None:
            replicas.ending(main)

    def _discard(self, task: Invocation, values: Iterable[Any]) -> None:
        """What one of several executions made, when another one's values count, may go at once."""
        main = task.replicas.main if task.replicas is not None else task
        if task is main:
            return
        for version, value in zip(main.writes, values, strict=False):
            if not version.datum.is_file and type(value) is not Version:
                spare = Version(version.datum, version.number, task, STATUS_FREED)
                spare.value = value
                self.data.freed.append(spare)

    # -- slots --------------------------------------------------------------------------------------------------------

    def leave_slot(self, task: Invocation) -> tuple[int, ...]:
        """The task is no longer in a worker; where its values are: the index of its node."""
        slot = task.slot
        if slot is None:
            return (0,)
        task.slot = None
        tasks, scheduler = slot.tasks, self.scheduler
        tasks.pop(task.id, None)
        if scheduler.closing and slot.id in scheduler.closing:
            scheduler.close_if_empty(slot)
        elif tasks:
            scheduler.eased[slot.id] = slot
        else:
            scheduler.idle.append(slot)
        return slot.node.where


def _left(values: Sequence[Any] | None, position: int) -> Any:
    """What a task that did not end well left of one of its writes."""
    return values[position] if values is not None and position < len(values) else NO_VALUE


def _made_by(task: Invocation) -> list[Version]:
    """The versions that are not what they should be when the task does not run."""
    return [*task.writes, *(shared.version for shared, _, _ in task.shared)]
