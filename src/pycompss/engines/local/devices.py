"""Devices that tasks have for themselves, in the environment's words.

A process that has opened a device cannot be moved to another: its libraries look at the environment once. So a worker
keeps its devices for life. When another set of devices is wanted that shares one with an idle worker's, that worker
ends, and frees what it holds there.
"""

from __future__ import annotations

from collections.abc import Iterable

from pycompss.core.resources import Slot
from pycompss.engines.local.worker import Devices, WorkerHandle

_VARIABLES = {
    "GPU": ("COMPSS_BINDED_GPUS", "CUDA_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL", "HIP_VISIBLE_DEVICES"),
    "FPGA": ("COMPSS_BINDED_FPGAS",),
}
BOUND_KINDS = frozenset(_VARIABLES)  # unless the program's settings say otherwise


def of_slot(slot: Slot, kinds: frozenset[str]) -> Devices:
    """The devices to which the slot's tasks are bound, on whichever of its nodes they are counted."""
    if not slot.allotment:
        return {}
    found: Devices = {}
    for part in (slot, *slot.others):
        for kind, names in part.devices.items():
            if kind in kinds:
                found[kind] = tuple(dict.fromkeys((*found.get(kind, ()), *names)))
    return found


def environment(devices: Devices) -> dict[str, str]:
    """What tasks with these devices are told."""
    return {variable: ",".join(names) for kind, names in devices.items() for variable in _VARIABLES[kind]}


def position_of_best(idle: list[WorkerHandle], units: int, devices: Devices) -> int:
    """Which idle worker serves next: the last one that was busy with the same; -1: none of them may."""
    able = [n for n, worker in enumerate(idle) if worker.devices in (devices, {})]
    return max(able, key=lambda n: (idle[n].devices == devices, idle[n].units == units, n), default=-1)


def in_the_way(idle: Iterable[WorkerHandle], devices: Devices) -> list[WorkerHandle]:
    """Idle workers that hold one of these devices."""
    return [worker for worker in idle if worker.devices != devices and _share(worker.devices, devices)]


def _share(one: Devices, other: Devices) -> bool:
    return any(not set(names).isdisjoint(other.get(kind, ())) for kind, names in one.items())
