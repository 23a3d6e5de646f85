"""Data and their accesses: how a sequential program becomes a graph.

Every datum that tasks touch has versions (`versions`): a write makes the next one, a read names the one that is
current when the task is submitted. No version is ever overwritten while somebody may read it, so only true
dependencies (read after write) are left; write-after-read and write-after-write vanish, as they do when a processor
renames registers (Tomasulo, 1967).

Writers that may share (CONCURRENT) or swap order (COMMUTATIVE) form a *shared write*: one version that is complete
when all its members are. A version without claims is freed, and with it what it claimed itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pycompss.core.parameter import Direction
from pycompss.core.sharing import SharedWrite
from pycompss.core.versions import GONE, STATUS_FREED, STATUS_PENDING, STATUS_READY, STATUS_VOID, Datum, Version

if TYPE_CHECKING:
    from pycompss.core.invocation import Invocation

_blank = Datum.__new__  # as a name of this module it is found sooner


class Data:
    """All data of a run, and the rules by which accesses become dependencies."""

    def __init__(self) -> None:
        self.last_id = 0
        self.freed: list[Version] = []  # versions without claims whose value may go; the coordinator reports them
        self.lets_literals_go = False  # values that are no tuples take nothing but themselves: nobody need be told
        self.replaced: dict[Version, Version] = {}  # pending version -> the one that its task replaces unread
        self.renamed = 0  # grows when the program can no longer name a version that somebody else still claims
        self._dying: list[Version] = []
        self._is_freeing = False

    def new_datum(self, *, is_file: bool = False) -> Datum:
        self.last_id += 1
        return Datum(self.last_id, is_file=is_file)

    def skip_id(self) -> None:
        """Use up one number: collections count as data in labels although only their elements have versions."""
        self.last_id += 1

    def initial(self, value: Any, *, is_file: bool = False) -> Datum:
        """A datum whose first version comes from the program."""
        datum = self.new_datum(is_file=is_file)
        datum.current.status = STATUS_READY
        datum.current.value = value
        return datum

    def result(self, producer: Invocation) -> Datum:
        """A datum that a task returns, its next write: number 2, as version 1 stands for "not yet"."""
        self.last_id += 1
        datum = _blank(Datum)
        datum.id = self.last_id
        datum.is_file = False
        datum.handles = 1
        datum.origin = None
        version = datum.current = Version(datum, 2, producer, STATUS_PENDING, 1)
        if producer.writes:
            producer.writes.append(version)
        else:
            producer.writes = [version]
        return datum

    # -- accesses ------------------------------------------------------------------------------------------------

    def read(self, task: Invocation, datum: Datum) -> Version:
        """`task` reads the current version: it waits for it and claims it until it has finished."""
        version = datum.current
        if version.special is not None or version.producer is task:
            version = self._read_special(task, version)
        version.claims += 1
        if version.status is STATUS_PENDING:
            _await(task, version)
        elif version.alias is not None and version.content.status is STATUS_PENDING:
            _await(task, version.content)
        task.reads.append(version)
        return version

    def access_all(self, task: Invocation, versions: list[Version], updates: Iterable[tuple[int, int]] = ()) -> None:
        """The same for current versions of different data: all that `task` reads. updates: those that it changes.

        (Index in reads, index in writes), as payloads number them.
        """
        task.reads = versions
        pending = 0
        for version in versions:
            if version.special is not None and version.shared is not None:
                version.shared.open = False
            version.claims += 1
            if version.status is STATUS_PENDING:  # as `_await`, without the call
                pending += 1
                waiters = version.waiters
                if waiters is None:
                    version.waiters = [task]
                else:
                    waiters.append(task)
            elif version.alias is not None and version.content.status is STATUS_PENDING:
                _await(task, version.content)
        task.pending += pending
        if updates:
            task.writes = []
            for position, _ in updates:
                datum = versions[position].datum
                old = datum.current
                old.claims -= 1  # that of the datum; the task has one
                if old.claims > 1:
                    self.renamed += 1
                task.writes.append(datum.write(task))

    def _read_special(self, task: Invocation, version: Version) -> Version:
        """What the task reads of a datum that several write together, or that it writes itself."""
        shared = version.shared
        if shared is not None:
            shared.open = False
        if version.producer is task or (shared is not None and task.shared):
            return self._before(task, version)
        return version

    def read_like(self, task: Invocation, other: Invocation) -> None:
        """`task` reads the same versions as `other`."""
        task.reads = [self.claim(version) for version in other.reads]
        for version in task.reads:
            if version.holder.status is STATUS_PENDING:
                _await(task, version.holder)

    def write(self, task: Invocation, datum: Datum) -> Version:
        """`task` makes the next version; whoever comes later sees that one."""
        old = datum.current
        if old.special is not None and old.shared is not None:
            old.shared.open = False
        version = datum.write(task)
        if not datum.handles:
            version.claims -= 1
        elif old.claims > 1 and old in reversed(task.reads):  # mostly the last one: a collection has many
            self.unclaim(old)
        else:
            self.replaced[version] = old  # with the claim that the datum had on it
        if old.claims > 1:
            self.renamed += 1
        task.writes.append(version)
        return version

    def _before(self, task: Invocation, version: Version) -> Version:
        """What a task reads of a datum that it also writes by another of its parameters: never its own output."""
        while version.producer is task and version in self.replaced:
            version = self.replaced[version]
        if version.producer is task:
            others = (read for read in task.reads if read.datum is version.datum)
            return next(others, None) or Version(version.datum, 1, None, STATUS_VOID)
        if any(shared is version.shared for shared, _, _ in task.shared) and version.shared is not None:
            return version.shared.base
        return version

    def share(self, task: Invocation, datum: Datum, direction: Direction) -> None:
        """`task` joins the open group of CONCURRENT or COMMUTATIVE writers, or opens one."""
        if datum.current.producer is task:  # it writes the datum by another parameter, too: nothing to share
            self.read(task, datum)
            self.write(task, datum)
            return
        shared = datum.current.shared
        if shared is None or not shared.open or shared.direction is not direction:
            shared = self._open_shared(datum, direction)
        shared.unfinished += 1
        shared.version.status = STATUS_PENDING
        if shared.version.alias is not None:  # it was complete for a moment; nobody read it, or it were closed
            self.unclaim(shared.version.alias)
            shared.version.alias = None
        if shared.base.status is STATUS_PENDING:
            _await(task, shared.base)
        task.shared = (*task.shared, (shared, len(task.reads), len(task.writes)))
        # CONCURRENT members read the base and write the group's version; COMMUTATIVE ones learn theirs at their turn.
        shared.base.claims += 1
        task.reads.append(shared.base)
        shared.version.claims += 1
        task.writes.append(shared.version)

    def _open_shared(self, datum: Datum, direction: Direction) -> SharedWrite:
        base = datum.current
        if base.shared is not None:
            base.shared.open = False
        version = datum.write(None)
        shared = version.shared = SharedWrite(version, base, direction)
        self.renamed += 1
        base.claims += 2  # the group's base and its content, until the group is complete and freed
        self.unclaim(base)  # no longer current
        return shared

    # -- life of versions ----------------------------------------------------------------------------------------

    def unclaim(self, version: Version) -> None:
        """Drop one claim; the last one frees the value."""
        version.claims -= 1
        if version.claims <= 0 and version.status is not STATUS_PENDING:
            self.free(version)

    def claim(self, version: Version) -> Version:
        version.claims += 1
        return version

    def make_alias(self, version: Version, target: Version) -> None:
        """`version` has the value of `target` from now on."""
        version.alias = target
        target.claims += 1

    def release(self, datum: Datum) -> None:
        """The program gave up one handle of `datum`; without handles its current version may go."""
        datum.handles -= 1
        if datum.handles == 0:
            version = datum.current
            version.claims -= 1
            if version.claims > 0:
                self.renamed += 1
            elif version.status is not STATUS_PENDING:
                self.free(version)

    def settled(self, version: Version) -> None:
        """Called when a version left PENDING: nobody may be left who wants it."""
        if self.replaced:
            old = self.replaced.pop(version, None)
            if old is not None:
                self.unclaim(old)
        if version.claims <= 0:
            self.free(version)

    def free(self, version: Version) -> None:
        """Nobody wants the version: its value may go, and what it claimed is unclaimed."""
        if version.status is STATUS_FREED:
            return
        datum = version.datum
        if version.status is STATUS_READY and version.alias is None:
            if self.lets_literals_go and type(version.value) is not tuple and not datum.is_file:
                version.value = None
            else:
                self.freed.append(version)
        version.status = STATUS_FREED
        if not datum.handles and datum.current is version:
            datum.current = GONE
        if version.alias is not None or version.special is not None or version.lineage is not None:
            self._dying.append(version)
            if not self._is_freeing:
                self._bury()

    def _bury(self) -> None:
        """One after another, not one inside another: chains are long."""
        self._is_freeing = True
        while self._dying:
            version = self._dying.pop()
            if version.alias is not None:
                self.unclaim(version.alias)
            if version.lineage is not None:
                version.lineage.drop(self)
                version.lineage = None
            shared, version.shared = version.shared, None
            if shared is not None:
                self.unclaim(shared.base)
                self.unclaim(shared.content)
        self._is_freeing = False


def _await(task: Invocation, version: Version) -> None:
    task.pending += 1
    if version.waiters is None:
        version.waiters = [task]
    else:
        version.waiters.append(task)
