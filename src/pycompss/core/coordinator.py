"""The core's one entrance: things happen (methods), and commands come out (`commands`).

    program: submit, watch_*, cancel_group, release …      engine: finished, failed, lost, waiting, returned …

Nothing here blocks, computes on user data or looks at a clock. The caller serialises the calls (one lock), carries out
`take_commands()` afterwards, and calls `assign()` once after a batch of engine events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from pycompss.core.beginnings import Beginnings
from pycompss.core.commands import Command, Free, Interrupt, Report, TakeBack
from pycompss.core.events import Event, Kind
from pycompss.core.failures import ATTEMPTS_PER_NODE, Cause, Decision, Failure, decide
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.paths import WORTH
from pycompss.core.resources import Node, Slot
from pycompss.core.spanning import nodes_of
from pycompss.core.task import STATE_ASSIGNED, STATE_DONE, STATE_FAILED, STATE_PENDING, STATE_WAITING
from pycompss.core.waiting import Clock
from pycompss.core.watches import Watch

HELD_UP = 0.02  # seconds that any task may be held up by others on its core, so that it tells little of its type
_OUTCOMES = {Decision.GIVE_UP: "failed", Decision.STOP: "failed"}


class Coordinator(Beginnings):
    """Tasks, data, groups, resources and failures of one run."""

    def __init__(self, nodes: Iterable[Node], clock: Clock = lambda: 0.0) -> None:
        super().__init__(nodes, clock)
        self.done = 0
        self.assign = self.scheduler.assign  # give work to every node that has room for some
        self.failed_count = 0

    # -- talking to the outside ---------------------------------------------------------------------------------------

    def take_commands(self) -> list[Command]:
        """What is to be done now, in order; the list is handed over."""
        commands = self.commands.copy()
        self.commands.clear()
        if self.data.freed:  # goes first: it decides whether a task may update its input in place
            commands.insert(0, Free(self.data.freed))
            self.data.freed = []
        return commands

    def record_to(self, journal: list[Event] | None) -> None:
        """Append events of everything that happens from now on to `journal`."""
        self.journal = journal
        self.scheduler.journal = journal

    # -- the engine reports: it went well -----------------------------------------------------------------------------

    def finished(self, task: Invocation, values: Sequence[Any], seconds: float) -> None:
        """The task ended well; `values` are descriptors for its writes, in order."""
        if task.state is not STATE_ASSIGNED and task.state >= STATE_DONE:
            return
        definition = task.definition
        mean = definition.statistics
        if mean is None or seconds > 4 * mean:
            definition.statistics = 2 * mean if mean and seconds < HELD_UP else seconds
            self.scheduler.paths.has_learned = True
        else:
            now = definition.statistics = mean + 0.2 * (seconds - mean)
            if mean >= WORTH and now < WORTH:  # its tasks no longer need an order
                self.scheduler.paths.has_learned = True
        if self.journal is not None and not self.is_told:
            if task.slot is self.reporting and task.attempt == 1:
                self.ends.append((task.id, seconds, self.stamp))
            else:
                self._journal_end(task, seconds)
        where = self.leave_slot(task)
        task.state = STATE_DONE
        self.done += 1
        if task.special is not None and task.replicas is not None:
            self._discard(task, values)
            self._end_replica(task, partial(self._end_well, values=values, where=where), succeeded=True)
            return
        if task.writes:
            self._publish(task, values, where)
        self._retire(task, succeeded=True)

    def _journal_end(self, task: Invocation, seconds: float) -> None:
        slot = task.slot
        if self.journal is not None and slot is not None:
            self.journal.append(
                (Kind.TASK_FINISHED, self.clock(), task.id, slot.node.name, slot.id, task.attempt, seconds)
            )

    def raised(self, task: Invocation, values: Sequence[Any], seconds: float, message: str) -> bool:
        """The task raised COMPSsException: it counts as finished, its groups are cancelled. True if it had groups."""
        groups = task.groups
        self.finished(task, values, seconds)
        for group in groups:
            if group.exception is None:
                group.exception = message
            self.cancel_group(group)
        return bool(groups)

    # -- the engine reports: it went wrong ----------------------------------------------------------------------------

    def failed(
        self, task: Invocation, failure: Failure, values: list[Any] | None, *, on_node: int | None = None
    ) -> None:
        """An attempt failed. `values`: what the task left of its writes (NO_VALUE where nothing is worth keeping)."""
        if task.state >= STATE_DONE:
            return
        if task.id in self.stopping:  # however it ended, it was asked to
            self.cancelled(task)
            return
        decision = decide(task.policy, task.attempt, failure.cause)
        node = task.slot.node.index if task.slot is not None else (on_node or 0)
        self._report(task, failure, _OUTCOMES.get(decision, decision.value), node)
        if decision is Decision.RETRY:
            self._retry(task, node, failure.cause)
            return
        self.failed_count += 1
        self.leave_slot(task)
        task.state = STATE_DONE if decision is Decision.IGNORE else STATE_FAILED
        if decision is Decision.STOP:
            self.tell_program(failure)  # a task that called it does not go on, either
        elif decision is Decision.GIVE_UP:
            self._tell(task, failure)
        ending = self._ending(decision, failure, values, node)
        if task.replicas is not None:
            self._end_replica(task, ending, succeeded=decision is Decision.IGNORE)
        else:
            ending(task)
        if decision is Decision.STOP:
            self.cancel_all()

    def _ending(
        self, decision: Decision, failure: Failure, values: list[Any] | None, node: int
    ) -> Callable[[Invocation], None]:
        if decision is Decision.IGNORE:
            return lambda task: self._end_ignored(task, values, node)
        if decision is Decision.CANCEL_SUCCESSORS:
            return lambda task: self._end_cancelling(task, values, node)
        return lambda task: self._end_failed(task, failure)

    def _report(self, task: Invocation, failure: Failure, outcome: str, node: int) -> None:
        failure.attempt = task.attempt
        failure.node = failure.node or self.nodes[node].name
        if self.journal is not None:
            slot = task.slot.id if task.slot else 0
            self.journal.append(
                (Kind.TASK_FAILED, self.clock(), task.id, failure.node, slot, task.attempt, outcome, failure.message)
            )
        self.commands.append(Report(failure, outcome))

    def _retry(self, task: Invocation, node: int, cause: Cause) -> None:
        """The first attempts stay on the first node, the others go to another if there is one."""
        self.leave_slot(task)
        if len(self.nodes) > 1 and not task.definition.is_replicated and task.avoid < 0:
            self._choose_again(task, node, cause)
        if self.journal is not None:
            self.journal.append((Kind.TASK_RETRIED, self.clock(), task.id, task.attempt + 1))
        self._put_back(task)

    def _put_back(self, task: Invocation) -> None:
        """It is the next, unless it waits for something."""
        if task.pending:
            task.state = STATE_PENDING
        else:
            self.scheduler.put_back(task)

    def _choose_again(self, task: Invocation, node: int, cause: Cause) -> None:
        """Where a task that failed on this node goes next; on several, which one is not its main node."""
        is_useless = self.nodes[node].is_gone or self.nodes[node].is_leaving or cause is Cause.DISK
        if task.attempt >= ATTEMPTS_PER_NODE or is_useless:
            task.avoid = node
        if nodes_of(task.requirement) > 1:
            return
        other = self.scheduler.other_node(task, node) if task.avoid == node else node
        task.target = other if other >= 0 else node

    def returned(self, tasks: Iterable[Invocation]) -> None:
        """Tasks that were sent ahead come back without having begun."""
        for task in sorted(tasks, key=lambda t: -t.id):
            if task.state is not STATE_ASSIGNED:
                continue
            if task.id in self.stopping:
                self.cancelled(task)
                continue
            self.leave_slot(task)
            task.attempt -= 1
            if self.scheduler.handing is not None:
                self.scheduler.handing.came_back(task)
            if self.journal is not None:
                self.journal.append((Kind.TASK_RETURNED, self.clock(), task.id))
            self._put_back(task)  # it waits if what it followed did not end well, or comes back, too

    def lost(self, slot: Slot, running: int | None, failure: Callable[[Invocation], Failure]) -> None:
        """The slot's worker died while it executed task `running` (None: between tasks)."""
        tasks = list(slot.tasks.values())
        ran = [task for task in tasks if task.id == running or task.state is STATE_WAITING]
        self.returned([task for task in tasks if task not in ran])
        for task in ran:
            self.failed(task, failure(task), None)
        self.scheduler.abandon(slot)

    # -- tasks inside tasks -------------------------------------------------------------------------------------------

    def waiting(self, task: Invocation, watch: Watch) -> None:
        """A running task waits for tasks of its own: its units are lent until the watch is done.

        What was sent behind it must not begin before it has come back (`returned`).
        """
        slot = task.slot
        if slot is None or task.state is not STATE_ASSIGNED:
            return
        task.state = STATE_WAITING
        watch.task = task
        if watch.done:
            self.scheduler.resuming.append((slot, watch))
        if len(slot.tasks) > 1:
            self.commands.append(TakeBack(slot))
        self.scheduler.park(slot)

    # -- cancelling ---------------------------------------------------------------------------------------------------

    def cancel(self, task: Invocation) -> None:
        """Stop one task: at once if it does not run yet, else through the engine."""
        if task.state in (STATE_ASSIGNED, STATE_WAITING):
            if task.id not in self.stopping:
                self.stopping.add(task.id)
                self.commands.append(Interrupt(task))
        else:
            self.cancelled(task)

    def cancel_group(self, group: Group) -> None:
        for task in list(group.members.values()):
            self.cancel(task)

    def cancel_all(self) -> None:
        for task in reversed(list(self.unfinished.values())):
            self.cancel(task)

    # -- statistics ---------------------------------------------------------------------------------------------------

    def statistics(self) -> dict[str, int]:
        """Counts of tasks by state."""
        running = sum(len(slot.tasks) for slot in self.scheduler.slots.values())
        return {
            "total": self.last_task,
            "done": self.done,
            "running": running,
            "waiting": self.live - running,
            "failed": self.failed_count,
            "cancelled": self.cancelled_count,
        }
