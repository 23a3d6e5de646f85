"""Results that later tasks read before the master has heard of them: of this worker, and of others.

Those of the same message never leave the worker on their way; those of other messages come by the board. A result of
another worker may not be there yet: whoever needs it looks again and again, giving the core away in between, since
tasks that are handed on are short. When that takes long it first reports what it has done so far, as somebody may wait
for that, and then gives up.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from pycompss.store.descriptor import BUFFERS, PICKLED
from pycompss.worker import wire
from pycompss.worker.board import REFUSED, Board

PATIENCE = 0.01  # seconds that one waits for what others make, in all tasks of a message
SPIN = 0.0005  # seconds of looking all the time
NAP = 0.0001  # seconds between looks after that

_WHOLE = frozenset({PICKLED, BUFFERS})  # values, and not promises of one (a future that a task returned)
_give_way: Callable[[], None] = getattr(os, "sched_yield", lambda: None)


class Results:
    """What the tasks of the present message have returned so far, as it was reported.

    stranded: tasks that cannot run, because one that they follow did not end well.
    """

    def __init__(self, board: Board | None = None, report: Callable[[], None] = lambda: None) -> None:
        self.of: dict[int, tuple[Any, ...]] = {}  # by task, of those that ended well
        self.stranded: list[int] = []
        self._board = board
        self._report = report  # what was done so far
        self._patience = PATIENCE

    def fill(self, task: int, inputs: list[Any]) -> bool:
        """Put what earlier tasks made among the inputs of this one; False: it is stranded."""
        for position, descriptor in enumerate(inputs):
            if type(descriptor) is not tuple:
                continue
            kind = descriptor[0]
            if kind == wire.LOCAL:
                values = self.of.get(descriptor[1])
            elif kind == wire.HANDED and self._board is not None:
                values = self._board.get(descriptor[1])
                if values is None:
                    values = self._await(self._board, descriptor[1])
            else:
                continue
            if not values:
                return self._strand(task)
            value = inputs[position] = values[descriptor[2]]
            if type(value) is tuple and value[0] not in _WHOLE:
                return self._strand(task)
        return True

    def hand_over(self, task: int, values: tuple[Any, ...] | None) -> None:
        """What a task has made for which others wait; None: nothing that they could have from here."""
        if self._board is not None:
            self._board.put(task, values)

    def refuse(self, tasks: Iterable[int]) -> None:
        """These have not run: nobody need wait for them."""
        if self._board is not None:
            self._board.refuse(tasks)

    def _strand(self, task: int) -> bool:
        self.stranded.append(task)
        self.refuse((task,))
        return False

    def _await(self, board: Board, task: int) -> tuple[Any, ...] | None:
        """What the task makes, as soon as it is there; nothing if it will not be, or that takes too long."""
        began, has_reported = time.perf_counter(), False
        values = board.get(task)
        while values is None:
            waited = time.perf_counter() - began
            if waited > self._patience:
                self._patience = 0.0
                return REFUSED
            if waited < SPIN:
                _give_way()
            elif has_reported:
                time.sleep(NAP)
            else:
                self._report()
                has_reported = True
            values = board.get(task)
        return values

    def clear(self) -> list[int]:
        """The message was worked off: the stranded tasks."""
        self.of.clear()
        self._patience = PATIENCE
        stranded, self.stranded = self.stranded, []
        return stranded
