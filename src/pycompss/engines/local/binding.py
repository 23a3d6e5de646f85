"""Which cores a worker's tasks run on, and what they are told about them.

A worker keeps its cores while it is idle: the next slot of the same size finds everything as it is. They are taken
away only when a slot of another size needs them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

from pycompss.core.resources import Node
from pycompss.engines.local.worker import NOT_SET_UP, WorkerHandle


class Cores:
    """The cores of this machine, dealt out by computing units.

    Binding happens only when there are at least as many cores as computing units; otherwise the kernel does better.
    """

    def __init__(self, nodes: list[Node], affinity: str) -> None:
        usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        units = sum(node.units for node in nodes)
        self.free: list[int] = usable if len(usable) >= units and affinity != "disabled" else []
        self.is_binding = bool(self.free)
        self.all = frozenset(usable)

    def give(self, worker: WorkerHandle, node: Node, units: int, idle: Iterable[WorkerHandle]) -> None:
        """Let the worker's tasks have `units` cores; workers in `idle` lose theirs when there are too few.

        Without units (tasks that wait for I/O) they go wherever the kernel lets them.
        """
        self.take_away(worker)
        if self.is_binding and len(self.free) < units:
            for other in idle:
                self.take_away(other)
        worker.units = units
        worker.cores = self.free[:units]
        del self.free[:units]
        worker.pending_setting = (
            max(1, units),
            {
                "COMPSS_NUM_NODES": "1",
                "COMPSS_HOSTNAMES": node.name,
                "COMPSS_NUM_CPUS": str(units),
                "COMPSS_BINDED_CPUS": ",".join(map(str, worker.cores)),
            },
        )
        self.pin(worker)

    def take_away(self, worker: WorkerHandle) -> None:
        """The worker has no cores of its own any more."""
        worker.units = NOT_SET_UP
        if worker.cores:
            self.free = sorted(self.free + worker.cores)
            worker.cores = []

    def pin(self, worker: WorkerHandle) -> None:
        """Bind the process to its cores, once it has been forked."""
        if self.is_binding and worker.pid:
            with contextlib.suppress(OSError):  # it has just ended
                os.sched_setaffinity(worker.pid, worker.cores or self.all)
