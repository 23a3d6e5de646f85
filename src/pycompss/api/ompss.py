"""`@ompss`: the task is an OmpSs program."""

from __future__ import annotations

from pycompss.api.later import Inline, Later


class OmpSs(Later):
    """The task is an OmpSs program."""

    name = "ompss"
    inline = Inline.PROGRAM


ompss = OmpSs

__all__ = ["OmpSs", "ompss"]
