"""`@IO()`: the task uses no computing units."""  # noqa: N999  (path given by the programming model)

from __future__ import annotations

from pycompss.api.later import Later


class IO(Later):
    """The task uses no computing units, and runs beside those that do."""

    name = "IO"


io = IO

__all__ = ["IO", "io"]
