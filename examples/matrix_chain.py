"""A chain of matrices, written to files and multiplied in order: the decorators beside `@task` at work.

    python examples/matrix_chain.py --matrices 40 --size 60

`@IO` tasks write the matrices, beside those that compute. `@dt` reads each file before the task that scales the matrix
gets it. `@reduction` multiplies them by parts: the product is associative, but not commutative. `@implement` gives the
product a second version, for whenever two cores are free. `@local` prints the result once it is there. The answer is
compared with the product in sequence.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import tempfile
from typing import Any

import numpy as np

from pycompss.api.api import compss_barrier, compss_delete_file, compss_wait_on
from pycompss.api.constraint import constraint
from pycompss.api.data_transformation import FILE_TO_OBJECT, dt
from pycompss.api.implement import implement
from pycompss.api.IO import IO
from pycompss.api.local import local
from pycompss.api.parameter import COLLECTION_IN, FILE_OUT
from pycompss.api.reduction import reduction
from pycompss.api.task import task

Matrix = Any
PRIME = 997  # all numbers stay below, so that products of floats are exact


def made(number: int, size: int) -> Matrix:
    return np.random.default_rng(number).integers(0, PRIME, (size, size)).astype(float)


def times(one: Matrix, other: Matrix) -> Matrix:
    return one @ other % PRIME


@IO()
@task(path=FILE_OUT)
def write(path: str, number: int, size: int) -> None:
    with open(path, "wb") as file:
        np.save(file, made(number, size))


def read(path: str) -> Matrix:
    return np.load(path)


@dt("matrix", read, type=FILE_TO_OBJECT)
@task(returns=1)
def scaled(matrix: Matrix, by: int) -> Matrix:
    return matrix * by % PRIME


@constraint(computing_units=1)
@reduction(chunk_size=4)
@task(factors=COLLECTION_IN, returns=1)
def product(factors: list[Matrix]) -> Matrix:
    return functools.reduce(times, factors)


@implement(source_class=__name__, method="product")
@constraint(computing_units=2)
@task(factors=COLLECTION_IN, returns=1)
def product_on_two_cores(factors: list[Matrix]) -> Matrix:
    return functools.reduce(times, factors)


@local
def show(matrix: Matrix) -> None:
    print(f"product of {len(matrix)} x {len(matrix)} matrices, its first row begins with {matrix[0, :4].astype(int)}")


def in_parallel(folder: str, matrices: int, size: int) -> Matrix:
    paths = [os.path.join(folder, f"{number}.npy") for number in range(matrices)]
    for number, path in enumerate(paths):
        write(path, number, size)
    result = product([scaled(path, number + 1) for number, path in enumerate(paths)])
    show(result)
    compss_delete_file(*paths)
    return compss_wait_on(result)


def in_sequence(matrices: int, size: int) -> Matrix:
    return functools.reduce(times, [made(number, size) * (number + 1) % PRIME for number in range(matrices)])


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--matrices", type=int, default=40)
    options.add_argument("--size", type=int, default=60)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = in_parallel(folder, given.matrices, given.size)
        compss_barrier()
    right = np.array_equal(found, in_sequence(given.matrices, given.size))
    print("right: the same as in sequence" if right else "WRONG: differs from the product in sequence")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
