"""Results that a later task of the same message reads: they never leave the worker on their way to it."""

from __future__ import annotations

from collections import deque
from typing import Any

from pycompss.store.descriptor import BUFFERS, PICKLED
from pycompss.worker import wire

_INPUTS = 4  # position in a task


class Results:
    """What the tasks of the present message have returned so far, as it was reported.

    stranded: tasks that cannot run, because one that they follow did not end well.
    """

    def __init__(self, done: deque[tuple[Any, ...]]) -> None:
        self._done = done
        self._values: dict[int, tuple[Any, ...]] = {}
        self.stranded: list[int] = []

    def note(self, task: int) -> None:
        """The task has just ended, and others follow."""
        try:
            completion = self._done[-1]
        except IndexError:  # reported already
            return
        if completion[0] == task and completion[1] == wire.OK:
            self._values[task] = completion[2]

    def fill(self, task: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The task with its inputs; None: it is stranded."""
        inputs = list(task[_INPUTS])
        for position, descriptor in enumerate(inputs):
            if type(descriptor) is tuple and descriptor[0] == wire.LOCAL:
                values = self._values.get(descriptor[1])
                if values is None or not _is_whole(values[descriptor[2]]):
                    self.stranded.append(task[0])
                    return None
                inputs[position] = values[descriptor[2]]
        return (*task[:_INPUTS], tuple(inputs), *task[_INPUTS + 1 :])

    def clear(self) -> list[int]:
        """The message was worked off: the stranded tasks."""
        self._values.clear()
        stranded, self.stranded = self.stranded, []
        return stranded


def follows(inputs: tuple[Any, ...]) -> bool:
    """Whether a task has an input that another of its message makes."""
    return any(type(descriptor) is tuple and descriptor[0] == wire.LOCAL for descriptor in inputs)


def _is_whole(descriptor: Any) -> bool:
    """Whether it is a value, and not a promise of one (a future that a task returned)."""
    return type(descriptor) is not tuple or descriptor[0] in (PICKLED, BUFFERS)
