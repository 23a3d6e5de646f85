"""Tasks that came in one message and wait, together, for values from other nodes."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Any

from pycompss.engines.dask.values import Places
from pycompss.store.descriptor import Range, ranges_in

Task = tuple[Any, ...]


@dataclass(slots=True)
class Bundle:
    """places: who has what the tasks need. missing, too_large: what could not be had, and why.

    changed: values that tasks change where they were made; they stay there while the bundle waits.
    """

    tasks: list[Task]
    places: Places
    is_ready: bool = False
    missing: dict[Range, str] = field(default_factory=dict)
    too_large: dict[Range, str] = field(default_factory=dict)
    changed: list[Range] = field(default_factory=list)
    is_pinned: bool = False

    def remove(self, task: int) -> bool:
        """Take one task out by its id; whether it was there."""
        return bool(self.take(lambda candidate: candidate[0] == task))

    def take(self, wanted: Callable[[Task], bool]) -> list[Task]:
        """Take out all tasks that are wanted."""
        taken = [task for task in self.tasks if wanted(task)]
        self.tasks = [task for task in self.tasks if task not in taken]
        return taken


def needs(task: Task, keys: Container[Range]) -> bool:
    """Whether a wire task refers to one of these ranges."""
    return any(key in keys for key in ranges_in(task[2:]))
