"""What this machine has beside cores and memory: its architecture, its operating system, its GPUs.

All of it is read from small files of the kernel; only where the driver of NVIDIA shows none of them (as inside some
virtual machines) is `nvidia-smi` asked, if it is there. What a machine does not tell by itself (software, queues,
storage, FPGAs) stays open or is declared: by settings, or by resources.xml.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence

from pycompss.core.equipment import CPU, Equipment, Processor

_PROC_GPUS = "/proc/driver/nvidia/gpus"
_DEV = "/dev"
_KFD = "/sys/class/kfd/kfd/topology/nodes"
_OS_RELEASE = "/etc/os-release"
_PATIENCE = 10  # seconds that nvidia-smi may take

_SYSTEMS = {"Darwin": "MacOS"}  # as resources.xml calls them


def equipment(units: int, devices: Mapping[str, Sequence[str]]) -> Equipment:
    """This machine with so many computing units, and with devices of these names by kind."""
    system = os.uname()
    release = _os_release()
    found = [Processor(len(names), kind, devices=tuple(names)) for kind, names in devices.items() if names]
    return Equipment(
        (Processor(units, CPU, architecture=system.machine), *found),
        operating_system_type=_SYSTEMS.get(system.sysname, system.sysname),
        operating_system_distribution=release.get("ID", ""),
        operating_system_version=release.get("VERSION_ID", ""),
        is_local=True,
    )


def devices(
    gpus: int | None, fpgas: int, maps: Mapping[str, Sequence[str]], environ: Mapping[str, str] = os.environ
) -> dict[str, list[str]]:
    """Names of the devices by kind: as many as are declared; of the GPUs, if none are declared, those that there are.

    maps: names that `--gpu_affinity` and `--fpga_affinity` give.
    """
    known = {"GPU": list(maps.get("GPU") or gpu_names(environ)), "FPGA": list(maps.get("FPGA") or ())}
    declared = {"GPU": gpus, "FPGA": fpgas or (None if known["FPGA"] else 0)}
    return {
        kind: names if declared[kind] is None else take(iter_names(names), declared[kind] or 0)
        for kind, names in known.items()
    }


def iter_names(known: Sequence[str]) -> Iterator[str]:
    """The names that are known, then numbers for devices that are only declared."""
    yield from known
    number = 0
    while True:
        if str(number) not in known:
            yield str(number)
        number += 1


def take(names: Iterator[str], count: int) -> list[str]:
    return [next(names) for _ in range(count)]


# -- GPUs


def gpu_names(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES (of AMD: HIP_VISIBLE_DEVICES) names them."""
    count = _nvidia_gpus()
    if count:
        return _visible(count, environ.get("CUDA_VISIBLE_DEVICES"))
    count = _amd_gpus()
    if "ROCR_VISIBLE_DEVICES" in environ:  # which numbers anew what is visible
        count = min(count, len(_listed(environ["ROCR_VISIBLE_DEVICES"])))
    return _visible(count, environ.get("HIP_VISIBLE_DEVICES", environ.get("CUDA_VISIBLE_DEVICES")))


def _visible(count: int, limit: str | None) -> list[str]:
    everything = [str(number) for number in range(count)]
    if limit is None or not count:
        return everything
    return [name for name in _listed(limit) if not name.isdecimal() or name in everything]


def _listed(text: str) -> list[str]:
    """The devices of such a variable: those after one that does not exist do not count, says CUDA."""
    names: list[str] = []
    for part in text.split(","):
        name = part.strip()
        if not name or name.startswith("-") or name == "NoDevFiles":
            break
        names.append(name)
    return names


def _nvidia_gpus() -> int:
    found = len(_entries(_PROC_GPUS)) or sum(name[:6] == "nvidia" and name[6:].isdecimal() for name in _entries(_DEV))
    return found or _asked_gpus()


def _asked_gpus() -> int:
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    try:
        answer = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    return sum(line.startswith("GPU ") for line in answer.stdout.splitlines())


def _amd_gpus() -> int:
    """Nodes of AMD's driver that are GPUs: the others, CPUs, have 0 as the number of their GPU."""
    numbers = [_read(f"{_KFD}/{node}/gpu_id") for node in _entries(_KFD)]
    return sum(number not in ("", "0") for number in numbers)


# -- files


def _os_release() -> dict[str, str]:
    lines = (line.partition("=") for line in _read(_OS_RELEASE).splitlines())
    return {name: value.strip("\"'") for name, _, value in lines}


def _entries(folder: str) -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir(folder)
    return []


def _read(path: str) -> str:
    with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
        return file.read().strip()
    return ""
