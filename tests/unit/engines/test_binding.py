"""Which cores and devices workers get."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from pycompss.core.resources import Node, Requirement, Slot
from pycompss.engines.local import devices, sockets
from pycompss.engines.local.binding import Affinity, Cores
from pycompss.engines.local.worker import NOT_SET_UP

NODE = Node(0, "node", 4)


@dataclass
class Worker:
    """Of a worker, what binding knows."""

    units: int = NOT_SET_UP
    cores: list[int] = field(default_factory=list)
    devices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pid: int = 0
    others: tuple[str, ...] = ()
    pending_setting: Any = None


def slot(units: int, *others: Node) -> Slot:
    """With so many units on its node, and as many on each of the others."""
    need = Requirement(units)
    return Slot(1, NODE, need, tuple(Slot(1, other, need) for other in others))


def dealt(cores: Cores, *units: int) -> list[list[int]]:
    """The cores that workers get, one after another."""
    workers: list[Any] = [Worker() for _ in units]
    for worker, count in zip(workers, units, strict=True):
        cores.give(worker, slot(count), {}, [])
    return [worker.cores for worker in workers]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight cores on two sockets."""
    monkeypatch.setattr(sockets, "usable", lambda: frozenset(range(8)))
    monkeypatch.setattr(sockets, "_socket", lambda core: str(core % 2))


def test_a_task_gets_cores_of_one_socket_if_they_suffice(machine: None) -> None:
    assert dealt(Cores([NODE], Affinity()), 3, 3, 2) == [[0, 2, 4], [1, 3, 5], [6, 7]]


def test_narrow_tasks_leave_whole_sockets_to_wide_ones(machine: None) -> None:
    assert dealt(Cores([NODE], Affinity()), 1, 2, 4) == [[0], [2, 4], [1, 3, 5, 7]]


def test_a_map_tells_which_cores_there_are_and_where(machine: None) -> None:
    affinity = Affinity("1-2/5-7", ((1, 2), (5, 6, 7)))
    assert dealt(Cores([NODE], affinity), 3, 1, 1) == [[5, 6, 7], [1], [2]]


def test_a_map_with_too_few_usable_cores_binds_nothing_and_says_so(
    machine: None, capsys: pytest.CaptureFixture[str]
) -> None:
    cores = Cores([NODE], Affinity("0-2,90-99", ((0, 1, 2, *range(90, 100)),)))
    assert dealt(cores, 1) == [[]]
    assert not cores.is_binding
    assert capsys.readouterr().err == (
        "WARNING: cpu_affinity=0-2,90-99: 3 of its cores may be used, fewer than the 4 computing units; "
        "tasks are not bound to cores\n"
    )


def test_cores_are_not_dealt_out_when_that_is_disabled_or_there_are_too_few(machine: None) -> None:
    assert dealt(Cores([NODE], Affinity("disabled")), 2) == [[]]
    assert dealt(Cores([Node(0, "large", 9)], Affinity()), 2) == [[]]


def test_a_balancer_is_told_of_cores_to_which_nobody_is_bound(machine: None) -> None:
    cores = Cores([NODE], Affinity("dlb"))
    assert dealt(cores, 2) == [[0, 2]]
    assert not cores.is_binding


def test_idle_workers_lose_their_cores_to_one_that_needs_them(machine: None) -> None:
    cores = Cores([NODE], Affinity("0-3", ((0, 1, 2, 3),)))
    first, second = Worker(), Worker()
    cores.give(first, slot(3), {}, [])  # type: ignore[arg-type]
    cores.give(second, slot(4), {}, [first])  # type: ignore[arg-type, list-item]
    assert (first.units, first.cores) == (NOT_SET_UP, [])
    assert second.cores == [0, 1, 2, 3]


def test_tasks_are_told_what_they_have(machine: None) -> None:
    worker = Worker()
    Cores([NODE], Affinity()).give(worker, slot(2), {"GPU": ("3", "5"), "FPGA": ("1",)}, [])  # type: ignore[arg-type]
    units, environment = worker.pending_setting
    assert units == 2
    assert environment == {
        "COMPSS_NUM_NODES": "1",
        "PYCOMPSS_ADDRESSES": "localhost",
        "COMPSS_NODES": "node",
        "COMPSS_HOSTNAMES": "node",
        "COMPSS_NUM_PROCS": "1",
        "COMPSS_NUM_CPUS": "2",
        "COMPSS_BINDED_CPUS": "0,2",
        "COMPSS_BINDED_GPUS": "3,5",
        "CUDA_VISIBLE_DEVICES": "3,5",
        "GPU_DEVICE_ORDINAL": "3,5",
        "HIP_VISIBLE_DEVICES": "3,5",
        "COMPSS_BINDED_FPGAS": "1",
    }


# ---------------------------------------------------------------- which worker serves

NO_GPU: dict[str, tuple[str, ...]] = {}
GPU_0, GPU_1, BOTH = ({"GPU": names} for names in [("0",), ("1",), ("0", "1")])


@pytest.mark.parametrize(
    ("idle", "units", "wanted", "expected"),
    [
        ([], 1, NO_GPU, -1),
        ([(1, NO_GPU), (1, NO_GPU)], 1, NO_GPU, 1),
        ([(1, NO_GPU), (2, NO_GPU)], 1, NO_GPU, 0),
        ([(2, NO_GPU), (3, NO_GPU)], 1, NO_GPU, 1),
        ([(1, GPU_0)], 1, NO_GPU, -1),
        ([(1, GPU_0), (1, NO_GPU)], 1, GPU_1, 1),
        ([(2, GPU_0), (1, NO_GPU)], 1, GPU_0, 0),
        ([(1, GPU_0), (1, BOTH)], 1, GPU_1, -1),
    ],
)
def test_a_worker_has_the_same_devices_for_life(
    idle: list[tuple[int, dict[str, tuple[str, ...]]]], units: int, wanted: dict[str, tuple[str, ...]], expected: int
) -> None:
    workers: list[Any] = [Worker(count, devices=own) for count, own in idle]
    assert devices.position_of_best(workers, units, wanted) == expected


def test_a_worker_that_holds_a_wanted_device_is_in_the_way() -> None:
    zero, one, both, none = (Worker(devices=own) for own in (GPU_0, GPU_1, BOTH, NO_GPU))
    idle: list[Any] = [zero, one, both, none]
    assert devices.in_the_way(idle, BOTH) == [zero, one]
    assert devices.in_the_way(idle, GPU_0) == [both]
    assert devices.in_the_way(idle, {"FPGA": ("0",)}) == []


def test_a_task_on_several_nodes_has_the_cores_of_all_and_knows_them(machine: None) -> None:
    other = Node(1, "other", 4)
    cores, worker = Cores([NODE, other], Affinity()), Worker()
    cores.give(worker, slot(2, other), {}, [])  # type: ignore[arg-type]
    assert len(worker.cores) == 4
    assert worker.others == ("other",)
    units, environment = worker.pending_setting
    assert units == 2
    assert environment["COMPSS_NUM_NODES"] == "2"
    assert environment["COMPSS_HOSTNAMES"] == environment["COMPSS_NODES"] == f"{NODE.name},other"
    assert environment["PYCOMPSS_ADDRESSES"] == "localhost,localhost"
