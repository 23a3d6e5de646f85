"""Which rank of how many a process is, as its launcher has told it by the environment.

Run as a program, it says so; that is how a launcher is tried out. Nothing of this project is imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

SAYS = "pycompss: rank"
_VARIABLES = (
    ("PMI_RANK", "PMI_SIZE"),  # MPICH and its kin; srun --mpi=pmi2
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),  # Open MPI
    ("PMIX_RANK", "SLURM_STEP_NUM_TASKS"),  # srun --mpi=pmix
)


def place(environment: Mapping[str, str]) -> tuple[int, int]:
    """(rank, number of ranks); (0, 1) for a program that nobody has told anything."""
    for rank, size in _VARIABLES:
        if environment.get(rank, "").isdigit() and environment.get(size, "").isdigit():
            return int(environment[rank]), int(environment[size])
    return 0, 1


def sizes(text: str) -> list[int]:
    """The worlds of those who have said their place in this text."""
    return [int(line.split()[-1]) for line in text.splitlines() if line.startswith(SAYS)]


if __name__ == "__main__":
    sys.stdout.write("{} {} of {}\n".format(SAYS, *place(os.environ)))
