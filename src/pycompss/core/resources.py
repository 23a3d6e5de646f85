"""Nodes, what tasks require of them, and the slots in which tasks run.

A *slot* is a reservation on a node (computing units, memory) in which tasks of one requirement run one after another.
It is given back when nothing that fits it is ready. Engines map a slot to a worker process.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pycompss.core.invocation import Invocation


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one execution reserves: computing units (cores) and bytes of memory."""

    units: int = 1
    memory: int = 0

    def __str__(self) -> str:
        units = f"{self.units} computing unit{'s' if self.units != 1 else ''}"
        return f"{units} and {self.memory / 1e9:g} GB of memory" if self.memory else units


class Node:
    """A machine (or a share of one) with computing units and memory; `memory` None = unlimited."""

    __slots__ = ("free_memory", "free_units", "index", "limit", "memory", "name", "open_slots", "pinned", "units")

    def __init__(self, index: int, name: str, units: int, memory: int | None = None, limit: int | None = None) -> None:
        self.index = index
        self.name = name
        self.units = units
        self.memory = memory
        self.free_units = units
        self.free_memory = memory
        self.limit = limit if limit is not None and limit >= 0 else None  # most tasks at a time
        self.open_slots = 0
        self.pinned: deque[Invocation] = deque()  # ready tasks that may run only here

    def could_hold(self, need: Requirement) -> bool:
        """Whether the node, when idle, is large enough."""
        return need.units <= self.units and (self.memory is None or need.memory <= self.memory)

    def fits(self, need: Requirement) -> bool:
        """Whether the node has room now."""
        return (
            need.units <= self.free_units
            and (not need.memory or self.free_memory is None or need.memory <= self.free_memory)
            and (self.limit is None or self.open_slots < self.limit)
        )

    def reserve(self, need: Requirement) -> None:
        self.free_units -= need.units
        if self.free_memory is not None:
            self.free_memory -= need.memory
        self.open_slots += 1

    def release(self, need: Requirement) -> None:
        self.free_units += need.units
        if self.free_memory is not None:
            self.free_memory += need.memory
        self.open_slots -= 1

    def __repr__(self) -> str:
        return f"<node {self.name} {self.free_units}/{self.units} free>"


class Slot:
    """A reservation on a node and the tasks on their way through it, in order."""

    __slots__ = ("id", "node", "parked", "requirement", "tasks")

    def __init__(self, id_: int, node: Node, requirement: Requirement) -> None:
        self.id = id_
        self.node = node
        self.requirement = requirement
        self.tasks: dict[int, Invocation] = {}
        self.parked = False  # its task waits for tasks of its own; the units are lent

    def __repr__(self) -> str:
        return f"<slot {self.id} on {self.node.name} {len(self.tasks)} tasks>"
