"""Waiting for a message: looking for it again and again for a moment, before sleeping until it comes.

A process that sleeps is woken late: the kernel brings its core back, caches are cold, and whoever writes pays for the
call that wakes it. When answers come within some ten microseconds, as between a program and a worker that hand small
tasks to and fro, looking is cheaper for both.

It is worth it only while it finds something. That it did not once among many times means only that the other side lost
its core for a moment; who slept at once after that would make the other wait for being woken, and so on. When it fails
again, waits are long, or both sides have one core now, and who looks keeps the other from answering. So then one
sleeps at once, until some waits in succession were short; the more often looking fails, the more.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")

SHORT = 0.0002  # seconds that one looks
SHORT_SLEEP = 0.0004  # seconds of a sleep that would have been a short wait without it: being woken takes time
MOST = 3  # twos are multiplied at most so often: short waits until one looks again


class Patience:
    """Remembers whether looking was of use lately."""

    __slots__ = ("_failures", "_missing", "is_eager")

    def __init__(self) -> None:
        self.is_eager = False
        self._failures = 0  # how often looking has failed since it last found something
        self._missing = 1  # short waits until it is eager

    def wait(self, look: Callable[[], T | None], sleep: Callable[[], T]) -> T:
        """What `look` finds, or `sleep` gives when it comes."""
        began = perf_counter()
        if self.is_eager:
            end = began + SHORT
            while perf_counter() < end:
                found = look()
                if found:
                    self._failures = 0
                    return found
            self._has_failed()
            return sleep()
        found = sleep()
        if perf_counter() - began < SHORT_SLEEP:
            self._missing -= 1
            self.is_eager = self._missing <= 0
        return found

    def _has_failed(self) -> None:
        self._failures += 1
        self.is_eager = self._failures == 1
        if not self.is_eager:
            self._missing = 1 << min(self._failures - 2, MOST)
