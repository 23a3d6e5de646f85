"""The core's one entrance: things happen (methods), and commands come out (`commands`).

    program: submit, watch_*, cancel_group, release …      engine: finished, failed, lost, waiting, returned …

Nothing here blocks, computes on user data or looks at a clock. The caller serialises the calls (one lock), carries out
`take_commands()` afterwards, and calls `assign()` once after a batch of engine events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pycompss.core.commands import Command, Free, Interrupt, Report, Wake
from pycompss.core.data import Data, SharedWrite, Status, Version
from pycompss.core.events import Event, Kind
from pycompss.core.failures import ATTEMPTS_PER_NODE, Cause, Decision, Failure, decide
from pycompss.core.groups import Group
from pycompss.core.invocation import _NONE, Invocation, Replicas
from pycompss.core.parameter import Direction
from pycompss.core.resources import Node, Requirement, Slot
from pycompss.core.scheduling import Scheduler
from pycompss.core.task import Definition, Policy, State
from pycompss.core.watches import Watch

NO_VALUE: tuple[Any, ...] = ()
Clock = Callable[[], float]


class Coordinator:
    """Tasks, data, groups, resources and failures of one run."""

    def __init__(self, nodes: Iterable[Node], clock: Clock = lambda: 0.0) -> None:
        self.commands: list[Command] = []
        self.data = Data()
        self.nodes = list(nodes)
        self.scheduler = Scheduler(self.nodes, self.commands)
        self.scheduler.clock = clock  # type: ignore[assignment]
        self.clock = clock
        self.last_task = 0
        self.types: list[Definition] = []
        self.live = 0  # submitted and not finished
        self.done = 0
        self.failed_count = 0
        self.cancelled_count = 0
        self.running: dict[int, Invocation] = {}  # only bookkeeping of tasks in states WAITING
        self.unfinished: dict[int, Invocation] = {}  # every task that has not ended, for cancellation
        self.unreported: list[Failure] = []  # failures for good that the program has not been told
        self.child_failures: dict[int, list[Failure]] = {}  # by calling task, until it was told or has ended
        self.program_watches: dict[int, Watch] = {}
        self.idle_watches: list[tuple[Watch, Invocation | None]] = []
        self.journal: list[Event] | None = None

    # -- talking to the outside ----------------------------------------------------------------------------------

    def take_commands(self) -> list[Command]:
        """What is to be done now, in order; the list is handed over."""
        if not self.commands and not self.data.freed:
            return []
        # What became free goes first: it decides whether a task may update its input in place.
        commands: list[Command] = [*map(Free, self.data.freed), *self.commands]
        self.data.freed = []
        self.commands.clear()
        return commands

    def record_to(self, journal: list[Event] | None) -> None:
        """Append events of everything that happens from now on to `journal`."""
        self.journal = journal
        self.scheduler.journal = journal

    def assign(self) -> None:
        self.scheduler.assign()

    # -- submission ----------------------------------------------------------------------------------------------

    def register(self, definition: Definition) -> int:
        """Number a task type at its first call."""
        definition.number = len(self.types)
        self.types.append(definition)
        if self.journal is not None:
            self.journal.append((Kind.TYPE_REGISTERED, self.clock(), definition.number, definition.name))
        return definition.number

    def new_task(self, definition: Definition, requirement: Requirement, payload: Any) -> Invocation:
        """The next invocation; its accesses are added through `data` before `submit`."""
        self.last_task += 1
        return Invocation(self.last_task, definition, requirement, payload)

    def best_node(self) -> Node:
        return max(self.nodes, key=lambda node: (node.units, node.memory or 0))

    def can_ever_run(self, need: Requirement) -> bool:
        return any(node.could_hold(need) for node in self.nodes)

    def submit(self, task: Invocation) -> bool:
        """All accesses of `task` are recorded: run it when they allow. True when `assign` may have something to do."""
        self.live += 1
        self.unfinished[task.id] = task
        for group in task.groups:
            group.members[task.id] = task
        parent = task.parent
        while parent is not None:
            parent.live += 1
            parent = parent.parent
        if self._is_doomed(task):
            return True
        if task.definition.is_replicated and task.replicas is None and len(self.nodes) > 1:
            self._replicate(task)
        elif task.definition.is_distributed and task.target < 0:
            task.target = self.scheduler.next_node(task)
        if task.pending:
            return False
        return self._ready(task)

    def _is_doomed(self, task: Invocation) -> bool:
        """A task that reads what failed for good can never run."""
        for version in task.reads:
            if version.content.status is Status.FAILED or version.status is Status.FAILED:
                failure = version.failure or version.content.failure
                self._end_cancelled(task, failure)
                return True
        return False

    def _replicate(self, task: Invocation) -> None:
        """One execution on every node: this one for the first, clones for the others."""
        able = [node.index for node in self.nodes if node.could_hold(task.requirement)]
        task.target = able[0]
        task.replicas = Replicas(task, len(able))
        for index in able[1:]:
            clone = Invocation(task.id, task.definition, task.requirement, task.payload)
            self.last_task += 1
            clone.id = self.last_task
            clone.policy = task.policy
            clone.target = index
            clone.replicas = task.replicas
            clone.parent = task.parent
            clone.groups = task.groups
            clone.reads = [self.data.claim(version) for version in task.reads]
            for version in clone.reads:
                if version.status is Status.PENDING:
                    clone.pending += 1
                    (version.waiters or []).append(clone)
            self.submit(clone)

    def _ready(self, task: Invocation) -> bool:
        if task.shared and not self._take_turns(task):
            return False
        if self.journal is not None:
            self.journal.append((Kind.TASK_READY, self.clock(), task.id))
        return self.scheduler.add(task)

    # -- COMMUTATIVE: one at a time, in any order ------------------------------------------------------------------

    def _take_turns(self, task: Invocation) -> bool:
        """Take all mutexes of the task at once, or queue for the first that is busy."""
        mine = [entry for entry in task.shared if entry[0].direction is Direction.COMMUTATIVE]
        for shared, _, _ in mine:
            if shared.busy:
                shared.queue.append(task)
                return False
        for shared, read, write in mine:
            shared.busy = True
            content = Version(shared.version.datum, shared.version.number, task, Status.PENDING)
            content.claims = 1
            self.data.claim(shared.content)
            self.data.unclaim(task.reads[read])
            task.reads[read] = shared.content
            self.data.unclaim(task.writes[write])
            task.writes[write] = content
        return True

    def _leave_shared(self, task: Invocation, *, succeeded: bool) -> None:
        """The task ended: pass the turn on, complete the group with its last member."""
        for shared, _, write in task.shared:
            shared.unfinished -= 1
            version = task.writes[write]
            if shared.direction is Direction.COMMUTATIVE and version is not shared.version:
                shared.busy = False
                if succeeded and version.status is Status.READY:
                    self.data.unclaim(shared.content)
                    shared.content = version
                    version.claims += 1
            if version is shared.version:
                version.claims -= 1
            else:
                self.data.unclaim(version)
            if shared.unfinished == 0:
                self._complete_shared(shared)
        for shared, _, _ in task.shared:
            while shared.queue and not shared.busy:
                follower = shared.queue.popleft()
                if follower.state is State.PENDING:
                    self._ready(follower)

    def _complete_shared(self, shared: SharedWrite) -> None:
        version = shared.version
        if version.value is None and version.alias is None:
            self.data.make_alias(version, shared.content)
        content = version.content
        self._settle(version, Status.READY if version.alias is None else content.status)

    # -- the engine reports ----------------------------------------------------------------------------------------

    def finished(self, task: Invocation, values: Iterable[Any], seconds: float) -> None:
        """The task ended well; `values` are descriptors for its writes, in order."""
        if task.state >= State.DONE:
            return
        definition = task.definition
        mean = definition.statistics
        if mean is None or seconds > 4 * mean:
            definition.statistics = seconds
        else:
            definition.statistics = mean + 0.2 * (seconds - mean)
        if self.journal is not None:
            self._journal_end(task, seconds)
        node = self._leave_slot(task)
        task.state = State.DONE
        self.done += 1
        if task.replicas is not None:
            self._end_replica(task, values, node)
            return
        if task.writes:
            self._publish(task, values, node)
        self._retire(task, succeeded=True)

    def _journal_end(self, task: Invocation, seconds: float) -> None:
        slot = task.slot
        if self.journal is not None and slot is not None:
            self.journal.append(
                (Kind.TASK_FINISHED, self.clock(), task.id, slot.node.name, slot.id, task.attempt, seconds)
            )

    def _end_replica(self, task: Invocation, values: Iterable[Any], node: int) -> None:
        replicas = task.replicas
        if replicas is None:
            return
        replicas.left -= 1
        main = replicas.main
        if task is main:
            main.payload = (main.payload, list(values), node)  # kept until all executions have finished
        else:
            self._retire(task, succeeded=True)
        if replicas.left == 0 and main.state is State.DONE:
            _, kept, where = main.payload
            self._publish(main, kept, where)
            self._retire(main, succeeded=True)

    def _publish(self, task: Invocation, values: Iterable[Any], node: int) -> None:
        where = (node,)
        for version, value in zip(task.writes, values, strict=True):
            if version.shared is not None:  # CONCURRENT: only the group's completion makes it ready
                if value is not None:
                    version.value = value
                continue
            if type(value) is Version:  # a task returned a future: whatever that will be
                self._follow(version, value)
                continue
            version.value = value
            version.nodes = where
            self._settle(version, Status.READY)

    def _follow(self, version: Version, target: Version) -> None:
        self.data.make_alias(version, target)
        if target.status is Status.PENDING:
            link = Watch(lambda: self._followed(version, target))
            self._watch_version(link, target)
        else:
            self._followed(version, target)

    def _followed(self, version: Version, target: Version) -> None:
        version.failure = target.failure
        status = target.status
        self._settle(version, status if status in (Status.FAILED, Status.VOID) else Status.READY)

    def _settle(self, version: Version, status: Status) -> None:
        """A version left PENDING: tell everybody who waits for it."""
        version.status = status
        waiters, version.waiters = version.waiters, None
        watches, version.watches = version.watches, None
        if self.journal is not None and status is Status.READY:
            where = self.nodes[version.nodes[0]].name if version.nodes else ""
            self.journal.append((Kind.VERSION_READY, self.clock(), version.label, 0, where))
        if waiters:
            for task in waiters:
                task.pending -= 1
                if status is Status.FAILED:
                    self._end_cancelled(task, version.failure)
                elif task.pending == 0 and task.state is State.PENDING:
                    self._ready(task)
        if watches:
            for watch in watches:
                self._count_down(watch)
        self.data.settled(version)

    def _leave_slot(self, task: Invocation) -> int:
        slot = task.slot
        if slot is None:
            return 0
        slot.tasks.pop(task.id, None)
        if not slot.tasks:
            self.scheduler.idle.append(slot)
        task.slot = None
        return slot.node.index

    def _retire(self, task: Invocation, *, succeeded: bool) -> None:
        """Forget everything that only a live task needs."""
        if task.shared:
            self._leave_shared(task, succeeded=succeeded)
        if task.reads:
            for version in task.reads:
                version.claims -= 1
                if version.claims <= 0 and version.status is not Status.PENDING:
                    self.data._free(version)  # noqa: SLF001  (hot path)
        task.reads = task.writes = task.shared = _NONE
        task.payload = None
        self.unfinished.pop(task.id, None)
        self.live -= 1
        if self.child_failures:
            for failure in self.child_failures.pop(task.id, ()):
                if not failure.reported:
                    self._tell_program(failure)
        for group in task.groups:
            group.members.pop(task.id, None)
            if not group.members and group.watches:
                self._wake_all(group.watches)
        parent = task.parent
        while parent is not None:
            parent.live -= 1
            if parent.live == 0 and self.idle_watches:
                self._check_idle()
            parent = parent.parent
        if self.live == 0 and self.idle_watches:
            self._check_idle()

    # -- failures ------------------------------------------------------------------------------------------------

    def failed(self, task: Invocation, failure: Failure, values: list[Any] | None, *, on_node: int | None = None) -> None:
        """An attempt failed. `values`: what the task left of its writes (None where nothing is worth keeping)."""
        if task.state >= State.DONE:
            return
        decision = decide(task.policy, task.attempt, failure.cause)
        failure.attempt = task.attempt
        node = task.slot.node.index if task.slot is not None else (on_node or 0)
        failure.node = failure.node or self.nodes[node].name
        outcome = {Decision.GIVE_UP: "failed", Decision.STOP: "failed"}.get(decision, decision.value)
        if self.journal is not None:
            slot = task.slot.id if task.slot else 0
            self.journal.append(
                (Kind.TASK_FAILED, self.clock(), task.id, failure.node, slot, task.attempt, outcome, failure.message)
            )
        self.commands.append(Report(failure, outcome))
        if decision is Decision.RETRY:
            self._retry(task, node)
            return
        self.failed_count += 1
        self._leave_slot(task)
        if decision is Decision.IGNORE:
            self._end_ignored(task, values, node)
        elif decision is Decision.CANCEL_SUCCESSORS:
            self._end_cancelling(task, values, node)
        else:
            self._end_failed(task, failure)
            if decision is Decision.STOP:
                self.cancel_all()

    def _retry(self, task: Invocation, node: int) -> None:
        self._leave_slot(task)
        if task.attempt >= ATTEMPTS_PER_NODE and task.avoid < 0:
            task.avoid = node
            if not task.definition.is_replicated:
                task.target = self.scheduler.other_node(task, node)
        if self.journal is not None:
            self.journal.append((Kind.TASK_RETRIED, self.clock(), task.id, task.attempt + 1))
        self._requeue(task)

    def _requeue(self, task: Invocation) -> None:
        task.state = State.READY
        if task.target >= 0:
            self.scheduler.nodes[task.target].pinned.appendleft(task)
        else:
            self.scheduler.queue(task.requirement).put_back(task)

    def _end_ignored(self, task: Invocation, values: list[Any] | None, node: int) -> None:
        task.state = State.DONE
        for position, version in enumerate(task.writes):
            if version.shared is not None:
                continue
            value = values[position] if values else NO_VALUE
            if value is NO_VALUE or value == NO_VALUE:
                self._revert(task, position)
            else:
                version.value = value
                version.nodes = (node,)
                self._settle(version, Status.READY)
        self._retire(task, succeeded=True)

    def _end_cancelling(self, task: Invocation, values: list[Any] | None, node: int) -> None:
        task.state = State.FAILED
        self._cancel_dependants(task)
        for position, version in enumerate(task.writes):
            value = values[position] if values else NO_VALUE
            if version.shared is None and value != NO_VALUE:
                version.value = value
                version.nodes = (node,)
                self._settle(version, Status.READY)
            else:
                self._revert(task, position)
        self._retire(task, succeeded=False)

    def _end_failed(self, task: Invocation, failure: Failure) -> None:
        task.state = State.FAILED
        if task.parent is not None and task.parent.state < State.DONE:
            self.child_failures.setdefault(task.parent.id, []).append(failure)
        else:
            self._tell_program(failure)
        for version in task.writes:
            if version.shared is None:
                version.failure = failure
                self._settle(version, Status.FAILED)
        self._retire(task, succeeded=False)

    def _tell_program(self, failure: Failure) -> None:
        """Whatever the program waits for, it learns of the failure now."""
        self.unreported.append(failure)
        for watch in list(self.program_watches.values()):
            self._fire(watch)

    def take_child_failures(self, task: Invocation) -> list[Failure]:
        """Failures of tasks that `task` called; it is told now."""
        return self.child_failures.pop(task.id, [])

    def _cancel_dependants(self, task: Invocation) -> None:
        for version in task.writes:
            for waiter in list(version.waiters or ()):
                if waiter.state is State.PENDING:
                    self._cancel_dependants(waiter)
                    self._end_cancelled(waiter, None)

    def _end_cancelled(self, task: Invocation, failure: Failure | None) -> None:
        """The task will not run (any more): its data go back to the last valid version, or there is none."""
        if task.state >= State.DONE:
            return
        if task.state is State.PENDING:
            for version in task.reads:
                if version.waiters and task in version.waiters:
                    version.waiters.remove(task)
        self._leave_slot(task)
        task.state = State.CANCELLED
        self.cancelled_count += 1
        if self.journal is not None:
            self.journal.append((Kind.TASK_CANCELLED, self.clock(), task.id))
        for position, version in enumerate(task.writes):
            if failure is not None and version.shared is None:
                version.failure = failure
                self._settle(version, Status.FAILED)
            else:
                self._revert(task, position)
        self._retire(task, succeeded=False)

    def _revert(self, task: Invocation, position: int) -> None:
        """The version gets the value that the task read of the same datum, or none."""
        version = task.writes[position]
        if version.shared is not None or version.status is not Status.PENDING:
            return
        before = next((v for v in task.reads if v.datum is version.datum), None)
        if before is None:
            self._settle_void(version)
        elif before.status is Status.PENDING:
            self._follow(version, before)
        else:
            self.data.make_alias(version, before)
            self._settle(version, before.status)

    def _settle_void(self, version: Version) -> None:
        for waiter in list(version.waiters or ()):
            if waiter.state is State.PENDING:
                self._end_cancelled(waiter, None)
        self._settle(version, Status.VOID)

    def raised(self, task: Invocation, values: Iterable[Any], seconds: float, message: str) -> bool:
        """The task raised COMPSsException: it counts as finished, its groups are cancelled. True if it had groups."""
        groups = task.groups
        self.finished(task, values, seconds)
        for group in groups:
            group.exception = message
            self.cancel_group(group)
        return bool(groups)

    def cancelled(self, task: Invocation) -> None:
        """The engine stopped a running task as asked."""
        self._end_cancelled(task, None)

    def returned(self, tasks: Iterable[Invocation]) -> None:
        """Tasks that were sent ahead come back without having begun."""
        for task in sorted(tasks, key=lambda t: -t.id):
            if task.state is not State.ASSIGNED:
                continue
            self._leave_slot(task)
            task.attempt -= 1
            self._requeue(task)

    def lost(self, slot: Slot, running: int | None, failure: Callable[[Invocation], Failure]) -> None:
        """The slot's worker died while it executed task `running` (None: between tasks)."""
        tasks = list(slot.tasks.values())
        others = [task for task in tasks if task.id != running]
        self.returned([task for task in others if task.state is State.ASSIGNED])
        for task in tasks:
            if task.id == running or task.state is State.WAITING:
                self.failed(task, failure(task), None)
        slot.tasks.clear()
        if slot.id in self.scheduler.slots:
            if slot in self.scheduler.idle:
                self.scheduler.idle.remove(slot)
            self.scheduler.close(slot)

    # -- tasks inside tasks ----------------------------------------------------------------------------------------

    def waiting(self, task: Invocation, watch: Watch) -> None:
        """A running task waits for tasks of its own: its units are lent until the watch is done."""
        slot = task.slot
        if slot is None or task.state is not State.ASSIGNED:
            return
        task.state = State.WAITING
        watch.task = task
        if watch.done:
            self.scheduler.resuming.append((slot, watch))
        slot.parked = True
        slot.node.release(slot.requirement)
        self.scheduler.unblock()

    # -- waiting ---------------------------------------------------------------------------------------------------

    def watch_versions(self, watch: Watch, versions: Iterable[Version]) -> bool:
        """Count the versions that are not there yet; True when there is nothing to wait for."""
        for version in versions:
            if version.shared is not None:
                version.shared.open = False
            if version.status is Status.PENDING:
                self._watch_version(watch, version)
        watch.done = watch.count == 0
        return watch.done

    def _watch_version(self, watch: Watch, version: Version) -> None:
        watch.count += 1
        if version.watches is None:
            version.watches = [watch]
        else:
            version.watches.append(watch)

    def watch_idle(self, watch: Watch, parent: Invocation | None) -> bool:
        """Wait until all tasks (of the program, or those that `parent` submitted) have ended."""
        left = self.live if parent is None else parent.live
        if left == 0:
            watch.done = True
            return True
        watch.count = 1
        self.idle_watches.append((watch, parent))
        return False

    def watch_group(self, watch: Watch, group: Group) -> bool:
        if not group.members:
            watch.done = True
            return True
        watch.count = 1
        group.watches.append(watch)
        return False

    def _check_idle(self) -> None:
        still = []
        for watch, parent in self.idle_watches:
            if (self.live if parent is None else parent.live) == 0:
                self._count_down(watch)
            else:
                still.append((watch, parent))
        self.idle_watches = still

    def _wake_all(self, watches: list[Watch]) -> None:
        for watch in watches:
            self._count_down(watch)
        watches.clear()

    def _count_down(self, watch: Watch) -> None:
        watch.count -= 1
        if watch.count <= 0:
            self._fire(watch)

    def _fire(self, watch: Watch) -> None:
        if watch.done:
            return
        watch.done = True
        if callable(watch.token):
            watch.token()
        elif watch.task is None:
            self.commands.append(Wake(watch))
        elif watch.task.slot is not None and watch.task.slot.parked:
            self.scheduler.resuming.append((watch.task.slot, watch))

    # -- cancelling ------------------------------------------------------------------------------------------------

    def cancel(self, task: Invocation) -> None:
        """Stop one task: at once if it does not run yet, else through the engine."""
        if task.state in (State.ASSIGNED, State.WAITING):
            self.commands.append(Interrupt(task))
        elif task.state < State.DONE:
            self._end_cancelled(task, None)

    def cancel_group(self, group: Group) -> None:
        for task in list(group.members.values()):
            self.cancel(task)

    def cancel_all(self) -> None:
        for task in reversed(list(self.unfinished.values())):
            self.cancel(task)

    # -- statistics ------------------------------------------------------------------------------------------------

    def set_policy(self, task: Invocation, policy: Policy) -> None:
        task.policy = policy

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
