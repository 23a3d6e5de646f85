"""Blocked Cholesky factorisation: a graph with a critical path, many readers of each block, and updates in place.

The right-looking algorithm on a lower triangle of blocks. With 16 x 16 blocks it has 816 tasks, most of them
multiply-adds; what limits it is how soon the next diagonal block is factorised, and how often blocks are copied.

    python benchmarks/cholesky.py [--blocks 16] [--size 256]      prints one line of JSON; times are in seconds
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task


@task(returns=1)
def block(row: int, column: int, blocks: int, size: int) -> np.ndarray:
    """One block of a symmetric matrix; the diagonal is heavy enough to make it positive definite."""
    low, high = min(row, column), max(row, column)
    values = np.random.default_rng(low * blocks + high).random((size, size))
    if row == column:
        return (values + values.T) / 2 + blocks * size * np.eye(size)
    return values if row < column else values.T.copy()


@task(a=INOUT)
def factorise(a: np.ndarray) -> None:
    a[:] = np.linalg.cholesky(a)


@task(a=INOUT)
def solve(factor: np.ndarray, a: np.ndarray) -> None:
    a[:] = np.linalg.solve(factor, a.T).T


@task(c=INOUT)
def subtract_product(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    c -= a @ b.T


def lower_triangle(blocks: int, size: int) -> dict[tuple[int, int], Any]:
    return {(i, j): block(i, j, blocks, size) for i in range(blocks) for j in range(i + 1)}


def cholesky(a: dict[tuple[int, int], Any], blocks: int) -> int:
    """Factorise in place; return the number of tasks."""
    tasks = 0
    for k in range(blocks):
        factorise(a[k, k])
        for i in range(k + 1, blocks):
            solve(a[k, k], a[i, k])
        for i in range(k + 1, blocks):
            for j in range(k + 1, i + 1):
                subtract_product(a[i, k], a[j, k], a[i, j])
                tasks += 1
        tasks += blocks - k
    return tasks


def check(factor: dict[tuple[int, int], Any], blocks: int, size: int) -> None:
    """Corners and middle of L L' are the matrix that we began with."""
    for i, j in {(0, 0), (blocks // 2, blocks // 3), (blocks - 1, 0), (blocks - 1, blocks - 1)}:
        product = sum(factor[i, k] @ factor[j, k].T for k in range(j + 1))
        expected = compss_wait_on(block(i, j, blocks, size))
        if not np.allclose(product, expected):
            message = f"block {i}, {j} is wrong"
            raise ValueError(message)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=16)
    parser.add_argument("--size", type=int, default=256)
    options = parser.parse_args()
    a = lower_triangle(options.blocks, options.size)
    compss_barrier()
    began = time.perf_counter()
    tasks = cholesky(a, options.blocks)
    compss_barrier()
    seconds = time.perf_counter() - began
    factor = {place: compss_wait_on(value) for place, value in a.items()}
    check(factor, options.blocks, options.size)
    print(json.dumps({"program": "cholesky", "tasks": tasks, "makespan_s": seconds}))


if __name__ == "__main__":
    main()
