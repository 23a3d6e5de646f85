"""`@mpi`: the task is an MPI program, or its body runs in every rank."""

from __future__ import annotations

from pycompss.api.later import Inline, Later


class Mpi(Later):
    """The task is an MPI program, or its body runs in every rank."""

    name = "mpi"
    inline = Inline.PROGRAM


mpi = Mpi

__all__ = ["Mpi", "mpi"]
