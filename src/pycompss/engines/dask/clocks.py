"""Clocks of several machines: what a node tells of times is moved to the clock of the program's machine.

The program asks each node for the time, again and again; an answer tells how far that clock is off, but for half the
time that question and answer took together (Cristian, 1989). Of the latest answers the quickest counts, as in NTP's
clock filter, so that neither a busy machine nor a clock that drifts does harm. A clock that agrees within what the
quickest answer can tell is left alone.

Before the first answer, messages that say when they were sent have to do: the least difference to when one came is how
far the clock is behind, plus the way.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

APART = 0.25  # seconds: without answers, what is less may be the way, or a busy machine
KEPT = 16  # answers of a node that are compared
FIRST = 4  # answers of a new node that are wanted soon
AGAIN = 2.0  # seconds between two questions after that; more, if there are many nodes
PER_NODE = 0.02


class _Answer(NamedTuple):
    took: float
    offset: float  # what is to be added to times of the node


class Clocks:
    """By node."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._least: dict[int, float] = {}
        self._answers: dict[int, deque[_Answer]] = {}
        self._asked: dict[int, float] = {}

    # -- questions ----------------------------------------------------------------------------------------------------

    def due(self, nodes: Iterable[int]) -> list[tuple[int, float]]:
        """Whom to ask now, and what the question says."""
        now, known = self._clock(), list(nodes)
        pause = max(AGAIN, PER_NODE * len(known))
        found = [node for node in known if self._is_new(node) or not 0 <= now - self._asked[node] < pause]
        self._asked.update(dict.fromkeys(found, now))
        return [(node, now) for node in found]

    def _is_new(self, node: int) -> bool:
        return node not in self._asked or len(self._answers.get(node, ())) < FIRST

    def answered(self, node: int, asked: float, theirs: float) -> None:
        """The node's clock showed `theirs` when it read the question that was sent at `asked`."""
        now = self._clock()
        if now >= asked:  # else our own clock was set meanwhile
            answer = _Answer(now - asked, (asked + now) / 2 - theirs)
            self._answers.setdefault(node, deque(maxlen=KEPT)).append(answer)

    # -- times --------------------------------------------------------------------------------------------------------

    def behind(self, node: int) -> float:
        """What is to be added to the node's times."""
        answers = self._answers.get(node)
        if answers:
            quickest = min(answers)
            return quickest.offset if abs(quickest.offset) > quickest.took / 2 else 0.0
        least = self._least.get(node, 0.0)
        return least if abs(least) > APART else 0.0

    def heard(self, node: int, sent: float) -> float:
        """A message came; what is to be added to its times."""
        if node not in self._answers:
            self._least[node] = min(self._clock() - sent, self._least.get(node, math.inf))
        return self.behind(node)

    def observed(self, node: int, event: tuple[Any, ...]) -> tuple[Any, ...]:
        """An OBSERVED event with the time when it was sent behind it; without that, and by our clock."""
        kind, slot, worker, (shift, load, runs), sent = event
        behind = self.heard(node, sent)
        if behind:
            shift, runs = shift + behind, tuple([_moved(run, behind) for run in runs])
        return kind, slot, worker, (shift, load, runs)


def _moved(run: tuple[Any, ...], behind: float) -> tuple[Any, ...]:
    """See core.events.RUN."""
    task, began, called, returned, ended, *use, marks = run
    times = (began + behind, called + behind, returned + behind, ended + behind)
    return task, *times, *use, tuple([(time + behind, type_, value) for time, type_, value in marks])
