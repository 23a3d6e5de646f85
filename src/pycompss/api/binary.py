"""`@binary`: the task is a program: its command line is made of the arguments."""

from __future__ import annotations

from pycompss.api.later import Inline, Later


class Binary(Later):
    """The task is a program: its command line is made of the arguments."""

    name = "binary"
    inline = Inline.PROGRAM


binary = Binary

__all__ = ["Binary", "binary"]
