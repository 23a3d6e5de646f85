"""Which arenas of shared memory a message refers to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pycompss.store.descriptor import BUFFERS
from pycompss.worker import wire

_PARTS = 3  # (BUFFERS, data, ranges)
_WITHOUT = frozenset({wire.READ, wire.UPDATE, wire.SAME, wire.FILE})  # arguments in which there are no descriptors


def arenas_of_task(task: tuple[Any, ...]) -> list[int]:
    """Numbers of the arenas that a wire task with inputs or extras needs."""
    found: list[int] = []
    for descriptor in task[4] or ():
        if type(descriptor) is tuple and descriptor[0] == BUFFERS:
            for place in descriptor[2]:
                if place[0] not in found:
                    found.append(place[0])
    extras = task[6]
    if extras is not None and "replay" in extras:
        found += arenas_in(extras["replay"])
    for argument in task[2]:
        if type(argument) is tuple and argument[0] not in _WITHOUT:
            found += arenas_in(argument)
    if task[3]:
        found += arenas_in(task[3])
    return found


def arenas_in(value: Any) -> Iterator[int]:
    """Numbers of the arenas that a value, or anything that holds descriptors, lies in."""
    kind = type(value)
    if kind is tuple and len(value) == _PARTS and value[0] == BUFFERS and type(value[1]) is bytes:
        for number, _, _ in value[2]:
            yield number
    elif kind is tuple or kind is list:
        for item in value:
            if type(item) in _HOLDERS:
                yield from arenas_in(item)
    elif kind is dict:
        for item in value.values():
            yield from arenas_in(item)


_HOLDERS = frozenset({tuple, list, dict})
