"""Ranges of shared memory inside wire tasks and replies: which a task has, and how others take their places.

A task names values by the ranges in which they were made. Its node may have a copy of such a value; then the range of
the copy is put in the place of the original before a worker sees the task.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pycompss.store.descriptor import BUFFERS, HOLDERS, Range, has_ranges, ranges_in


def renamed(value: Any, names: Mapping[Range, Range]) -> Any:
    """The same with other ranges in the places of those that `names` tells."""
    kind = type(value)
    if kind is tuple and has_ranges(value):
        return (BUFFERS, value[1], tuple([names.get(key, key) for key in value[2]]))
    if kind is tuple:
        return tuple([renamed(item, names) if type(item) in HOLDERS else item for item in value])
    if kind is list:
        return [renamed(item, names) if type(item) in HOLDERS else item for item in value]
    if kind is dict:
        return {key: renamed(item, names) if type(item) in HOLDERS else item for key, item in value.items()}
    return value


def ranges_of_task(task: tuple[Any, ...]) -> set[Range]:
    """The ranges that a wire task refers to."""
    if task[4] is None and task[6] is None and not task[3] and tuple not in map(type, task[2]):
        return set()
    return set(ranges_in(task[2:]))
