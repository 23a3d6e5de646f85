"""`@decaf`: the task is a Decaf data flow."""

from __future__ import annotations

from pycompss.api.later import Inline, Later


class Decaf(Later):
    """The task is a Decaf data flow."""

    name = "decaf"
    inline = Inline.NOTHING


decaf = Decaf

__all__ = ["Decaf", "decaf"]
