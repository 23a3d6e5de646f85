"""Versions of data: how a sequential program becomes a graph.

Every datum that tasks touch has versions d1v1, d1v2, …: a write makes the next one, a read names the one that is
current when the task is submitted. No version is ever overwritten while somebody may read it, so only true
dependencies (read after write) are left; write-after-read and write-after-write vanish, as they do when a processor
renames registers (Tomasulo, 1967).

Writers that may share (CONCURRENT) or swap order (COMMUTATIVE) form a *shared write*: one version that is complete
when all its members are.

A version lives as long as it has claims: the datum whose current version it is, each unfinished task that reads it,
each version that is an alias of it, and the pending version that replaces it without reading it (if its task is
cancelled, the datum goes back). Nothing here knows where a value lies: `value` belongs to the engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from pycompss.core.parameter import Direction
from pycompss.core.rare import Rare
from pycompss.core.sharing import SharedWrite

if TYPE_CHECKING:
    from pycompss.core.failures import Failure
    from pycompss.core.invocation import Invocation
    from pycompss.core.lineage import Lineage
    from pycompss.core.watches import Watch


class Status(IntEnum):
    """What is known about a version's value."""

    PENDING = 0  # its producer has not finished
    READY = 1
    VOID = 2  # there will be none: the producer was cancelled or ignored without a default
    FAILED = 3  # the producer, or something it needed, failed for good
    FREED = 4


STATUS_PENDING: Final = Status.PENDING  # quick names, as in `core.task`
STATUS_READY: Final = Status.READY
STATUS_VOID: Final = Status.VOID
STATUS_FAILED: Final = Status.FAILED
STATUS_FREED: Final = Status.FREED


class Special:
    """What can be said of few versions."""

    __slots__ = ("cancels", "failure", "followers", "shared")

    def __init__(self) -> None:
        self.cancels = False  # who reads it is cancelled (CANCEL_SUCCESSORS), until the program has seen the value
        self.failure: Failure | None = None
        self.followers: list[Version] | None = None  # aliases that wait for this one
        self.shared: SharedWrite | None = None


class Version:
    """One value of a datum over time; `d3v2` is version 2 of datum 3.

    special: what few versions have; hot code looks whether there is any, other code at the attributes below.
    """

    __slots__ = (
        "alias",
        "claims",
        "datum",
        "lineage",
        "nodes",
        "number",
        "producer",
        "special",
        "status",
        "value",
        "waiters",
        "watches",
    )

    cancels = Rare["bool"](Special, "cancels")
    failure = Rare["Failure | None"](Special, "failure")
    followers = Rare["list[Version] | None"](Special, "followers")
    shared = Rare["SharedWrite | None"](Special, "shared")

    def __init__(self, datum: Datum, number: int, producer: Invocation | None, status: Status, claims: int = 0) -> None:
        self.datum = datum
        self.number = number
        self.producer = producer
        self.status = status
        self.claims = claims
        self.value: Any = None
        self.alias: Version | None = None
        self.nodes: tuple[int, ...] = ()
        self.waiters: list[Invocation] | None = None
        self.watches: list[Watch] | None = None
        self.lineage: Lineage | None = None  # how to make the value again, if it was updated in place
        self.special: Special | None = None

    @property
    def label(self) -> str:
        return f"d{self.datum.id}v{self.number}"

    @property
    def content(self) -> Version:
        """The version that holds the value: this one, or the one it is an alias of."""
        version = self
        while version.alias is not None:
            version = version.alias
        return version

    @property
    def holder(self) -> Version:
        """The version whose value readers wait for: its own, or if that is there, the one it is an alias of.

        They differ when a value was lost and is made again.
        """
        return self if self.alias is None or self.status is STATUS_PENDING else self.content

    def __repr__(self) -> str:
        return f"<{self.label} {self.status.name.lower()}>"


class Datum:
    """Something that tasks share: an object, a file, a directory, the result of a call."""

    __slots__ = ("current", "handles", "id", "is_file", "origin")

    def __init__(self, id_: int, *, is_file: bool = False) -> None:
        self.id = id_
        self.is_file = is_file
        self.handles = 1  # who may still name the datum: the program's future, object or path
        self.origin: Any = None  # opaque to the core: the path of a file
        self.current = Version(self, 1, None, STATUS_VOID, 1)

    def write(self, producer: Invocation | None) -> Version:
        """Make the next version the current one; the caller drops the claim on the old one."""
        version = self.current = Version(self, self.current.number + 1, producer, STATUS_PENDING, 1)
        return version


# What a datum has as its current version when nobody can name it any more and its value is gone: version and datum do
# not keep each other alive until the garbage collector comes.
_GONE: Final = Datum(0).current
_GONE.status = STATUS_FREED


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
        datum = Datum.__new__(Datum)
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
        elif old in task.reads:
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
            datum.current = _GONE
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
