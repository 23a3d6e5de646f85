"""Blocked Cholesky factorisation: a graph with a critical path, and many readers of each block.

The right-looking algorithm on a lower triangle of blocks. With 16 x 16 blocks it has 816 tasks, most of them
multiply-adds; what limits it is how soon the next diagonal block is factorised, and how often blocks are copied.

    python benchmarks/cholesky.py [--blocks 16] [--size 256] [--rounds 3] [--engines pycompss,dask,ray,limit]
"""

from __future__ import annotations

import argparse
import time
from itertools import cycle, islice
from typing import Any

import kernels
import numpy as np
import programs
from program_engines import Engine

Blocks = dict[tuple[int, int], Any]


def factorise(engine: Engine, a: Blocks, blocks: int) -> int:
    """Factorise the blocks; return the number of tasks."""
    tasks = 0
    for k in range(blocks):
        a[k, k] = engine.change(kernels.factorise, a[k, k])
        for i in range(k + 1, blocks):
            a[i, k] = engine.change(kernels.solve, a[k, k], a[i, k])
        for i in range(k + 1, blocks):
            for j in range(k + 1, i + 1):
                a[i, j] = engine.change(kernels.subtract_product, a[i, k], a[j, k], a[i, j])
                tasks += 1
        tasks += blocks - k
    return tasks


def check(factor: Blocks, blocks: int, size: int) -> None:
    """Corners and middle of L L' are the matrix that we began with."""
    for i, j in {(0, 0), (blocks // 2, blocks // 3), (blocks - 1, 0), (blocks - 1, blocks - 1)}:
        product = sum(factor[i, k] @ factor[j, k].T for k in range(j + 1))
        if not np.allclose(product, kernels.block(i, j, blocks, size)):
            message = f"block {i}, {j} is wrong"
            raise ValueError(message)


class Cholesky:
    name = "cholesky"
    sizes = {"blocks": 16, "size": 256}  # noqa: RUF012

    def run(self, engine: Engine, given: argparse.Namespace) -> tuple[float, int]:
        blocks, size = given.blocks, given.size
        places = [(i, j) for i in range(blocks) for j in range(i + 1)]
        a = {place: engine.call(kernels.block, *place, blocks, size) for place in places}
        engine.wait(list(a.values()))
        began = time.perf_counter()
        tasks = factorise(engine, a, blocks)
        engine.wait(list(a.values()))
        seconds = time.perf_counter() - began
        check(dict(zip(places, engine.values([a[place] for place in places]), strict=True)), blocks, size)
        return seconds, tasks

    def share(self, rank: int, of: int, given: argparse.Namespace) -> None:
        """Every `of`-th call of each kernel, on blocks in turn."""
        n, size = given.blocks, given.size
        below = n * (n - 1) // 2
        heavy = [kernels.block(k, k, n, size) for k in range(n)]
        others = cycle([kernels.block(i, j, n, size) for i in range(n) for j in range(i)] or heavy)
        for k in range(rank, n, of):
            kernels.factorise(heavy[k])
        for _ in range(rank, below, of):
            kernels.solve(heavy[rank], next(others))
        for _ in range(rank, below + n * (n - 1) * (n - 2) // 6, of):
            kernels.subtract_product(*islice(others, 3))


if __name__ == "__main__":
    programs.main(Cholesky(), __doc__)
