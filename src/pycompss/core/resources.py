"""Nodes, what tasks require of them, and the slots in which tasks run.

A *slot* is a reservation on a node (computing units, memory, and what `stock` counts) in which tasks of one requirement
run one after another. It is given back when nothing that fits it is ready. Engines map a slot to a worker process. The
slot of a task on several nodes (`spanning`) has others that belong to it, for which nobody runs anything.

Most tasks ask for computing units alone, and most nodes have cores that are all alike: then nothing but numbers is
compared. Only a task that asks for more, or a node whose cores differ, concerns the node's stock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pycompss.core.equipment import CPU, Equipment, Processor, Shortfall, counted
from pycompss.core.stock import BANDWIDTH, NOTHING, Allotment, Stock

if TYPE_CHECKING:
    from pycompss.core.invocation import Invocation


UNITS, MEMORY, TASKS = "units", "memory", "tasks"
THIS_MACHINE = "localhost"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one execution reserves: computing units (cores), bytes of memory, and whatever else it asks of its node."""

    units: int = 1
    memory: int = 0
    equipment: Equipment | None = None
    _hash: int = field(init=False, repr=False, compare=False)  # worked out once: queues are found by it

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.units, self.memory, self.equipment)))

    def __hash__(self) -> int:
        return self._hash

    @property
    def processors(self) -> tuple[Processor, ...]:
        """What each processor that the task uses must be."""
        if self.equipment is not None and self.equipment.processors:
            return self.equipment.processors
        return (Processor(self.units),) if self.units else ()

    @property
    def storage_bw(self) -> float:
        return 0.0 if self.equipment is None else self.equipment.storage_bw

    @property
    def devices(self) -> dict[str, int]:
        """How many devices of each kind."""
        found: dict[str, int] = {}
        for processor in self.processors:
            if processor.kind != CPU:
                found[processor.kind] = found.get(processor.kind, 0) + processor.units
        return found

    def __str__(self) -> str:
        parts = [
            *([counted(self.units, CPU)] if self.units else []),
            *(counted(units, kind) for kind, units in self.devices.items()),
        ]
        parts += [f"{self.memory / 1e9:g} GB of memory"] if self.memory else []
        return " and ".join(parts)


_NEVER = 1 << 40  # more units than a node has


