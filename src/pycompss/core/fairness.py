"""Whose turn it is: parties share the nodes, and none starves however many tasks another has.

A *party* is a task group (the innermost one that a task is in), a task that calls tasks (with all that they call), or
the program itself. Each ready task gets a *turn*: one after its party's last, but never before what has already
started. Smaller turns go first, so parties with ready tasks take one each in a round, and a party that was silent
catches nothing up (start-time fair queueing, Goyal, Vin and Cheng 1996, where every task counts the same).

As long as the program is the only party, tasks have no turns, and go in the order of their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable

from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation

Party = Group | int
PROGRAM = 0
FEW = 64  # parties that are remembered without asking who still counts


class Turns:
    """The last turn of every party, and the clock: the latest turn that has begun."""

    def __init__(self) -> None:
        self.last: dict[Party, int] = {}  # empty: the program is the only party
        self.now = 0
        self._most = FEW

    def begin(self, waiting: Iterable[int]) -> None:
        """A second party appears: tasks that wait already have their numbers as turns."""
        numbers = list(waiting)
        self.now = max(self.now, min(numbers, default=1) - 1)
        self.last[PROGRAM] = max(numbers, default=self.now)

    def give(self, task: Invocation) -> None:
        """The next turn of the task's party."""
        party = party_of(task)
        task.turn = self.last[party] = max(self.now, self.last.get(party, 0)) + 1
        if len(self.last) > self._most:
            self._forget()

    def started(self, task: Invocation) -> None:
        if not task.definition.priority and task.turn > self.now:
            self.now = task.turn

    def _forget(self) -> None:
        """A party whose last turn has begun is like one that never had any."""
        self.last = {party: turn for party, turn in self.last.items() if turn > self.now or party == PROGRAM}
        self._most = 2 * len(self.last) + FEW


def party_of(task: Invocation) -> Party:
    """The innermost group, else the outermost caller."""
    if task.groups:
        return task.groups[-1]
    parent = task.parent
    if parent is None:
        return PROGRAM
    while parent.parent is not None:
        parent = parent.parent
    return parent.id
