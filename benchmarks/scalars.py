"""Tasks on numbers; importable by every worker process, and without numpy: some workloads count start-up time.

`nothing` and `nap` say nothing of what they return: in this programming model a task annotated `-> None` gives one
value, which happens to be None, and every call a future for it.
"""

from __future__ import annotations

import time


def nothing():  # type: ignore[no-untyped-def]
    pass


def nap(seconds: float):  # type: ignore[no-untyped-def]
    time.sleep(seconds)


def increment(x: int) -> int:
    return x + 1


def same(x: int) -> int:
    return x


def add(one: int, other: int) -> int:
    return one + other
