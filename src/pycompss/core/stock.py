"""Which processors, devices and bandwidth of a node are free, and what a task gets of them.

Each processor that a task asks for is met by one of the node's, which is of that kind and has as many units free. Cores
of CPUs are counted; the units of all others are devices with names, which a task has for itself. What matches does not
change during a run, so it is worked out once for each requirement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from pycompss.core.equipment import CPU, NONE, Equipment, Processor, Shortfall, counted

if TYPE_CHECKING:
    from pycompss.core.resources import Requirement


BANDWIDTH = "bandwidth"


@dataclass(frozen=True, slots=True)
class Share:
    """Units of one processor that a task has: the number of the processor, how many, and their names if they have."""

    processor: int
    units: int
    kind: str
    names: tuple[str, ...]


Allotment = tuple[Share, ...]
NOTHING: Allotment = ()


class Stock:
    """What a node has, and what of it is free."""

    __slots__ = ("_bandwidth", "_candidates", "_free", "_names", "equipment", "is_divided", "processors")

    def __init__(self, equipment: Equipment | None, units: int) -> None:
        self.equipment = equipment or Equipment()
        self.processors = _complete(self.equipment.processors, units)
        self.is_divided = sum(p.kind == CPU for p in self.processors) > 1  # its cores are not all alike
        self._free = [p.units for p in self.processors]
        self._names = [list(p.devices) for p in self.processors]
        self._bandwidth = self.equipment.storage_bw
        self._candidates: dict[Requirement, list[list[int]] | None] = {}

    # -- what there is -----------------------------------------------------------------------------------------------

    def could_hold(self, need: Requirement) -> bool:
        """Whether everything that `need` asks for is there when the node is idle, memory apart."""
        if need not in self._candidates:
            self._candidates[need] = None if self.shortfalls(need) else self._match(need)
        return self._candidates[need] is not None

    def shortfalls(self, need: Requirement) -> list[Shortfall]:
        """What of it is not there."""
        asked = need.processors
        found = [entry for processor in asked for entry in self._nearest(processor)]
        if not found and _assign(asked, self._match(need), [p.units for p in self.processors]) is None:
            kinds = {processor.kind for processor in asked}
            alike = [processor for processor in self.processors if processor.kind in kinds]
            found = [Shortfall("processors", _listed(asked), _listed(alike))]
        return found + (list(self.equipment.shortfalls(need.equipment)) if need.equipment is not None else [])

    def count_of_devices(self) -> int:
        """How many tasks could have one each, places for those that wait for I/O included."""
        return sum(p.units for p in self.processors if p.kind != CPU)

    def _nearest(self, asked: Processor) -> list[Shortfall]:
        """What the processor that comes nearest to the one asked for lacks."""
        alike = [list(p.shortfalls(asked)) for p in self.processors if p.kind == asked.kind]
        return min(alike, key=len, default=[Shortfall("processor_type", counted(asked.units, asked.kind), NONE)])

    def _match(self, need: Requirement) -> list[list[int]]:
        """The processors that may stand for each one that is asked for."""
        return [
            [n for n, p in enumerate(self.processors) if p.kind == asked.kind and not any(p.shortfalls(asked))]
            for asked in need.processors
        ]

    # -- what is free ------------------------------------------------------------------------------------------------

    def fits(self, need: Requirement, cores: int) -> bool:
        """Whether `need` could be met now; `cores`: free units of a node whose cores are all alike."""
        return self._choose(need, cores) is not None

    def fits_again(self, need: Requirement, allotment: Allotment) -> bool:
        """Whether the very same units are free."""
        return self._bandwidth >= need.storage_bw and all(
            self._free[share.processor] >= share.units and set(share.names) <= set(self._names[share.processor])
            for share in allotment
        )

    def allot(self, need: Requirement, cores: int) -> Allotment:
        """What a task that fits would get; nothing is taken yet."""
        shares: list[Share] = []
        names = [list(own) for own in self._names]
        for asked, number in zip(need.processors, self._choose(need, cores) or (), strict=True):
            if asked.kind != CPU or self.is_divided:
                shares.append(Share(number, asked.units, asked.kind, tuple(names[number][: asked.units])))
                del names[number][: asked.units]
        return tuple(shares)

    def take(self, need: Requirement, allotment: Allotment) -> None:
        for share in allotment:
            self._free[share.processor] -= share.units
            own = self._names[share.processor]
            own[:] = [name for name in own if name not in share.names]
        self._bandwidth -= need.storage_bw

    def give_back(self, need: Requirement, allotment: Allotment) -> None:
        for share in allotment:
            self._free[share.processor] += share.units
            free = {*self._names[share.processor], *share.names}
            devices = self.processors[share.processor].devices
            self._names[share.processor] = [name for name in devices if name in free]
        self._bandwidth += need.storage_bw

    def short_of(self, need: Requirement) -> Iterator[str]:
        """Kinds of devices, and bandwidth, of which there is too little for `need` now."""
        for kind, units in need.devices.items():
            if sum(free for free, p in zip(self._free, self.processors, strict=True) if p.kind == kind) < units:
                yield kind
        if need.storage_bw > self._bandwidth:
            yield BANDWIDTH

    def _choose(self, need: Requirement, cores: int) -> list[int] | None:
        """The node's processors that meet those asked for now, one for each."""
        candidates = self._candidates.get(need) if self.could_hold(need) else None
        if candidates is None or need.storage_bw > self._bandwidth:
            return None
        free = list(self._free)
        if not self.is_divided:
            free = [cores if p.kind == CPU else left for p, left in zip(self.processors, free, strict=True)]
        return _assign(need.processors, candidates, free)


def _complete(processors: Sequence[Processor], units: int) -> tuple[Processor, ...]:
    """With a CPU, if none is described, and names for all devices: numbers, kind by kind."""
    cpus = () if any(p.kind == CPU for p in processors) else (Processor(units),)
    numbers = {p.kind: count() for p in processors}
    return cpus + tuple(
        p if p.kind == CPU or p.devices else replace(p, devices=_names(numbers[p.kind], p.units)) for p in processors
    )


def _names(numbers: Iterator[int], units: int) -> tuple[str, ...]:
    return tuple(str(next(numbers)) for _ in range(units))


def _assign(
    asked: Sequence[Processor], candidates: list[list[int]], free: list[int], chosen: tuple[int, ...] = ()
) -> list[int] | None:
    """One of its candidates for each processor asked for, such that all have enough free units; None: there is none."""
    if len(chosen) == len(asked):
        return list(chosen)
    units = asked[len(chosen)].units
    for number in candidates[len(chosen)]:
        if free[number] >= units:
            left = [*free[:number], free[number] - units, *free[number + 1 :]]
            found = _assign(asked, candidates, left, (*chosen, number))
            if found is not None:
                return found
    return None


def _listed(processors: Sequence[Processor]) -> str:
    return " and ".join(counted(p.units, p.kind) for p in processors)
