"""`@prolog`: a program runs before the task."""

from __future__ import annotations

from pycompss.api.later import Inline, Later


class Prolog(Later):
    """A program runs before the task."""

    name = "prolog"
    inline = Inline.NOTHING


prolog = Prolog

__all__ = ["Prolog", "prolog"]
