"""What the tasks of the benchmark programs compute, the same for every engine; importable by every worker process.

Where one engine changes a block in place and others make a new one, there are two functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Summary = tuple[int, float, float]  # how many, smallest, largest


def block(row: int, column: int, blocks: int, size: int) -> np.ndarray:
    """One block of a symmetric matrix; the diagonal is heavy enough to make it positive definite."""
    low, high = min(row, column), max(row, column)
    values = np.random.default_rng(low * blocks + high).random((size, size))
    if row == column:
        return (values + values.T) / 2 + blocks * size * np.eye(size)
    return values if row < column else values.T.copy()


def new_factor(a: np.ndarray) -> np.ndarray:
    return np.linalg.cholesky(a)


def factorise(a: np.ndarray) -> None:
    a[:] = new_factor(a)


def new_solution(factor: np.ndarray, a: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.linalg.solve(factor, a.T).T)


def solve(factor: np.ndarray, a: np.ndarray) -> None:
    a[:] = np.linalg.solve(factor, a.T).T


def new_difference(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return c - a @ b.T


def subtract_product(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    c -= a @ b.T


NEW: dict[Callable[..., Any], Callable[..., Any]] = {
    factorise: new_factor,
    solve: new_solution,
    subtract_product: new_difference,
}


def split(seed: int, count: int, parts: int) -> list[np.ndarray]:
    """Random numbers from 0 to 1, sorted and cut where the ranges begin."""
    values = np.sort(np.random.default_rng(seed).random(count))
    return np.split(values, np.searchsorted(values, np.arange(1, parts) / parts))


def sort_range(pieces: list[np.ndarray]) -> Summary:
    values = np.sort(np.concatenate(pieces))
    return (len(values), float(values[0]), float(values[-1])) if len(values) else (0, 0.0, 0.0)
