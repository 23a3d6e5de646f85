"""Which cores a slot's tasks run on, and what they are told about them."""

from __future__ import annotations

import os

from pycompss.core.resources import Node, Slot


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
        self.taken: dict[int, list[int]] = {}

    def take(self, slot: Slot) -> tuple[int, dict[str, str]]:
        """Computing units and environment of the tasks in this slot."""
        units = slot.requirement.units
        cores = self.free[:units]
        del self.free[:units]
        self.taken[slot.id] = cores
        environment = {
            "COMPSS_NUM_NODES": "1",
            "COMPSS_HOSTNAMES": slot.node.name,
            "COMPSS_NUM_CPUS": str(units),
            "COMPSS_BINDED_CPUS": ",".join(map(str, cores)),
        }
        return units, environment

    def give_back(self, slot: Slot) -> None:
        if self.is_binding:
            self.free = sorted(self.free + self.taken.pop(slot.id, []))
        else:
            self.taken.pop(slot.id, None)

    def pin(self, pid: int, slot: Slot) -> None:
        """Bind a worker to the slot's cores."""
        if not self.is_binding:
            return
        try:
            os.sched_setaffinity(pid, self.taken.get(slot.id) or self.all)
        except OSError:
            pass  # it has just ended
