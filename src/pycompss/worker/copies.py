"""Copies of large values that tasks change, when they may not change them where they lie.

A private map would be copied page by page as the task writes, and all of it once more into the arena when the task has
ended. So the value is copied first, into the place where the new version will lie, and the task changes it there.

A task may keep an object that it worked on, here or where the value lay before, and change it later. Then others get
another copy, and the one in the task's hands is free when it has let go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pycompss.store.codec import Codec
from pycompss.store.descriptor import Descriptor, Range, ranges_of
from pycompss.store.loans import Loans
from pycompss.store.mappings import Mappings


class Copies:
    """The copies of the task that runs, and those that earlier ones have left."""

    def __init__(self, codec: Codec, mappings: Mappings, loans: Loans) -> None:
        self.made: list[Range] = []  # by the task that runs, and not published yet
        self.left: list[Range] = []  # in no result
        self._codec = codec
        self._mappings = mappings
        self._loans = loans

    def of(self, descriptor: Descriptor) -> Any:
        """A value that the task may change."""
        copy = self._codec.copy(descriptor) if ranges_of(descriptor) else None
        if copy is None:
            return self._codec.decode(descriptor)
        self.made.extend(ranges_of(copy))
        return self._codec.decode(copy, shared=True)

    def publish(self, values: tuple[Any, ...], in_place: Sequence[Range] = ()) -> tuple[Any, ...]:
        """The task's results, none of which anybody in this process can change.

        in_place: the ranges that it changed where they lay; they are the master's to free.
        """
        kept = set(self._loans.kept())
        if self._mappings.claims:
            kept.update(self._mappings.held((*self.made, *in_place)))
        if kept:
            values = tuple(self._again(value) if kept.intersection(ranges_of(value)) else value for value in values)
        if self.made:
            results = {place for value in values for place in ranges_of(value)}
            self.left += [place for place in self.made if place not in results]
            self.made = []
        return values

    def end(self) -> None:
        """The task has ended, and nothing here refers to its objects: free what nobody uses."""
        if self.made or self.left:
            left = self.left + self.made
            used = set(self._mappings.held(left))
            self.made, self.left = [], [place for place in left if place in used]
            self._codec.free(place for place in left if place not in used)

    def _again(self, descriptor: Descriptor) -> Descriptor:
        return self._codec.copy(descriptor) or self._codec.encode(self._codec.decode(descriptor))
