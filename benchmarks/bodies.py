"""What the benchmarked tasks do; importable by every worker process."""

from __future__ import annotations

import numpy as np


def nothing() -> None:
    pass


def increment(x: int) -> int:
    return x + 1


def same(x: int) -> int:
    return x


def add(one: int, other: int) -> int:
    return one + other


def ones(n: int) -> np.ndarray:
    return np.ones(n)


def add_one(array: np.ndarray) -> None:
    array += 1


def one_more(array: np.ndarray) -> np.ndarray:
    """The same for engines that hand a private copy to the function."""
    add_one(array)
    return array
