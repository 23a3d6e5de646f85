"""The arguments of most calls: few, by position, and nothing but literals, futures and objects that tasks know already.

What is to be done with them depends on their types alone, so it is worked out once for each `Shape`: then their wire
arguments are made in one go, and what stands for data is collected (the *subjects*, in the order in which they are
numbered). A call with anything else, or with one thing twice, is none of these: it goes by `CallBuilder`, which knows
all forms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from pycompss.runtime.future import UNKNOWN, Future
from pycompss.runtime.objects import Entry, ObjectTable
from pycompss.worker import wire

MOST_SHORT = 16  # arguments
MOST_SHAPES = 64  # of one task

# Wire arguments, subjects, and (subject, output) of those that are updated.
Short: TypeAlias = tuple[tuple[Any, ...], tuple[Any, ...], tuple[tuple[int, int], ...]]
NOTHING: Short = ((), (), ())

# What surely is a literal (`is_literal`), tested here without a call.
_LITERALS = frozenset({type(None), bool, float, int, str})
_INT_LIMIT = 1 << 62
_TEXT_LIMIT = 4096  # characters
_SUBJECTS = frozenset({Future, Entry})
_READS = tuple((wire.READ, position) for position in range(MOST_SHORT))
_UPDATES = tuple((wire.UPDATE, position, -1) for position in range(MOST_SHORT))


class Shape:
    """What calls of one task with arguments of the same types have in common.

    is_short: these are subjects, and literals that are only read. ints, texts: positions of what may be too large for a
    literal. subjects: takes them from the arguments. marks: what stands for subjects on the wire. wired: takes the wire
    arguments from the arguments with the marks behind them. updates: (subject, output).
    """

    __slots__ = ("ints", "is_short", "marks", "subjects", "texts", "updates", "wired")

    def __init__(self, types: Sequence[type], is_updated: Sequence[bool]) -> None:
        self.ints = [position for position, kind in enumerate(types) if kind is int]
        self.texts = [position for position, kind in enumerate(types) if kind is str]
        subjects = [position for position, kind in enumerate(types) if kind in _SUBJECTS]
        updates = [number for number, position in enumerate(subjects) if is_updated[position]]
        self.is_short = len(updates) == sum(is_updated) and all(kind in _LITERALS | _SUBJECTS for kind in types)
        self.updates = tuple(zip(updates, range(len(updates)), strict=True))
        self.subjects = _taking(subjects) if subjects else None
        wired = list(range(len(types)))
        for number, position in enumerate(subjects):
            wired[position] = len(types) + number
        self.wired = _taking(wired)
        self.marks = tuple(_UPDATES[n] if n in updates else _READS[n] for n in range(len(subjects)))


def _taking(positions: Sequence[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """What takes these elements of a tuple."""
    if len(positions) == 1:
        return itemgetter(slice(positions[0], positions[0] + 1))
    return itemgetter(*positions)


def _types_of(args: tuple[Any, ...]) -> tuple[type, ...]:
    """One by one while they are few, which takes a quarter of the time."""
    count = len(args)
    if count == 1:
        return (type(args[0]),)
    if count == 2:  # noqa: PLR2004
        return (type(args[0]), type(args[1]))
    if count == 3:  # noqa: PLR2004
        return (type(args[0]), type(args[1]), type(args[2]))
    if count == 4:  # noqa: PLR2004
        return (type(args[0]), type(args[1]), type(args[2]), type(args[3]))
    return tuple(map(type, args))


def _has_twice(subjects: tuple[Any, ...]) -> bool:
    """Whether one of several is there twice; none has an equality of its own."""
    if len(subjects) == 2:  # noqa: PLR2004
        return subjects[0] is subjects[1]
    if len(subjects) == 3:  # noqa: PLR2004
        first, second, third = subjects
        return first is second or second is third or first is third
    return len(set(subjects)) < len(subjects)


class Shapes:
    """The shapes of calls of one task that were seen. is_updated: which of its arguments it updates."""

    __slots__ = ("_is_updated", "_seen", "_table")

    def __init__(self, is_updated: Sequence[bool], table: ObjectTable) -> None:
        self._is_updated = is_updated
        self._table = table
        self._seen: dict[tuple[type, ...], Shape] = {}

    def short(self, args: tuple[Any, ...]) -> Short | None:
        """What the short way needs of a call; None: it cannot take it."""
        types = _types_of(args)
        shape = self._seen.get(types)
        if shape is None:
            shape = self._add(types)
        if not shape.is_short:
            return self._of_objects(args)
        for position in shape.ints:
            if abs(args[position]) >= _INT_LIMIT:
                return None
        for position in shape.texts:
            if len(args[position]) >= _TEXT_LIMIT:
                return None
        if shape.subjects is None:
            return args, (), ()
        subjects = shape.subjects(args)
        if len(subjects) > 1 and _has_twice(subjects):
            return None
        for number, _ in shape.updates:
            subjects[number].value = UNKNOWN  # what the program was given is out of date
        return shape.wired(args + shape.marks), subjects, shape.updates

    def _add(self, types: tuple[type, ...]) -> Shape:
        if len(self._seen) >= MOST_SHAPES:
            self._seen.clear()
        shape = self._seen[types] = Shape(types, self._is_updated)
        return shape

    def _of_objects(self, args: tuple[Any, ...]) -> Short | None:
        """The same with objects, if tasks know all of them."""
        known: list[Any] = []
        for value, is_updated in zip(args, self._is_updated, strict=True):
            kind = type(value)
            if kind is Future or (kind in _LITERALS and not is_updated):
                known.append(value)
                continue
            entry = self._table.find(value)
            if entry is None or entry.synchronised or entry.handle is None:
                return None
            if is_updated:
                entry.written = True
            known.append(entry)
        return self.short(tuple(known))
