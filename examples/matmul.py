"""Blocked matrix product: every block of the result is updated in place by a chain of tasks.

    python examples/matmul.py --size 2048 --blocks 4

`c=INOUT` makes the products that add to one block run one after the other, without copies; different blocks advance
in parallel. The result is compared with numpy's own product.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task

Blocks = list[list[np.ndarray]]


@task(returns=1)
def random_block(size: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((size, size))


@task(returns=1)
def zero_block(size: int) -> np.ndarray:
    return np.zeros((size, size))


@task(c=INOUT)
def multiply_add(c: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    c += a @ b


def random_matrix(blocks: int, size: int, seed: int) -> Blocks:
    return [[random_block(size, seed + blocks * i + j) for j in range(blocks)] for i in range(blocks)]


def multiply(a: Blocks, b: Blocks, size: int) -> Blocks:
    c = [[zero_block(size) for _ in b[0]] for _ in a]
    for i, row in enumerate(c):
        for j, block in enumerate(row):
            for k in range(len(b)):
                multiply_add(block, a[i][k], b[k][j])
    return c


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--size", type=int, default=1024, help="rows and columns of the matrices")
    options.add_argument("--blocks", type=int, default=4, help="blocks in each dimension")
    given = options.parse_args()
    size = given.size // given.blocks
    a, b = (random_matrix(given.blocks, size, seed) for seed in (0, 1000))
    compss_barrier()
    start = time.perf_counter()
    c = multiply(a, b, size)
    compss_barrier()
    seconds = time.perf_counter() - start
    n = size * given.blocks
    print(f"product of two {n} x {n} matrices, {given.blocks} x {given.blocks} blocks: {2e-9 * n**3:.2f} Gflop")
    print(f"computed in {seconds:.3f} s")
    whole = [np.block(compss_wait_on(matrix)) for matrix in (a, b, c)]
    right = np.allclose(whole[0] @ whole[1], whole[2])
    print("right: the same as numpy's product" if right else "WRONG: differs from numpy's product")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
