"""Versions get their value, or turn out to have none; whoever waits for them is told.

A version that settles makes tasks ready, cancels those that can never run, and settles the versions that were made its
aliases. All that can run through long chains, so what follows from a settlement is noted on an agenda that the
outermost call works off; nothing calls itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from pycompss.core.data import Data
from pycompss.core.events import Event, Kind
from pycompss.core.failures import Failure
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Node, Slot
from pycompss.core.task import STATE_CANCELLED, STATE_DONE, STATE_FAILED, STATE_PENDING
from pycompss.core.versions import STATUS_FAILED, STATUS_PENDING, STATUS_READY, Datum, Status, Version
from pycompss.core.waiting import Clock, Waiting


class Settling(Waiting):
    """Data, and what follows when a version gets its value or none."""

    def __init__(self, nodes: Iterable[Node], clock: Clock = lambda: 0.0) -> None:
        super().__init__(nodes, clock)
        self.data = Data()
        self.journal: list[Event] | None = None
        self.reporting: Slot | None = None  # tasks of this one end well now, one after another; see `ends`
        self.ends: list[tuple[int, float, float]] = []  # those that are not in the journal yet: number, seconds, stamp
        self.is_told = False  # the ends that are reported just now are in the journal already
        self.stamp = 0.0  # when the one that ends now did, as the worker told
        self.notes: Any = None  # what their worker told with them
        self._doomed: deque[tuple[Invocation, Failure | None]] = deque()  # cancelled, but not yet ended
        self._following: deque[Version] = deque()  # aliases of what has settled
        self._is_working = False
        self.barred: list[Version] = []  # whose readers are cancelled
        self.has_losses = False  # since a version has had no value, new tasks may be such as can never run

    # -- what the layer above decides ---------------------------------------------------------------------------------

    def _ready(self, task: Invocation) -> bool:
        raise NotImplementedError

    def _end_cancelled(self, task: Invocation, failure: Failure | None) -> None:
        raise NotImplementedError

    def tell_ends(self) -> None:
        """What follows from the ends of tasks comes into the journal after them."""
        if self.ends and self.journal is not None and self.reporting is not None:
            slot = self.reporting
            columns = zip(*self.ends, strict=True)
            self.ends = []
            self.journal.append((Kind.TASKS_ENDED, self.clock(), slot.node.name, slot.id, self.notes, *columns))

    def tell_together(self, tasks: Sequence[int], seconds: Sequence[float], stamps: Sequence[float | None]) -> bool:
        """Tasks of `reporting` are about to end well: in the journal they do so at once, ahead of what follows.

        False if some of them are not there any more, or have been tried before; then each is told of as it ends.
        """
        slot = self.reporting
        if self.journal is None or slot is None:
            return False
        sent = slot.tasks
        try:
            attempts = [sent[number].attempt for number in tasks]
        except KeyError:
            return False
        if attempts.count(1) < len(attempts):
            return False
        what = (self.notes, tasks, seconds, stamps)
        self.journal.append((Kind.TASKS_ENDED, self.clock(), slot.node.name, slot.id, *what))
        return True

    def _note(self, version: Version, journal: list[Event]) -> None:
        """Literals are there as soon as their task has ended, and not worth an event."""
        if type(version.value) is not tuple and not version.datum.is_file:
            return
        self.tell_ends()
        where = self.nodes[version.nodes[0]].name if version.nodes else ""
        size = 0 if version.datum.is_file else self.scheduler.size_of(version.value)
        journal.append((Kind.VERSION_READY, self.clock(), version.label, size, where))

    # -- settling -----------------------------------------------------------------------------------------------------

    def _settle(self, version: Version, status: Status) -> None:
        """A version left PENDING: tell everybody who waits for it."""
        version.status = status
        if status is not STATUS_READY:
            self.has_losses = True
        elif self.journal is not None:
            self._note(version, self.journal)
        waiters = version.waiters
        if waiters is not None:
            version.waiters = None
            if status is not STATUS_READY and _is_hopeless(version):
                self._doom_all(waiters, version.failure)
                waiters = []
            for task in waiters:
                task.pending -= 1
                if not task.pending and task.state is STATE_PENDING:
                    self._ready(task)
        if version.watches is not None or version.special is not None:
            self._tell_others(version)
        if version.claims <= 0 or self.data.replaced:
            self.data.settled(version)
        if self._doomed or self._following:
            self._work_off()

    def fail_version(self, version: Version) -> None:
        """A version whose value was lost fails, as its `failure` says."""
        self._settle(version, STATUS_FAILED)

    def _tell_others(self, version: Version) -> None:
        if version.watches is not None:
            watches, version.watches = version.watches, None
            for watch in watches:
                self._count_down(watch)
        if version.special is not None and version.followers is not None:
            self._following.extend(version.followers)
            version.followers = None

    def _doom_all(self, waiters: list[Invocation], failure: Failure | None) -> None:
        for task in waiters:
            task.pending -= 1
            self._doom(task, failure)

    def _is_doomed(self, task: Invocation) -> bool:
        """A task that reads what failed for good, or what will never be, is not run."""
        for version in task.reads:
            if version.status is STATUS_READY and version.alias is None and version.special is None:
                continue  # nearly always: what follows would say the same
            if _cancels(version) or (version.status is not STATUS_PENDING and _is_hopeless(version)):
                if any(map(_cancels, task.reads)):
                    self.bar(task.writes)
                self._doom(task, version.failure or version.content.failure)
                self._work_off()
                return True
        return False

    def bar(self, versions: Iterable[Version]) -> None:
        """Tasks that will read these are cancelled, as those that wait for them are.

        It must not matter which is faster, the program that submits or the task that fails.
        """
        self.has_losses = True
        for version in versions:
            version.cancels = True
            self.barred.append(version)

    def forgive(self, version: Version | None = None) -> None:
        """The program has seen the value (None: all values), and goes on from it."""
        if version is not None:
            version.cancels = version.content.cancels = False
            return
        for barred in self.barred:
            barred.cancels = False
        self.barred.clear()

    def _doom(self, task: Invocation, failure: Failure | None) -> None:
        """The task will not run; it ends when the agenda comes to it."""
        self.has_losses = True
        if task.state < STATE_DONE:
            task.state = STATE_CANCELLED
            self._doomed.append((task, failure))

    def _work_off(self) -> None:
        if self._is_working:
            return
        self._is_working = True
        while self._doomed or self._following:
            if self._doomed:
                self._end_cancelled(*self._doomed.popleft())
            else:
                self._followed(self._following.popleft())
        self._is_working = False

    # -- aliases ------------------------------------------------------------------------------------------------------

    def _follow(self, version: Version, target: Version) -> None:
        """`version` will be whatever `target` will be."""
        if target.shared is not None:
            target.shared.open = False
        self.data.make_alias(version, target)
        if target.status is not STATUS_PENDING:
            self._followed(version)
        elif target.followers is None:
            target.followers = [version]
        else:
            target.followers.append(version)

    def snapshot(self, datum: Datum) -> Datum:
        """Another datum, whose value is what `datum` stands for now: who writes one does not change the other."""
        current = datum.current
        other = self.data.new_datum(is_file=datum.is_file)
        other.current.status, other.current.producer = STATUS_PENDING, current.producer
        self._follow(other.current, current)
        return other

    def _followed(self, version: Version) -> None:
        target = version.alias
        if target is None or version.status is not STATUS_PENDING:
            return
        status, content = target.status, target.content
        version.failure = target.failure
        if content is not target:  # no chains: whatever lies between may go
            version.alias = self.data.claim(content)
            self.data.unclaim(target)
        self._settle(version, status)


def _cancels(version: Version) -> bool:
    """Whether it is of a task that cancels its successors; then so is what its readers were to write."""
    return version.cancels or version.content.cancels


def _is_hopeless(version: Version) -> bool:
    """A settled version without a value that a task could be run with."""
    if version.status is STATUS_READY:
        return version.alias is not None and version.content.status is STATUS_FAILED  # it was lost for good
    if version.status is STATUS_FAILED:
        return True
    producer = version.producer  # VOID: what was ignored leaves nothing, and its successors run all the same
    return version.shared is not None or (producer is not None and producer.state in (STATE_FAILED, STATE_CANCELLED))
