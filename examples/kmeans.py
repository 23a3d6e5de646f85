"""K-means on scikit-learn's handwritten digits: parallel partial sums and a reduction in every iteration.

    python examples/kmeans.py --clusters 10 --fragments 8
    python examples/kmeans.py --copies 60          (60 noisy copies of the 1,797 images: more to compute)

Needs numpy and scikit-learn (`pip install scikit-learn`). The centres are compared with those of the same algorithm
in plain numpy on the whole data.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from pycompss.api.api import compss_wait_on
from pycompss.api.task import task
from pycompss.functions.reduce import merge_reduce

Sums = tuple[np.ndarray, np.ndarray]


def nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The number of the centre closest to each point (|p - c|^2 without the part that is the same for all c)."""
    return ((centres**2).sum(axis=1) - 2 * points @ centres.T).argmin(axis=1)


def sums(points: np.ndarray, centres: np.ndarray) -> Sums:
    """For each centre the sum and the number of the points closest to it."""
    belongs = np.eye(len(centres))[nearest(points, centres)]
    return belongs.T @ points, belongs.sum(axis=0)


@task(returns=1)
def partial_sums(points: np.ndarray, centres: np.ndarray) -> Sums:
    return sums(points, centres)


@task(returns=1)
def add(one: Sums, other: Sums) -> Sums:
    return one[0] + other[0], one[1] + other[1]


def means(total: Sums, centres: np.ndarray) -> np.ndarray:
    """The new centres; a centre without points stays where it is."""
    return np.where(total[1][:, None] > 0, total[0] / np.maximum(total[1], 1)[:, None], centres)


def in_parallel(fragments: list[np.ndarray], centres: np.ndarray, iterations: int) -> np.ndarray:
    for _ in range(iterations):
        total = merge_reduce(add, [partial_sums(points, centres) for points in fragments])
        centres = means(compss_wait_on(total), centres)
    return centres


def in_sequence(points: np.ndarray, centres: np.ndarray, iterations: int) -> np.ndarray:
    for _ in range(iterations):
        centres = means(sums(points, centres), centres)
    return centres


def load(copies: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits  # noqa: PLC0415  (only the program needs it, not its tasks)

    points, digits = load_digits(return_X_y=True)
    noise = np.random.default_rng(0)
    more = [points + noise.normal(scale=0.5, size=points.shape) for _ in range(copies - 1)]
    return np.concatenate([points, *more]), np.tile(digits, copies)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--clusters", type=int, default=10)
    options.add_argument("--fragments", type=int, default=8, help="parts of the data, one task each")
    options.add_argument("--iterations", type=int, default=10)
    options.add_argument("--copies", type=int, default=1, help="use the data so many times, with noise")
    options.add_argument("--save", metavar="FILE", help="write the centres to a file of numpy's (.npy)")
    given = options.parse_args()
    points, digits = load(given.copies)
    first = points[:: len(points) // given.clusters][: given.clusters]
    start = time.perf_counter()
    centres = in_parallel(np.array_split(points, given.fragments), first, given.iterations)
    seconds = time.perf_counter() - start
    if given.save:
        np.save(given.save, centres)
    clusters = nearest(points, centres)
    pure = sum(np.bincount(digits[clusters == k]).max(initial=0) for k in range(given.clusters)) / len(points)
    print(f"{len(points):,} images in {given.clusters} clusters; {pure:.1%} show the main digit of their cluster")
    print(f"computed in {seconds:.3f} s")
    right = np.allclose(centres, in_sequence(points, first, given.iterations))
    print("right: the same centres as plain numpy" if right else "WRONG: the centres differ from plain numpy")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
