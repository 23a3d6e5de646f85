"""What this process may use of the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pycompss.runtime import machine


@pytest.fixture
def cgroups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree of control groups of our own, and 64 cores."""
    root = tmp_path / "cgroup"
    root.mkdir()
    monkeypatch.setattr(machine, "_CGROUPS", str(root))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    return root


def in_group(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """Pretend that /proc/self/cgroup says so."""
    read = machine._read
    monkeypatch.setattr(machine, "_read", lambda path: line if path == "/proc/self/cgroup" else read(path))


def put(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text + "\n")


def test_the_affinity_counts(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_group(monkeypatch, "0::/")
    assert machine.computing_units({}) == 64


def test_a_quota_counts_also_that_of_an_outer_group(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_group(monkeypatch, "0::/user/job")
    put(cgroups / "user" / "job", "cpu.max", "max 100000")
    put(cgroups / "user", "cpu.max", "250000 100000")
    assert machine.computing_units({}) == 3  # 2.5, and a started core is one


def test_version_1_of_control_groups_is_understood(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_group(monkeypatch, "4:memory:/job\n3:cpu,cpuacct:/job\n1:name=systemd:/other")
    put(cgroups / "cpu" / "job", "cpu.cfs_quota_us", "400000")
    put(cgroups / "cpu" / "job", "cpu.cfs_period_us", "100000")
    put(cgroups / "memory" / "job", "memory.limit_in_bytes", "1000000")
    put(cgroups / "memory", "memory.limit_in_bytes", str((1 << 63) - 4096))
    assert (machine.computing_units({}), machine.memory_bytes({})) == (4, 1000000)


def test_no_quota_is_no_limit(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_group(monkeypatch, "3:cpu:/job")
    put(cgroups / "cpu" / "job", "cpu.cfs_quota_us", "-1")
    put(cgroups / "cpu" / "job", "cpu.cfs_period_us", "100000")
    assert machine.computing_units({}) == 64


def test_a_batch_allocation_counts(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_group(monkeypatch, "0::/")
    assert machine.computing_units({"SLURM_CPUS_ON_NODE": "12"}) == 12
    assert machine.computing_units({"NSLOTS": "6"}) == 6
    assert machine.computing_units({"SLURM_CPUS_ON_NODE": "0"}) == 64
    assert machine.memory_bytes({"SLURM_MEM_PER_NODE": "5"}) == 5 << 20


def test_memory_of_a_group_counts(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_group(monkeypatch, "0::/job")
    put(cgroups / "job", "memory.max", "max")
    everything = machine.memory_bytes({})
    put(cgroups / "job", "memory.max", "2000000")
    assert everything is not None
    assert everything > 2000000 == machine.memory_bytes({})


def test_there_is_always_one_computing_unit(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_group(monkeypatch, "0::/job")
    put(cgroups / "job", "cpu.max", "1000 100000")
    assert machine.computing_units({}) == 1


def test_a_machine_without_affinity_or_groups_is_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(machine, "_read", lambda _: "")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert machine.computing_units({}) == 5
