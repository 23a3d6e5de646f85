"""Tasks on arrays; importable by every worker process."""

from __future__ import annotations

import numpy as np


def ones(n: int) -> np.ndarray:
    return np.ones(n)


def total(array: np.ndarray) -> float:
    return float(array.sum())


def block(seed: int, size: int) -> np.ndarray:
    return np.random.default_rng(seed).random((size, size))


def zeros(size: int) -> np.ndarray:
    return np.zeros((size, size))


def add_product(c: np.ndarray, a: np.ndarray, b: np.ndarray):  # type: ignore[no-untyped-def]
    c += a @ b


def product_added(c: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The same for engines that hand a private copy to the function."""
    add_product(c, a, b)
    return c


def new_sum(c: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The same for engines whose functions must not change what they get."""
    return c + a @ b


def new_one_more(array: np.ndarray) -> np.ndarray:
    """`one_more` for such engines."""
    return array + 1


def add_one(array: np.ndarray):  # type: ignore[no-untyped-def]
    array += 1


def one_more(array: np.ndarray) -> np.ndarray:
    """The same for engines that hand a private copy to the function."""
    add_one(array)
    return array


def busy(iterations: int) -> float:
    """Keep a core busy: each iteration multiplies 1,000 numbers."""
    x = np.ones(1000)
    for _ in range(iterations):
        np.multiply(x, 1.0000001, out=x)
    return float(x[0])


def stencil(iterations: int, left: int, centre: int, right: int) -> int:
    """One cell of a step: work, and a number that depends on the three neighbours of the step before."""
    busy(iterations)
    return (left + 3 * centre + 5 * right + 1) % 1_000_003
