"""Waiting for a message: looking for it again and again for a moment, before sleeping until it comes.

A process that sleeps is woken late: the kernel brings its core back, caches are cold, and whoever writes pays for the
call that wakes it. When answers come within some ten microseconds, as between a program and a worker that hand small
tasks to and fro, looking is cheaper for both. It is worth it only while waits are short: after some that were long, the
next sleep at once, until waits have become short again. One long wait among short ones is only that the other side lost
its core for a moment; who slept at once after it would make the other wait for being woken, and so on.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")

SHORT = 0.0002  # seconds
LOOK = 0.0005  # seconds after which whoever looks goes to sleep
FEW = 3  # long waits in succession after which nobody looks any more


class Patience:
    """Remembers whether one of the last waits was short."""

    __slots__ = ("_left", "is_eager")

    def __init__(self) -> None:
        self.is_eager = False
        self._left = 0  # long waits until it is eager no more

    def wait(self, look: Callable[[], T | None], sleep: Callable[[], T]) -> T:
        """What `look` finds, or `sleep` gives when it comes."""
        began = now = perf_counter()
        found: T | None = None
        if self.is_eager:
            end = began + LOOK
            while not found and now < end:
                found = look()
                now = perf_counter()
        if not found:
            found = sleep()
            now = perf_counter()
        if now - began < SHORT:
            self._left = FEW
            self.is_eager = True
        elif self.is_eager:
            self._left -= 1
            self.is_eager = self._left > 0
        return found
