"""`@multinode`: the task occupies several nodes."""

from __future__ import annotations

from pycompss.api.later import Later


class MultiNode(Later):
    """The task occupies several nodes."""

    name = "multinode"


multinode = MultiNode

__all__ = ["MultiNode", "multinode"]
