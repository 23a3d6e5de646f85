"""What a node has beside cores and memory, and what a task asks of one, in the same words.

A field that either side leaves open matches whatever the other says. Three are stricter: a node has the software and
the queues that it names and no others, and a bandwidth that it does not tell cannot be shared out. Texts compare
without regard to case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

CPU = "CPU"
NONE = "none"  # what a node has of something that is not there at all
KINDS = (CPU, "GPU", "FPGA", "OTHER")
IO = "IO"  # places for tasks that use no computing units: they wait for disks and networks
REQUESTS = "REQUESTS"  # places for tasks that are requests to services

# Names under which the same architecture is known.
_ARCHITECTURES = {"amd64": "x86_64", "x86-64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}


class Shortfall(NamedTuple):
    """One thing that a task asks for and a node has not: the key of the constraint, and the two in words."""

    key: str
    asked: str
    has: str


@dataclass(frozen=True, slots=True)
class Processor:
    """Computing units of one kind: cores of a CPU, or devices. Asked for: what one processor of the node must be."""

    units: int = 1
    kind: str = CPU
    name: str = ""
    architecture: str = ""
    speed: float = 0.0  # GHz; 0 = not said
    memory: float = 0.0  # GB of its own; 0 = not said
    properties: tuple[tuple[str, str], ...] = ()
    devices: tuple[str, ...] = ()  # of a node: names of the units, unless they are cores

    def shortfalls(self, asked: Processor) -> Iterator[Shortfall]:
        """What keeps this processor from being the one asked for."""
        yield from _different("processor_name", asked.name, self.name)
        yield from _different(
            "processor_architecture", _architecture(asked.architecture), _architecture(self.architecture)
        )
        yield from _too_little("processor_speed", asked.speed, self.speed, "GHz")
        yield from _too_little("processor_internal_memory_size", asked.memory, self.memory, "GB")
        yield from self._other_properties(asked)
        if asked.units > self.units:
            yield Shortfall("computing_units", counted(asked.units, self.kind), counted(self.units, self.kind))

    def _other_properties(self, asked: Processor) -> Iterator[Shortfall]:
        own = {name.casefold(): value for name, value in self.properties}
        for name, value in asked.properties if own else ():
            if name.casefold() not in own:
                yield Shortfall("processor_property_name", name, ", ".join(own))
            else:
                yield from _different("processor_property_value", value, own[name.casefold()])


@dataclass(frozen=True, slots=True)
class Equipment:
    """Processors, kinds of memory and storage, operating system, software and queues."""

    processors: tuple[Processor, ...] = ()  # a node without any has one CPU with its computing units
    memory_type: str = ""
    storage_size: float = 0.0  # GB; 0 = not said
    storage_type: str = ""
    storage_bw: float = 0.0  # 0 = not said
    operating_system_type: str = ""
    operating_system_distribution: str = ""
    operating_system_version: str = ""
    app_software: tuple[str, ...] = ()
    host_queues: tuple[str, ...] = ()
    is_local: bool = False  # of a node: the program runs there

    def shortfalls(self, asked: Equipment) -> Iterator[Shortfall]:
        """Everything asked for that is not here, processors apart."""
        yield from _different("memory_type", asked.memory_type, self.memory_type)
        yield from _too_little("storage_size", asked.storage_size, self.storage_size, "GB")
        yield from _different("storage_type", asked.storage_type, self.storage_type)
        if asked.storage_bw > self.storage_bw:
            yield Shortfall(
                "storage_bw", f"{asked.storage_bw:g}", f"{self.storage_bw:g}" if self.storage_bw else "none"
            )
        for key in ("operating_system_type", "operating_system_distribution", "operating_system_version"):
            yield from _different(key, getattr(asked, key), getattr(self, key))
        yield from _missing("app_software", asked.app_software, self.app_software)
        yield from _missing("host_queues", asked.host_queues, self.host_queues)
        if asked.is_local and not self.is_local:
            yield Shortfall("is_local", "True", "False")


_NOUNS = {CPU: "computing unit", "OTHER": "other unit", IO: "I/O executor", REQUESTS: "place for a request"}


def counted(units: int, kind: str) -> str:
    """`2 computing units`, `1 GPU`: how many of a kind, in words."""
    noun = _NOUNS.get(kind, kind)
    return f"{units} {noun}{'s' if units != 1 else ''}"


def _different(key: str, asked: str, has: str) -> Iterator[Shortfall]:
    if asked and has and asked.casefold() != has.casefold():
        yield Shortfall(key, asked, has)


def _too_little(key: str, asked: float, has: float, unit: str) -> Iterator[Shortfall]:
    if has and asked > has:
        yield Shortfall(key, f"{asked:g} {unit}", f"{has:g} {unit}")


def _missing(key: str, asked: tuple[str, ...], has: tuple[str, ...]) -> Iterator[Shortfall]:
    there = {name.casefold() for name in has}
    absent = [name for name in asked if name.casefold() not in there]
    if absent:
        yield Shortfall(key, ", ".join(absent), ", ".join(has) or NONE)


def _architecture(name: str) -> str:
    return _ARCHITECTURES.get(name.casefold(), name)
