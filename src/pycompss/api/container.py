"""`@container`: the task runs in a container."""

from __future__ import annotations

from pycompss.api.later import Later


class Container(Later):
    """The task runs in a container."""

    name = "container"


container = Container

__all__ = ["Container", "container"]
