"""Ranges of shared memory inside wire tasks and replies: which there are, and how others take their places.

A task names values by the ranges in which they were made. Its node may have a copy of such a value; then the range of
the copy is put in the place of the original before a worker sees the task.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pycompss.store.descriptor import BUFFERS, Range

_PARTS = 3  # (BUFFERS, data, ranges)
_HOLDERS = frozenset({tuple, list, dict})


def ranges_in(value: Any) -> Iterator[Range]:
    """The ranges of all descriptors inside a value that `marshal` can carry."""
    kind = type(value)
    if kind is tuple and len(value) == _PARTS and value[0] == BUFFERS and type(value[1]) is bytes:
        yield from value[2]
    elif kind is tuple or kind is list:
        for item in value:
            if type(item) in _HOLDERS:
                yield from ranges_in(item)
    elif kind is dict:
        for item in value.values():
            if type(item) in _HOLDERS:
                yield from ranges_in(item)


def renamed(value: Any, names: Mapping[Range, Range]) -> Any:
    """The same with other ranges in the places of those that `names` tells."""
    kind = type(value)
    if kind is tuple and len(value) == _PARTS and value[0] == BUFFERS and type(value[1]) is bytes:
        return (BUFFERS, value[1], tuple([names.get(key, key) for key in value[2]]))
    if kind is tuple:
        return tuple([renamed(item, names) if type(item) in _HOLDERS else item for item in value])
    if kind is list:
        return [renamed(item, names) if type(item) in _HOLDERS else item for item in value]
    if kind is dict:
        return {key: renamed(item, names) if type(item) in _HOLDERS else item for key, item in value.items()}
    return value


def has_tuples(task: tuple[Any, ...]) -> bool:
    """Whether a wire task has arguments that are no literals."""
    return bool(task[3]) or any(type(argument) is tuple for argument in task[2])
