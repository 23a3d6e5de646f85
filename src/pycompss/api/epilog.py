"""`@epilog`: a program runs after the task."""

from __future__ import annotations

from pycompss.api.later import Inline, Later


class Epilog(Later):
    """A program runs after the task."""

    name = "epilog"
    inline = Inline.NOTHING


epilog = Epilog

__all__ = ["Epilog", "epilog"]
