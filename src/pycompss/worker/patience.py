"""Waiting for a message: looking for it again and again for a moment, before sleeping until it comes.

A process that sleeps is woken late: the kernel brings its core back, caches are cold, and whoever writes pays for the
call that wakes it. When answers come within some ten microseconds, as between a program and a worker that hand small
tasks to and fro, looking is cheaper for both. It is worth it only while waits are short: after one that was long, the
next sleeps at once, until waits have become short again.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")

SHORT = 0.0002  # seconds


class Patience:
    """Remembers whether the last wait was short."""

    __slots__ = ("is_eager",)

    def __init__(self) -> None:
        self.is_eager = False

    def wait(self, look: Callable[[], T | None], sleep: Callable[[], T]) -> T:
        """What `look` finds, or `sleep` gives when it comes."""
        began = perf_counter()
        if self.is_eager:
            end = began + SHORT
            while perf_counter() < end:
                found = look()
                if found:
                    return found
        found = sleep()
        self.is_eager = perf_counter() - began < SHORT
        return found
