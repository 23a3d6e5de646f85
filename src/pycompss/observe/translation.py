"""Journals of other releases: their kinds and fields are found by name.

A release may add kinds and fields, and never gives a name another meaning. So what an older one did not write is
None, and what a newer one writes more is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pycompss.core.events import FIELDS, NAMES, Event

_NUMBERS = {name: kind for kind, name in NAMES.items()}


def translation(kinds: Mapping[str, Sequence[str]]) -> Callable[[Event], Event] | None:
    """How events of a journal with these kinds become ours; None if they are."""
    rules = {int(kind): _rule(words) for kind, words in kinds.items() if list(words) != _ours(int(kind))}
    if not rules:
        return None

    def translate(event: Event) -> Event:
        rule = rules.get(event[0])
        if rule is None:
            return event
        kind, positions = rule
        return (kind, event[1], *[event[p] if 0 < p < len(event) else None for p in positions])

    return translate


def _ours(kind: int) -> list[str]:
    return [NAMES[kind], *FIELDS[kind]] if kind in FIELDS else []


def _rule(words: Sequence[str]) -> tuple[Any, list[int]]:
    """Our number of the kind, or its name if we have none, and where each of our fields stands."""
    name, *theirs = words
    kind = _NUMBERS.get(name)
    if kind is None:
        return name, list(range(2, 2 + len(theirs)))
    return kind, [2 + theirs.index(field) if field in theirs else 0 for field in FIELDS[kind]]
