"""The nodes of an allocation as those of a run, and how agents are started on those that are other machines."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping
from typing import Any

from pycompss.deploy.allocation import found
from pycompss.deploy.allocation.found import Allocation, Host
from pycompss.runtime import hardware, machine
from pycompss.runtime.config import NodeSpec

PIPES = "PYCOMPSS_AGENT_PIPES"  # variable: the folder with a pipe for each agent that the job's script has started


def settings(environ: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Engine and nodes of a run with these values in this environment; nothing when this machine alone is the job."""
    allocation = found.find(environ)
    extra = values.get("elasticity", 0)
    if allocation is None or (not extra and all(_is_here(host, environ) for host in allocation.hosts)):
        return {}
    if importlib.util.find_spec("distributed") is None:
        sys.stderr.write(
            f"WARNING: job {allocation.job} has {len(allocation.hosts)} nodes, but tasks run on this one alone: "
            "pip install 'purecompss[cluster]' for the others\n"
        )
        return {}
    return {"engine": "dask", "nodes": _specs(allocation, environ, values)}


def _specs(allocation: Allocation, environ: Mapping[str, str], values: Mapping[str, Any]) -> tuple[NodeSpec, ...]:
    own = values.get("worker_in_master_cpus")
    specs = []
    for host in allocation.hosts:
        is_here = _is_here(host, environ)
        if not (is_here and own == 0):
            units = own if is_here and own else values.get("workers") or host.cores or machine.computing_units()
            specs.append(_spec(allocation.system, host, units, values, environ, is_here=is_here))
    return tuple(specs)


def _memory(host: Host, values: Mapping[str, Any], *, is_here: bool) -> int | None:
    """In bytes: what is told of the first node, of all, or what the job got."""
    own = values.get("worker_in_master_memory") if is_here else None
    megabytes = own or values.get("node_memory")
    return megabytes << 20 if megabytes else host.memory_bytes or machine.memory_bytes()


def _spec(
    system: str, host: Host, units: int, values: Mapping[str, Any], environ: Mapping[str, str], *, is_here: bool
) -> NodeSpec:
    gpus = values.get("gpus")
    devices = hardware.devices(host.gpus if gpus is None else gpus, values.get("fpgas", 0), {})
    return NodeSpec(
        host.name,
        units,
        _memory(host, values, is_here=is_here),
        limit_of_tasks=values.get("max_tasks_per_node"),
        equipment=hardware.equipment(units, devices),
        start=() if is_here else start(system, host, environ),
    )


def start(system: str, host: Host, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The words before a command that is to run on a node of the job. Standard input must reach it.

    Where the job's script has started the agents, because the program is in a container, input alone is passed on.
    """
    if pipes := environ.get(PIPES):
        return ("sh", "-c", 'exec cat >"$0"', os.path.join(pipes, host.name))
    if system == "slurm":
        cores = (f"--cpus-per-task={host.cores}",) if host.cores else ()
        step = ("--overlap", "--nodes=1", "--ntasks=1", *cores, "--mem=0", "--mpi=none", "--quiet", "--unbuffered")
        part = () if host.group is None else (f"--het-group={host.group}",)
        return ("srun", *part, *step, f"--nodelist={host.name}")
    return {"pbs": ("pbs_tmrsh", host.name), "lsf": ("blaunch", host.name), "sge": ("qrsh", "-inherit", host.name)}[
        system
    ]


def start_of(name: str, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The words before a command on the node of this name, if this is a job that has it; else nothing."""
    allocation = found.find(environ)
    if allocation is None:
        return ()
    return next((start(allocation.system, host, environ) for host in allocation.hosts if host.name == name), ())


def _is_here(host: Host, environ: Mapping[str, str]) -> bool:
    """By name, as addresses of nodes behind one another may mislead."""
    return host.name == environ.get("SLURMD_NODENAME") or _short(host.name) == _short(os.uname().nodename)


def _short(name: str) -> str:
    return name.partition(".")[0]