class Node:
    """A machine (or a share of one) with computing units and memory; `memory` None = unlimited.

    address: by which programs on other nodes reach the machine.
    """

    __slots__ = (
        "_is_divided",
        "address",
        "free_memory",
        "free_units",
        "index",
        "is_gone",
        "is_leaving",
        "limit",
        "memory",
        "name",
        "open_slots",
        "pinned",
        "stock",
        "units",
        "where",
    )

    def __init__(
        self,
        index: int,
        name: str,
        units: int,
        memory: int | None = None,
        limit: int | None = None,
        equipment: Equipment | None = None,
        address: str = THIS_MACHINE,
    ) -> None:
        self.index = index
        self.where = (index,)  # of values that are made here: one tuple for all of them
        self.name = name
        self.address = address
        self.units = units
        self.memory = memory
        self.free_units = units
        self.free_memory = memory
        self.limit = limit if limit is not None and limit >= 0 else None  # most tasks with computing units at a time
        self.open_slots = 0  # of such tasks
        self.is_gone = False
        self.is_leaving = False  # what runs here goes on, nothing else begins
        self.pinned: deque[Invocation] = deque()  # ready tasks that may run only here
        self.stock = Stock(equipment, units)
        self._is_divided = self.stock.is_divided

    def could_hold(self, need: Requirement) -> bool:
        """Whether the node, when idle, has all that is asked for."""
        return (
            need.units <= self.units
            and (self.memory is None or need.memory <= self.memory)
            and ((need.equipment is None and not self._is_divided) or self.stock.could_hold(need))
        )

    def fits(self, need: Requirement) -> bool:
        """Whether the node has room now."""
        return (
            need.units <= self.free_units
            and (not need.memory or self.free_memory is None or need.memory <= self.free_memory)
            and (self.limit is None or self.open_slots < self.limit or not need.units)
            and ((need.equipment is None and not self._is_divided) or self.stock.fits(need, self.free_units))
        )

    def reserve(self, slot: Slot) -> None:
        """Take what the slot's requirement asks for, which fits; what the slot has lent, it gets again."""
        need = slot.requirement
        if need.equipment is not None or self._is_divided:
            slot.allotment = slot.allotment or self.stock.allot(need, self.free_units)
            self.stock.take(need, slot.allotment)
        self.free_units -= need.units
        if self.free_memory is not None:
            self.free_memory -= need.memory
        self.open_slots += need.units > 0

    def fits_again(self, slot: Slot) -> bool:
        """Whether a slot whose reservation was lent could have the same again."""
        need = slot.requirement
        if self.is_leaving:
            return True
        return self.fits(need) and (not slot.allotment or self.stock.fits_again(need, slot.allotment))

    def release(self, slot: Slot) -> None:
        need = slot.requirement
        self.free_units += need.units
        if self.free_memory is not None:
            self.free_memory += need.memory
        self.open_slots -= need.units > 0
        if need.equipment is not None or self._is_divided:
            self.stock.give_back(need, slot.allotment)

    def vanish(self) -> None:
        """The node is gone: it has nothing any more."""
        self.is_gone, self._is_divided = True, False
        self.units = self.free_units = 0
        self.memory = self.free_memory = -1
        self.stock = Stock(None, 0)

    def retire(self) -> None:
        """From now on nothing fits, nor ever could."""
        self.is_leaving = True
        self.units, self.memory = 0, -1
        self.free_units -= _NEVER

    def shortfalls(self, need: Requirement) -> list[Shortfall]:
        """What of `need` the node does not have even when it is idle."""
        found = self.stock.shortfalls(need)
        if need.units > self.units and not any(entry.key in ("computing_units", "processors") for entry in found):
            found.append(Shortfall("computing_units", counted(need.units, CPU), counted(self.units, CPU)))
        if self.memory is not None and need.memory > self.memory:
            found.append(Shortfall("memory_size", f"{need.memory / 1e9:.3g} GB", f"{self.memory / 1e9:.3g} GB"))
        return found

    def takes(self, need: Requirement) -> set[str]:
        """Kinds of resources that a task has for itself while it runs."""
        found = set(need.devices)
        found.update([UNITS] if need.units else [])
        found.update([MEMORY] if need.memory and self.memory is not None else [])
        found.update([TASKS] if self.limit is not None and need.units else [])
        found.update([BANDWIDTH] if need.storage_bw else [])
        return found

    def short_of(self, need: Requirement) -> set[str]:
        """Those of which there is too little for `need` now; all, if it does not fit for another reason."""
        found = set(self.stock.short_of(need))
        found.update([UNITS] if need.units > self.free_units else [])
        found.update([MEMORY] if self.free_memory is not None and need.memory > self.free_memory else [])
        found.update([TASKS] if self.limit is not None and need.units and self.open_slots >= self.limit else [])
        return found or self.takes(need)

    def __repr__(self) -> str:
        return f"<node {self.name} {self.free_units}/{self.units} free>"


class Slot:
    """A reservation on a node and the tasks on their way through it, in order."""

    __slots__ = ("allotment", "id", "node", "others", "parked", "requirement", "tasks")

    def __init__(self, id_: int, node: Node, requirement: Requirement, others: tuple[Slot, ...] = ()) -> None:
        self.id = id_
        self.node = node
        self.requirement = requirement
        self.others = others  # what its tasks have on other nodes
        self.tasks: dict[int, Invocation] = {}
        self.allotment: Allotment = NOTHING  # which processors and devices of the node it has
        self.parked = False  # its task waits for tasks of its own; the units are lent

    def __repr__(self) -> str:
        return f"<slot {self.id} on {self.node.name} {len(self.tasks)} tasks>"

    @property
    def devices(self) -> dict[str, tuple[str, ...]]:
        """Names of the devices that its tasks have for themselves, by kind."""
        found: dict[str, tuple[str, ...]] = {}
        for share in self.allotment:
            if share.kind != CPU:
                found[share.kind] = (*found.get(share.kind, ()), *share.names)
        return found
