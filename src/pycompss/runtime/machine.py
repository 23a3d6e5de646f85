"""What this process may use of the machine: computing units and memory.

Counting the machine's cores is not enough: an affinity mask, a container's quota (cgroup) or a batch allocation may
grant fewer, and a program that starts more workers than it has cores only gets slower. All of it is read from small
files of the kernel, without other packages, in well under a millisecond.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping

_CGROUPS = "/sys/fs/cgroup"
_UNLIMITED = 1 << 60  # version 1 of cgroups says "no limit" as a number of about 2**63

# Variables in which batch systems say how many cores the job has on this node.
_BATCH_CORES = ("SLURM_CPUS_ON_NODE", "PBS_NCPUS", "NCPUS", "NSLOTS", "LSB_MAX_NUM_PROCESSORS")

# Variables that a job of such a system has.
JOBS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID")  # where the number of the job is
ALLOCATIONS = ("SLURM_JOB_ID", "PBS_NODEFILE", "LSB_JOBID", "PE_HOSTFILE")


def computing_units(environ: Mapping[str, str] = os.environ) -> int:
    """Cores that this process may use: the least of affinity, cgroup quota and batch allocation; at least 1."""
    limits = [_affinity(), _cgroup_cores(), _batch_cores(environ)]
    return max(1, min(limit for limit in limits if limit is not None))


def memory_bytes(environ: Mapping[str, str] = os.environ) -> int | None:
    """Memory that this process may use, in bytes: RAM, or less where a cgroup or the batch system says so."""
    limits = [_ram(), _cgroup_memory(), _batch_memory(environ)]
    known = [limit for limit in limits if limit]
    return min(known) if known else None


def _affinity() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no affinity
        return os.cpu_count() or 1


def _batch_cores(environ: Mapping[str, str]) -> int | None:
    numbers = (environ.get(name, "") for name in _BATCH_CORES)
    return next((int(number) for number in numbers if number.isdecimal() and int(number)), None)


def _batch_memory(environ: Mapping[str, str]) -> int | None:
    megabytes = environ.get("SLURM_MEM_PER_NODE", "")
    return int(megabytes) << 20 if megabytes.isdecimal() else None


def _ram() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _cgroup_cores() -> int | None:
    quotas = [cores for folder in _cgroup_folders("cpu") if (cores := _quota(folder))]
    return math.ceil(min(quotas)) if quotas else None


def _quota(folder: str) -> float | None:
    """Cores granted by one cgroup (2: "cpu.max", 1: "cpu.cfs_*"), if it limits them."""
    quota, _, period = _read(f"{folder}/cpu.max").partition(" ")
    if not period:
        quota, period = _read(f"{folder}/cpu.cfs_quota_us"), _read(f"{folder}/cpu.cfs_period_us")
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() and int(period) else None


def _cgroup_memory() -> int | None:
    files = ("memory.max", "memory.limit_in_bytes")
    texts = [_read(f"{folder}/{file}") for folder in _cgroup_folders("memory") for file in files]
    limits = [int(text) for text in texts if text.isdecimal() and int(text) < _UNLIMITED]
    return min(limits) if limits else None


def _cgroup_folders(controller: str) -> Iterator[str]:
    """The cgroups this process is in, innermost first, then their parents (each of them limits)."""
    for line in _read("/proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = f"{_CGROUPS}/{controller}" if controllers else _CGROUPS
        parts = path.strip("/").split("/") if path != "/" else []
        for length in range(len(parts), -1, -1):
            yield "/".join([root, *parts[:length]])


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
