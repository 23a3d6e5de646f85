"""`@julia`: the task is a Julia script."""

from __future__ import annotations

from pycompss.api.later import Inline, Later


class Julia(Later):
    """The task is a Julia script."""

    name = "julia"
    inline = Inline.NOTHING


julia = Julia

__all__ = ["Julia", "julia"]
