"""`@compss`: the task is a COMPSs workflow of its own."""

from __future__ import annotations

from pycompss.api.later import Inline, Later


class COMPSs(Later):
    """The task is a COMPSs workflow of its own."""

    name = "compss"
    inline = Inline.NOTHING


compss = COMPSs

__all__ = ["COMPSs", "compss"]
