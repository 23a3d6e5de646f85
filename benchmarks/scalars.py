"""Tasks on numbers; importable by every worker process, and without numpy: some workloads count start-up time."""

from __future__ import annotations

import time


def nothing() -> None:
    pass


def nap(seconds: float) -> None:
    time.sleep(seconds)


def increment(x: int) -> int:
    return x + 1


def same(x: int) -> int:
    return x


def add(one: int, other: int) -> int:
    return one + other
