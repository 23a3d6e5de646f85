"""Clocks of several machines: what a node tells of times is moved to the clock of the program's machine.

A message that tells times says when it was sent. The least difference to when it came, over all messages of a node, is
how far its clock is behind, plus the shortest way, which is less than what matters. Clocks that agree as well as this
can tell are left alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

APART = 0.25  # seconds: what is less may be the way, or a busy machine


class Clocks:
    """By node."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._least: dict[int, float] = {}

    def heard(self, node: int, sent: float) -> float:
        """A message came; what is to be added to its times."""
        least = self._least[node] = min(self._clock() - sent, self._least.get(node, math.inf))
        return least if abs(least) > APART else 0.0

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
