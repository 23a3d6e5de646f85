"""`@multinode`: the task has several nodes to itself."""

from __future__ import annotations

from typing import ClassVar

from pycompss.api.kind import LEGACY, NODES, KindOfTask, number


class MultiNode(KindOfTask):
    """The decorator; stands above `@task`, or above `@binary` and its like, which run once and know their nodes."""

    name = "multinode"
    optional: ClassVar = {**NODES, "processes_per_node": number}
    defaults: ClassVar = {"computing_nodes": 1}
    legacy = LEGACY
    is_body = False


multinode = MultiNode

__all__ = ["MultiNode", "multinode"]
