"""Which cores and devices a worker's tasks have, and what they are told about them.

A worker keeps its cores while it is idle: the next slot of the same size finds everything as it is. They are taken
away only when a slot of another size needs them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass

from pycompss.core.resources import Node, Slot
from pycompss.engines import protocol
from pycompss.engines.local import devices, sockets
from pycompss.engines.local.worker import NOT_SET_UP, Devices, WorkerHandle
from pycompss.engines.protocol import Event
from pycompss.util import stderr
from pycompss.worker import hosts


@dataclass(frozen=True, slots=True)
class Affinity:
    """What tasks are bound to.

    cores: "disabled"; "automatic"; "dlb": told, but not bound, so that a balancer may lend them; or a map, which
    `sockets` has taken apart. device_kinds: of which devices tasks are told those that they have for themselves.
    """

    cores: str = "automatic"
    sockets: tuple[tuple[int, ...], ...] = ()
    device_kinds: frozenset[str] = devices.BOUND_KINDS


class Cores:
    """The cores of this machine, dealt out by computing units.

    They are dealt out only when there are at least as many as computing units; otherwise the kernel does better.
    """

    def __init__(self, nodes: list[Node], affinity: Affinity) -> None:
        self.nodes = {node.index for node in nodes}
        self.all = sockets.usable()
        chosen = [[core for core in socket if core in self.all] for socket in affinity.sockets]
        units = sum(node.units for node in nodes)
        self.count = len(self.all) or os.cpu_count() or 1
        self.suffice = self.count >= units  # for a core of its own for every computing unit
        free = sockets.Free(chosen or sockets.by_socket(self.all))
        if affinity.sockets and len(free) < units:
            _say_too_few(affinity, len(free), units)
        is_dealing = len(free) >= units and affinity.cores != "disabled"
        self.free = free if is_dealing else sockets.Free([])
        self.is_binding = is_dealing and affinity.cores != "dlb"

    def give(self, worker: WorkerHandle, slot: Slot, own: Devices, idle: Iterable[WorkerHandle]) -> None:
        """Let the worker's tasks have their cores, and devices; idle workers lose cores when there are too few.

        Without units (tasks that wait for I/O) they go wherever the kernel lets them. A task on several nodes has those
        of all that are shares of this machine: what it starts for them runs here.
        """
        units = slot.requirement.units
        wanted = units * sum(part.node.index in self.nodes for part in (slot, *slot.others))
        self.take_away(worker)
        if len(self.free) < wanted:
            for other in idle:
                self.take_away(other)
        worker.units, worker.devices, worker.others = units, own, others_of(slot)
        worker.cores = self.free.take(wanted)
        worker.pending_setting = (
            max(1, units),
            {
                **hosts.environment(slot),
                "COMPSS_NUM_PROCS": "1",
                "COMPSS_NUM_CPUS": str(units),
                "COMPSS_BINDED_CPUS": ",".join(map(str, worker.cores)),
                **devices.environment(own),
            },
        )
        self.pin(worker)

    def take_away(self, worker: WorkerHandle) -> None:
        """The worker has no cores of its own any more."""
        worker.units = NOT_SET_UP
        self.free.give_back(worker.cores)
        worker.cores = []

    def pin(self, worker: WorkerHandle) -> None:
        """Bind the process to its cores, once it has been forked."""
        if self.is_binding and worker.pid:
            with contextlib.suppress(OSError):  # it has just ended
                os.sched_setaffinity(worker.pid, worker.cores or self.all)


def news(slot: int, worker: WorkerHandle) -> list[Event]:
    """What is to be told of the cores and devices of a worker, if they are others than before."""
    found = tuple(worker.cores), tuple((kind, tuple(names)) for kind, names in worker.devices.items())
    if found == worker.told:
        return []
    worker.told = found
    return [(protocol.BOUND, slot, worker.number, *found)]


def others_of(slot: Slot) -> tuple[str, ...]:
    """Names of the nodes that the slot's tasks have besides their main one."""
    return tuple([part.node.name for part in slot.others])


def _say_too_few(affinity: Affinity, cores: int, units: int) -> None:
    stderr.write(
        f"WARNING: cpu_affinity={affinity.cores}: {cores} of its cores may be used, fewer than the {units} computing "
        "units; tasks are not bound to cores\n"
    )
