"""`@implement`: the function is another version of a task."""

from __future__ import annotations

from pycompss.api.later import Later


class Implement(Later):
    """The function is another version of a task."""

    name = "implement"


implement = Implement

__all__ = ["Implement", "implement"]
