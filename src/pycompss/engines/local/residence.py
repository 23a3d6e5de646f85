"""How much memory workers hold."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from pycompss.core.resources import Node
from pycompss.engines.local.worker import WorkerHandle

Look = tuple[int, float, list[tuple[int, float]]]  # node, time, MiB by worker
_MIB = 1 << 20


def look(nodes: Sequence[Node], workers: Iterable[WorkerHandle], first: int) -> list[Look]:
    """At all nodes of an engine whose workers are numbered from `first`."""
    now = time.time()
    found: dict[int, list[tuple[int, float]]] = {node.index: [] for node in nodes}
    for worker in workers:
        if worker.pid and worker.node in found:
            found[worker.node].append((worker.number - first, resident(worker.pid)))
    return [(node, now, sizes) for node, sizes in found.items()]


def resident(pid: int) -> float:
    """Resident memory of a process in MiB; 0 if it has ended."""
    import psutil  # noqa: PLC0415  (slow to import, rarely asked for)

    try:
        return float(psutil.Process(pid).memory_info().rss) / _MIB
    except psutil.Error:
        return 0.0
