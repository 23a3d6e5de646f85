"""The allocation: which nodes the job has, and how much of each, as the batch systems' variables tell.

Every node counts with what was allotted of it, not with what it has. A step of several tasks (`srun -n4 python app.py`)
is several programs: each uses its own node alone.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pycompss.deploy.allocation import hostlist
from pycompss.errors import ConfigurationError

TYPES = "PYCOMPSS_NODE_TYPES"  # of a job of several types: cores:gpus:megabytes of each as far as told, commas between
_SPECIAL_STEPS = 4294967000  # numbers above it: the batch script, the interactive shell of salloc


@dataclass(frozen=True, slots=True)
class Host:
    """A node of an allocation. None: not told."""

    name: str
    cores: int | None = None
    memory_bytes: int | None = None
    gpus: int | None = None
    group: int | None = None  # which part of a job of several types it belongs to


@dataclass(frozen=True, slots=True)
class Allocation:
    """What one job has."""

    system: str
    job: str
    hosts: tuple[Host, ...]


def find(environ: Mapping[str, str] = os.environ) -> Allocation | None:
    """The allocation in which this process runs; raises ConfigurationError for variables that make no sense."""
    for variable, read in _READERS.items():
        if environ.get(variable):
            try:
                return read(environ)
            except (ValueError, OSError, LookupError) as error:
                raise ConfigurationError(
                    f"the allocation cannot be understood ({variable}={environ[variable]}): {error}; "
                    "to run on this node alone: --engine=local"
                ) from None
    return None


def _slurm(environ: Mapping[str, str]) -> Allocation | None:
    if int(environ.get("SLURM_STEP_NUM_TASKS") or 1) > 1 and int(environ.get("SLURM_STEP_ID") or 0) < _SPECIAL_STEPS:
        return None
    if size := _number(environ.get("SLURM_HET_SIZE")):
        parts = [_slurm_part(environ, group) for group in range(size)]
        return Allocation("slurm", environ["SLURM_JOB_ID"], tuple(host for part in parts for host in part))
    names = hostlist.expand(environ.get("SLURM_JOB_NODELIST") or environ["SLURM_NODELIST"])
    cores = hostlist.counts(environ["SLURM_JOB_CPUS_PER_NODE"]) if environ.get("SLURM_JOB_CPUS_PER_NODE") else []
    gpus = _number(environ.get("SLURM_GPUS_ON_NODE"))
    hosts = []
    for index, name in enumerate(names):
        own = cores[index] if index < len(cores) else None
        hosts.append(Host(name, own, _slurm_memory(environ, own), gpus))
    return Allocation("slurm", environ["SLURM_JOB_ID"], tuple(hosts))


def _slurm_part(environ: Mapping[str, str], group: int) -> list[Host]:
    """Of a job whose nodes are of several types: those of one of them."""
    names = hostlist.expand(environ[f"SLURM_JOB_NODELIST_HET_GROUP_{group}"])
    allotted = hostlist.counts(environ[f"SLURM_JOB_CPUS_PER_NODE_HET_GROUP_{group}"])
    told = environ.get(TYPES, "").split(",")
    own, gpus, memory = map(_number, (told[group] if group < len(told) else "::").split(":"))
    return [
        Host(name, min(own or cores, cores), memory << 20 if memory else None, gpus, group)
        for name, cores in zip(names, allotted, strict=True)
    ]


def _slurm_memory(environ: Mapping[str, str], cores: int | None) -> int | None:
    of_node, of_core = _number(environ.get("SLURM_MEM_PER_NODE")), _number(environ.get("SLURM_MEM_PER_CPU"))
    megabytes = of_node or (of_core * cores if of_core and cores else None)
    return megabytes << 20 if megabytes else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _pbs(environ: Mapping[str, str]) -> Allocation:
    """A line for every core, or one for every node with its cores in a variable."""
    names = Counter(_lines(environ["PBS_NODEFILE"]))
    told = _number(environ.get("NCPUS"))
    hosts = tuple(Host(name, told if count == 1 else count) for name, count in names.items())
    return Allocation("pbs", environ["PBS_JOBID"], hosts)


def _lsf(environ: Mapping[str, str]) -> Allocation:
    """`host1 4 host2 4`, or a name for every core."""
    words = environ.get("LSB_MCPU_HOSTS", "").split()
    if words:
        names = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    else:
        names = dict(Counter(environ["LSB_HOSTS"].split()))
    return Allocation("lsf", environ["LSB_JOBID"], tuple(Host(name, cores) for name, cores in names.items() if cores))


def _sge(environ: Mapping[str, str]) -> Allocation:
    """`host slots queue processors` in every line; a host may have several lines."""
    names: Counter[str] = Counter()
    for line in _lines(environ["PE_HOSTFILE"]):
        name, slots = line.split()[:2]
        names[name] += int(slots)
    return Allocation("sge", environ["JOB_ID"], tuple(Host(name, slots) for name, slots in names.items()))


def _lines(path: str) -> list[str]:
    with open(path, encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip()]


_READERS: dict[str, Callable[[Mapping[str, str]], Allocation | None]] = {
    "SLURM_JOB_ID": _slurm,
    "PBS_NODEFILE": _pbs,
    "LSB_JOBID": _lsf,
    "PE_HOSTFILE": _sge,
}
