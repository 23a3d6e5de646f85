"""`@mpmd_mpi`: the task is several MPI programs that run as one."""

from __future__ import annotations

from pycompss.api.later import Inline, Later


class MPMDMPI(Later):
    """The task is several MPI programs that run as one."""

    name = "mpmd_mpi"
    inline = Inline.NOTHING


mpmd_mpi = MPMDMPI

__all__ = ["MPMDMPI", "mpmd_mpi"]
