"""How an in-place update can be undone: by running again what made the value.

A task that holds the only claim on a large value updates it where it lies. If it fails half-way, its input is spoilt,
yet another attempt must start from the original. The *lineage* of a version is the way back: an intact earlier
version (or none) and the tasks that lead from there. It is kept short: when running it again would take longer than
ten copies and longer than a moment that nobody minds after a failure, or when it alone keeps more memory alive than the
value itself takes, the next update goes to a copy instead, which leaves its input intact as the root of a new lineage.
So the copies cost less than a tenth of the updates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter, is_
from typing import TYPE_CHECKING, Any

from pycompss.core.placing import SizeOf

if TYPE_CHECKING:
    from pycompss.core.data import Data
    from pycompss.core.versions import Version

COPY_SECONDS_PER_BYTE = 0.5e-9  # 2 GB/s: fresh pages of shared memory
COPIES_WORTH = 10
MOMENT = 0.1  # seconds that making a value again may always take: attempts fail rarely, and then cost more than that
MOST_STEPS = 64

_CURRENT, _HANDLES = attrgetter("datum.current"), attrgetter("datum.handles")


@dataclass(slots=True)
class Step:
    """One task of a lineage: how to run it again. `position` is its input that comes from the step before, or -1."""

    function: int
    args: tuple[Any, ...]
    keywords: dict[str, Any] | None
    inputs: list[Version | None]  # None: what comes from the step before
    position: int


@dataclass(slots=True)
class Lineage:
    """Steps from an intact version (None: from nothing) to a value; claims everything that they need."""

    root: Version | None = None
    steps: list[Step] = field(default_factory=list)
    seconds: float = 0.0
    origin: Version | None = None  # what the root was made of, if the program made that: nobody could make it again
    distance: int = 0  # updates between that and the root
    _named: list[Version] = field(default_factory=list)  # inputs that the program could still name when last looked at
    _looked: int = -1  # how often versions had lost their names by then (`Data.renamed`); -1: look again
    _kept: int = 0  # bytes of the others

    def is_worth(self, value: Any, size_of: SizeOf, renamed: int) -> bool:
        """Whether one more update of `value` in place should rely on this lineage."""
        if len(self.steps) >= MOST_STEPS:
            return False
        if self._looked != renamed:
            self._looked = renamed
            if not _are_named(self._named):
                self._look_at_names(size_of)
        if self.seconds <= MOMENT and not self._kept:  # nearly always: the size does not matter
            return True
        size = size_of(value)
        is_quick = self.seconds <= MOMENT or self.seconds <= COPIES_WORTH * COPY_SECONDS_PER_BYTE * size
        return is_quick and self._kept <= size

    def _look_at_names(self, size_of: SizeOf) -> None:
        """The program cannot name some of the steps' inputs any more: they are kept for this lineage alone."""
        named, self._named = self._named, []
        for version in named:
            if version.datum.current is version and version.datum.handles:
                self._named.append(version)
            else:  # hardly ever gets a name again
                self._kept += size_of(version.content.value)

    def extend(self, step: Step, seconds: float, data: Data) -> None:
        """The value was updated in place by one more task."""
        for version in step.inputs:
            if version is not None:
                version.claims += 1
        self.take(step, seconds, data)

    def take(self, step: Step, seconds: float, data: Data) -> None:
        """The same, with the claims that the task had on the inputs."""
        inputs = list(filter(None, step.inputs))
        for version in inputs:
            if version.lineage is not None:  # kept as it is, so it needs no way back of its own
                version.lineage.drop(data)
                version.lineage = None
        if not _are_named(inputs):
            self._looked = -1
        self._named += inputs
        self.steps.append(step)
        self.seconds += seconds

    def keep_origin(self, before: Lineage, data: Data) -> None:
        """The root may be lost with its node: keep what it was made of, which `before` led back to."""
        origin = before.root if before.origin is None else before.origin
        distance = before.distance + len(before.steps)
        if origin is not None and origin.producer is None and distance < MOST_STEPS:
            self.origin, self.distance = data.claim(origin), distance

    def drop(self, data: Data) -> None:
        """Nobody will need the way back."""
        if self.origin is not None:
            data.unclaim(self.origin)
            self.origin = None
        if self.root is not None:
            data.unclaim(self.root)
            self.root = None
        for step in self.steps:
            for version in step.inputs:
                if version is not None:
                    data.unclaim(version)
        self.steps.clear()
        self._named.clear()


def _are_named(versions: list[Version]) -> bool:
    return all(map(is_, map(_CURRENT, versions), versions)) and all(map(_HANDLES, versions))
