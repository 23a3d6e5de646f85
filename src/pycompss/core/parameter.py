"""How a task uses a parameter: its direction, its kind, and what else the decorator said.

The numbers of `Direction` are part of the programming model (`pycompss.api.parameter.DIRECTION`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Direction(IntEnum):
    """What a task does to a datum; decides the dependencies."""

    IN = 0
    OUT = 1
    INOUT = 2
    CONCURRENT = 3
    COMMUTATIVE = 4
    IN_DELETE = 5

    @property
    def writes(self) -> bool:
        return self in _WRITING

    @property
    def reads(self) -> bool:
        return self is not Direction.OUT


_WRITING = frozenset({Direction.OUT, Direction.INOUT, Direction.CONCURRENT, Direction.COMMUTATIVE})


class Kind(IntEnum):
    """What sort of thing a parameter is."""

    OBJECT = 0
    FILE = 1
    DIRECTORY = 2
    COLLECTION = 3
    COLLECTION_FILE = 4
    DICTIONARY = 5
    STREAM = 6


class Stream(IntEnum):
    """The standard stream of a program to which a file parameter is connected."""

    STDIN = 0
    STDOUT = 1
    STDERR = 2
    UNSPECIFIED = 3


UNLIMITED_DEPTH = 1 << 30


@dataclass(frozen=True, slots=True)
class Spec:
    """One parameter of a task as its decorator describes it.

    depth: levels of a collection whose elements are data of their own (1 = the elements of the list itself).
    weight: multiplies the locality score of the datum.
    keep_rename: hand over the internal file name; None = the default of the kind.
    cache: allow worker caches; None = the default of the kind.
    """

    kind: Kind = Kind.OBJECT
    direction: Direction = Direction.IN
    depth: int = UNLIMITED_DEPTH
    stream: Stream = Stream.UNSPECIFIED
    prefix: str | None = None
    weight: float = 1.0
    keep_rename: bool | None = None
    cache: bool | None = None

    @property
    def element(self) -> Spec:
        """The spec of an element of this collection."""
        kind = Kind.FILE if self.kind is Kind.COLLECTION_FILE else Kind.OBJECT
        return Spec(kind, self.direction, 0, self.stream, self.prefix, self.weight, self.keep_rename, self.cache)


IN = Spec()
INOUT = Spec(direction=Direction.INOUT)
