"""What this machine has beside cores and memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pycompss.core.equipment import Processor
from pycompss.errors import ConfigurationError
from pycompss.runtime import config as configuration
from pycompss.runtime import hardware


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any device; files put into the folder are those of its kernel."""
    for name in ("_PROC_GPUS", "_DEV", "_KFD", "_OS_RELEASE"):
        monkeypatch.setattr(hardware, name, str(tmp_path / name))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for variable in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def nvidia(machine: Path, count: int) -> None:
    for number in range(count):
        (machine / "_PROC_GPUS" / f"0000:{number}").mkdir(parents=True)


def amd(machine: Path, *numbers: int) -> None:
    for node, number in enumerate(numbers):
        (machine / "_KFD" / str(node)).mkdir(parents=True)
        (machine / "_KFD" / str(node) / "gpu_id").write_text(f"{number}\n")


def test_a_machine_without_gpus_has_none(machine: Path) -> None:
    assert hardware.gpu_names({}) == []
    assert hardware.gpu_names({"CUDA_VISIBLE_DEVICES": "0,1"}) == []


def test_the_driver_tells_the_gpus(machine: Path) -> None:
    nvidia(machine, 3)
    assert hardware.gpu_names({}) == ["0", "1", "2"]


def test_device_files_tell_them_too(machine: Path) -> None:
    (machine / "_DEV").mkdir()
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"):
        (machine / "_DEV" / name).touch()
    assert hardware.gpu_names({}) == ["0", "1"]


@pytest.mark.parametrize(("code", "expected"), [(0, ["0", "1"]), (9, [])])
def test_nvidia_smi_is_asked_where_no_file_tells(machine: Path, code: int, expected: list[str]) -> None:
    program = machine / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho 'GPU 0: A100 (UUID: a)'\necho 'GPU 1: A100 (UUID: b)'\nexit {code}\n")
    program.chmod(0o755)
    assert hardware.gpu_names({}) == expected


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        ("2,0", ["2", "0"]),
        ("1", ["1"]),
        ("", []),
        ("NoDevFiles", []),
        ("-1", []),
        ("0,-1,1", ["0"]),
        ("0,7", ["0"]),
        ("GPU-8932f937,MIG-1", ["GPU-8932f937", "MIG-1"]),
    ],
)
def test_what_the_process_may_see_counts(machine: Path, visible: str, expected: list[str]) -> None:
    nvidia(machine, 3)
    assert hardware.gpu_names({"CUDA_VISIBLE_DEVICES": visible}) == expected


def test_gpus_of_amd_are_found_among_the_nodes_of_its_driver(machine: Path) -> None:
    amd(machine, 0, 4711, 4712)
    assert hardware.gpu_names({}) == ["0", "1"]
    assert hardware.gpu_names({"HIP_VISIBLE_DEVICES": "1"}) == ["1"]
    assert hardware.gpu_names({"ROCR_VISIBLE_DEVICES": "1"}) == ["0"]


@pytest.mark.parametrize(
    ("gpus", "fpgas", "maps", "expected"),
    [
        (None, 0, {}, {"GPU": ["0", "1"], "FPGA": []}),
        (0, 0, {}, {"GPU": [], "FPGA": []}),
        (1, 2, {}, {"GPU": ["0"], "FPGA": ["0", "1"]}),
        (4, 0, {}, {"GPU": ["0", "1", "2", "3"], "FPGA": []}),
        (None, 0, {"GPU": ["4", "6"], "FPGA": ["1"]}, {"GPU": ["4", "6"], "FPGA": ["1"]}),
        (3, 1, {"GPU": ["1", "6"], "FPGA": ["7", "8"]}, {"GPU": ["1", "6", "0"], "FPGA": ["7"]}),
    ],
)
def test_devices_are_found_declared_or_named(
    machine: Path, gpus: int | None, fpgas: int, maps: dict[str, list[str]], expected: dict[str, list[str]]
) -> None:
    nvidia(machine, 2)
    assert hardware.devices(gpus, fpgas, maps, {}) == expected


def test_the_system_and_its_architecture_are_known(machine: Path) -> None:
    (machine / "_OS_RELEASE").write_text('NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\n')
    found = hardware.equipment(4, {"GPU": ["0"], "FPGA": []})
    assert found.processors == (
        Processor(4, architecture=os.uname().machine),
        Processor(1, "GPU", devices=("0",)),
    )
    assert (found.operating_system_type, found.operating_system_distribution) == (os.uname().sysname, "debian")
    assert found.operating_system_version == "12"
    assert found.is_local


def test_settings_declare_devices(machine: Path) -> None:
    config = configuration.build({"gpus": ("--gpus_per_node=2", "2"), "workers": ("--cpus_per_node=3", "3")}, {})
    (node,) = config.nodes
    assert node.computing_units == 3
    assert [(p.units, p.kind, p.devices) for p in node.equipment.processors] == [(3, "CPU", ()), (2, "GPU", ("0", "1"))]


@pytest.mark.parametrize("text", ["", "a", "1-", "3-1", "0,0", "0-2,1", "-1", "0//1", "0-99999999999"])
def test_a_map_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"gpu_affinity = .*expected disabled, automatic, dlb, or a map"):
        configuration.build({"gpu_affinity": ("--gpu_affinity=", text)}, {})
