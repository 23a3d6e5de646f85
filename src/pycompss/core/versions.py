"""What a datum is: something that tasks share, whose value over time is a sequence of versions d1v1, d1v2, ….

A version lives as long as it has claims: the datum whose current version it is, each unfinished task that reads it,
each version that is an alias of it, and the pending version that replaces it without reading it (if its task is
cancelled, the datum goes back). Nothing here knows where a value lies: `value` belongs to the engine. Which accesses
make versions, and who waits for them: `data`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

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
GONE: Final = Datum(0).current
GONE.status = STATUS_FREED
