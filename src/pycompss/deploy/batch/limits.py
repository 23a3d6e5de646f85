"""Whether a site can ever run a job: found out before it waits in the queue for what will not come.

The site file has limits (`MINIMUM_NUM_NODES`, …), and the batch system tells its queues: Slurm with nodes, cores,
memory, GPUs and time limits, the others by name. What neither tells is not limited.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pycompss.deploy.batch.job import Job
from pycompss.deploy.batch.refused import Refused
from pycompss.deploy.batch.site import Site
from pycompss.deploy.batch.systems.system import Partition, System

_MAX_NODES_SWITCH, _MIN_NODES_REQ_SWITCH = 18, 4


def check(job: Job, site: Site, system: System) -> None:
    """Raise Refused for a job that this site cannot run."""
    _check_site(job, site)
    partitions = system.partitions()
    if partitions:
        first, *others = job.components or (job,)
        _check_queue(first, partitions, system)
        for part in others:
            _check_queue(replace(part, worker_in_master_cpus=None, worker_in_master_memory=None), partitions, system)


def check_sense(job: Job, system: System) -> None:
    """Raise Refused for a job that no site with this batch system can run."""
    if job.elasticity and system.key != "slurm":
        raise Refused(
            "only jobs of Slurm get more nodes while they run",
            asked=f"--elasticity={job.elasticity}",
            found=f"the batch system {system.key}",
            attempt=f"--num_nodes={job.num_nodes + job.elasticity}",
        )
    if job.components and not system.several_types:
        raise Refused(
            f"--heterogeneous is known of Slurm alone, not of {system.name}", attempt="--num_nodes, of one type"
        )
    if job.num_nodes == 1 and job.worker_in_master_cpus == 0:
        raise Refused(
            "no node would run tasks",
            asked="--num_nodes=1 --worker_in_master_cpus=0: one node, which only runs the program",
            attempt="--num_nodes=2, or leave --worker_in_master_cpus out",
        )
    own, all_cores = job.worker_in_master_cpus, job.cpus_per_node
    if own is not None and all_cores is not None and own > all_cores:
        raise Refused(f"--worker_in_master_cpus={own} is more than --cpus_per_node={all_cores}")


def _check_site(job: Job, site: Site) -> None:
    for option, limit in (("num_nodes", "MINIMUM_NUM_NODES"), ("cpus_per_node", "MINIMUM_CPUS_PER_NODE")):
        least, asked = site.number(limit), getattr(job, option)
        if least is not None and asked is not None and asked < least:
            raise Refused(
                f"--{option}={asked} is less than this site allows",
                asked=f"--{option}={asked}",
                found=f"{limit}={least} ({site.file})",
                attempt=f"--{option}={least}",
            )
    if job.num_switches:
        _check_switches(job, site)


def _check_switches(job: Job, site: Site) -> None:
    most = (site.number("MAX_NODES_SWITCH") or _MAX_NODES_SWITCH) * job.num_switches
    least = site.number("MIN_NODES_REQ_SWITCH") or _MIN_NODES_REQ_SWITCH
    asked = f"--num_nodes={job.num_nodes} --num_switches={job.num_switches}"
    if job.num_nodes < least:
        raise Refused(
            "so few nodes cannot ask for switches",
            asked=asked,
            found=f"at least {least} nodes can",
            attempt="--num_switches=0",
        )
    if job.num_nodes > most:
        raise Refused("so many nodes are not behind so few switches", asked=asked, found=f"at most {most} nodes are")


def _check_queue(job: Job, partitions: Sequence[Partition], system: System) -> None:
    names = list(dict.fromkeys(partition.queue for partition in partitions))
    if job.queue is not None and job.queue not in names:
        near = difflib.get_close_matches(job.queue, names, n=1)
        raise Refused(
            f"there is no queue {job.queue}",
            asked=f"--queue={job.queue}",
            found=f"{system.name} has {', '.join(names)}",
            attempt=f"--queue={(near or names)[0]}",
        )
    own = [partition for partition in partitions if _is_chosen(partition, job)]
    for option, asked, limit in _limits(job, own):
        if limit is not None and asked > limit:
            raise Refused(
                f"--{option}={asked} is more than queue {own[0].queue} has",
                asked=f"--{option}={asked}",
                found=f"at most {limit} in queue {own[0].queue}",
                attempt=_advice(option, asked, limit, partitions),
            )


def _is_chosen(partition: Partition, job: Job) -> bool:
    return partition.is_default if job.queue is None else partition.queue == job.queue


def _limits(job: Job, own: Sequence[Partition]) -> Iterator[tuple[str, int, int | None]]:
    """(option, what was asked, the most that the queue has)."""
    for option, name in _TOLD.items():
        asked = getattr(job, option)
        if asked:
            yield option, asked, _most(own, name)


_TOLD = {
    "num_nodes": "nodes",
    "cpus_per_node": "cores",
    "gpus_per_node": "gpus",
    "worker_in_master_cpus": "cores",
    "node_memory": "megabytes",
    "worker_in_master_memory": "megabytes",
    "exec_time": "minutes",
}


def _most(partitions: Sequence[Partition], name: str) -> int | None:
    """The most that a queue has of something; None = not told, or without limit."""
    told: list[int | None] = [getattr(partition, name) for partition in partitions]
    known = [value for value in told if value is not None]
    if not told or len(known) < len(told):
        return None
    return sum(known) if name == "nodes" else max(known)


def _advice(option: str, asked: int, limit: int, partitions: Sequence[Partition]) -> str:
    """Another queue that has as much, or as much as there is."""
    for queue in dict.fromkeys(partition.queue for partition in partitions):
        most = _most([partition for partition in partitions if partition.queue == queue], _TOLD[option])
        if most is None or most >= asked:
            return f"--queue={queue}" + (f", or --{option}={limit}" if limit else "")
    return f"--{option}={limit}" if limit else f"leave --{option} out"
