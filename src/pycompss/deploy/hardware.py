"""The elements of a node that constraints can match: its processors, storage, operating system, software, queues."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pycompss.core.equipment import CPU, KINDS, Equipment, Processor
from pycompss.deploy.xml import Element

NextNames = Mapping[str, Iterator[str]]  # by kind, names of devices that no node has yet


def equipment(element: Element, queues: tuple[str, ...], names: NextNames) -> Equipment:
    """What a node has, beside memory, of which only the type is told here; its devices get the next names."""
    memory, storage = element.first("Memory"), element.first("Storage")
    system, software = element.first("OperatingSystem"), element.first("Software")
    return Equipment(
        processors=tuple(_processor(entry, names) for entry in element.all("Processor") if _units(entry)),
        memory_type=_text(memory, "Type"),
        storage_size=_size(storage, "Size"),
        storage_type=_text(storage, "Type"),
        storage_bw=_size(storage, "Bandwidth"),
        operating_system_type=_text(system, "Type"),
        operating_system_distribution=_text(system, "Distribution"),
        operating_system_version=_text(system, "Version"),
        app_software=tuple(entry.text for entry in software.all("Application")) if software is not None else (),
        host_queues=queues,
        is_local=True,
    )


def computing_units(element: Element) -> int:
    """The sum over the processors that are CPUs."""
    total = sum(_units(entry) for entry in element.all("Processor") if _kind(entry) == CPU)
    if total < 1:
        raise element.wrong("has no CPU with computing units: <Processor><ComputingUnits>N</ComputingUnits>")
    return total


def memory(element: Element) -> int | None:
    """Memory in bytes; the file says GB."""
    entry = element.first("Memory")
    gigabytes = None if entry is None else number(entry, "Size", float)
    return None if gigabytes is None else int(gigabytes * 1e9)


def queues(element: Element) -> tuple[str, ...] | None:
    """The queues of its adaptors; None: it has no adaptors."""
    adaptors = element.first("Adaptors")
    if adaptors is None:
        return None
    systems = [system for adaptor in adaptors.all("Adaptor") for system in adaptor.all("SubmissionSystem")]
    batches = [batch for system in systems for batch in system.all("Batch")]
    return tuple(dict.fromkeys(queue.text for batch in batches for queue in batch.all("Queue")))


def number(element: Element, tag: str, kind: Callable[[str], float], least: float = 0) -> float | None:
    """The number in a child; None: there is no such child."""
    child = element.first(tag)
    if child is None:
        return None
    try:
        value = kind(child.text)
    except ValueError:
        value = float("nan")
    if not least <= value < float("inf"):
        raise child.wrong(f"is {child.text!r}; expected a number" + (", 0 or more" if least == 0 else ""))
    return value


def _processor(entry: Element, names: NextNames) -> Processor:
    kind, units = _kind(entry), _units(entry)
    return Processor(
        units,
        kind,
        entry.attributes.get("Name", ""),
        _text(entry, "Architecture"),
        _size(entry, "Speed"),
        _size(entry, "InternalMemorySize"),
        tuple(_property(found) for found in entry.all("ProcessorProperty")),
        () if kind == CPU else tuple(next(names[kind]) for _ in range(units)),
    )


def _units(entry: Element) -> int:
    return int(number(entry, "ComputingUnits", int) or 0)


def _kind(entry: Element) -> str:
    kind = _text(entry, "Type").upper() or CPU
    if kind not in KINDS:
        raise entry.wrong(f"has the type {kind}; the types are {', '.join(KINDS)}")
    return kind


def _property(entry: Element) -> tuple[str, str]:
    key = _text(entry, "Key")
    if not key:
        raise entry.wrong("needs a <Key>")
    return key, _text(entry, "Value")


def _text(element: Element | None, tag: str) -> str:
    return (element.text_of(tag) or "") if element is not None else ""


def _size(element: Element | None, tag: str) -> float:
    return float(number(element, tag, float) or 0) if element is not None else 0.0
