"""Results that a later task of the same message reads: they never leave the worker on their way to it."""

from __future__ import annotations

from typing import Any

from pycompss.store.descriptor import BUFFERS, PICKLED
from pycompss.worker import wire

_WHOLE = frozenset({PICKLED, BUFFERS})  # values, and not promises of one (a future that a task returned)


class Results:
    """What the tasks of the present message have returned so far, as it was reported.

    stranded: tasks that cannot run, because one that they follow did not end well.
    """

    def __init__(self) -> None:
        self.of: dict[int, tuple[Any, ...]] = {}  # by task, of those that ended well
        self.stranded: list[int] = []

    def fill(self, task: int, inputs: list[Any]) -> bool:
        """Put what earlier tasks made among the inputs of this one; False: it is stranded."""
        for position, descriptor in enumerate(inputs):
            if type(descriptor) is tuple and descriptor[0] == wire.LOCAL:
                values = self.of.get(descriptor[1])
                if values is None:
                    self.stranded.append(task)
                    return False
                value = inputs[position] = values[descriptor[2]]
                if type(value) is tuple and value[0] not in _WHOLE:
                    self.stranded.append(task)
                    return False
        return True

    def clear(self) -> list[int]:
        """The message was worked off: the stranded tasks."""
        self.of.clear()
        stranded, self.stranded = self.stranded, []
        return stranded
