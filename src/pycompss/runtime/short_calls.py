"""The arguments of most calls: few, by position, and nothing but literals, futures and objects that tasks know already.

One pass makes their wire arguments, and collects what stands for data (the *subjects*, in the order in which they are
numbered). A call with anything else, or with one thing twice, is none of these: it goes by `CallBuilder`, which knows
all forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from pycompss.runtime.future import Future
from pycompss.runtime.objects import ObjectTable
from pycompss.worker import wire

MOST_SHORT = 16  # arguments

current_of = attrgetter("handle.current")  # the version that a subject stands for

# What surely is a literal (`is_literal`), tested here without a call.
_PLAIN = frozenset({type(None), bool, float})
_INT_LIMIT = 1 << 62
_TEXT_LIMIT = 4096  # characters
_READS = tuple((wire.READ, position) for position in range(MOST_SHORT))
_UPDATES = tuple((wire.UPDATE, position, -1) for position in range(MOST_SHORT))


def plain_arguments(args: Sequence[Any], futures: list[Future]) -> tuple[Any, ...] | None:
    """Of a task that only reads: wire arguments of literals and of futures, which are collected. None: others, too."""
    wired: list[Any] = []
    for value in args:
        kind = type(value)
        if kind is Future:
            wired.append(_READS[len(futures)])
            futures.append(value)
        elif (
            (kind is int and -_INT_LIMIT < value < _INT_LIMIT)
            or kind in _PLAIN
            or (kind is str and len(value) < _TEXT_LIMIT)
        ):
            wired.append(value)
        else:
            return None
    return tuple(wired) if _are_different(futures) else None


def updating_arguments(
    args: Sequence[Any], is_updated: Sequence[bool], table: ObjectTable, subjects: list[Any], updates: list[int]
) -> tuple[Any, ...] | None:
    """The same of a task that updates some of its arguments; `updates` gets the positions of those among `subjects`."""
    wired: list[Any] = []
    for value, updated in zip(args, is_updated, strict=True):
        kind = type(value)
        subject = value
        if kind is not Future:
            if not updated and _is_plain(kind, value):
                wired.append(value)
                continue
            subject = table.find(value)
            if subject is None or subject.synchronised or subject.handle is None:
                return None
            if updated:
                subject.written = True
        if updated:
            updates.append(len(subjects))
            wired.append(_UPDATES[len(subjects)])
        else:
            wired.append(_READS[len(subjects)])
        subjects.append(subject)
    return tuple(wired) if _are_different(subjects) else None


def _is_plain(kind: type, value: Any) -> bool:
    return (
        (kind is int and -_INT_LIMIT < value < _INT_LIMIT)
        or kind in _PLAIN
        or (kind is str and len(value) < _TEXT_LIMIT)
    )


def _are_different(subjects: list[Any]) -> bool:
    return len(subjects) <= 1 or len(set(subjects)) == len(subjects)
