"""A job goes to the queue: what is asked for is told, the script is written, the batch system takes it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from pycompss.deploy.batch import commands, limits, script
from pycompss.deploy.batch.job import Job
from pycompss.deploy.batch.refused import Refused
from pycompss.deploy.batch.site import Site
from pycompss.deploy.batch.systems.system import System

_NAME_WIDTH = 26
_REQUESTS = (
    "num_switches", "queue", "qos", "reservation", "constraints", "licenses", "cluster", "file_systems", "project_name",
)  # fmt: skip


class Prepared(NamedTuple):
    """A job that can be submitted."""

    job: Job
    site: Site
    system: System
    text: str  # the script


class Submitted(NamedTuple):
    """What the batch system said."""

    id: str
    printed: str


def prepare(job: Job, site: Site, system: System) -> Prepared:
    """Check a job and write its script; raises Refused. A dry run is not compared with this machine's queues."""
    limits.check_sense(job, system)
    if not job.dry_run:
        limits.check(job, site, system)
    return Prepared(job, site, system, script.write(job, system, site))


def left_out(prepared: Prepared) -> Iterator[str]:
    """What is asked for, and no directive of this batch system says."""
    job, site, system = prepared.job, prepared.site, prepared.system
    said = list(system.directives(job, site))
    for option in _REQUESTS:
        asked = getattr(job, option)
        if (
            asked and list(system.directives(replace(job, **{option: asked * 2}), site)) == said
        ):  # another would not count
            yield (
                f"--{option}={asked} is left out: jobs of {system.name} cannot ask for it so; "
                f"--extra_submit_flag takes a directive of {system.name} as it is"
            )


def told(prepared: Prepared) -> str:
    """The settings of a job, one a line, and how its nodes will be used."""
    return "".join(f"{name + ':':<{_NAME_WIDTH}}{value}\n" for name, value in _settings(prepared))


def _settings(prepared: Prepared) -> Iterator[tuple[str, object]]:
    job = prepared.job
    yield "SC Configuration", prepared.site.name
    yield "Batch system", prepared.system.name
    yield "JobName", job.job_name
    yield "Queue", job.queue or "default"
    yield "Reservation", job.reservation or "disabled"
    yield "Num Nodes", job.num_nodes
    yield "Num Switches", job.num_switches
    yield "GPUs per node", job.gpus_per_node
    yield "Job dependency", job.job_dependency or "None"
    yield "Exec-Time", f"{job.exec_time // 60:02}:{job.exec_time % 60:02}"
    yield "QoS", job.qos or "default"
    yield "Constraints", job.constraints or "disabled"
    yield "Node memory", f"{job.node_memory} MB" if job.node_memory else "all"
    yield "Working directory", job.job_execution_dir
    yield "Use of the nodes", _plan(job)
    yield "Program", " ".join(job.program) or f"a notebook server in {job.jupyter_notebook}"


def _plan(job: Job) -> str:
    units = f"{job.cpus_per_node}" if job.cpus_per_node else "all"
    own = units if job.worker_in_master_cpus is None else str(job.worker_in_master_cpus)
    first = f"the program and {own} computing units on the first"
    return first if job.num_nodes == 1 else f"{first}, {units} on {_others(job.num_nodes - 1)}"


def _others(count: int) -> str:
    return "the other one" if count == 1 else f"each of {count} others"


def save(prepared: Prepared, folder: str) -> str:
    """Keep the script, readable by its owner alone; returns its path."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    number, path = tempfile.mkstemp(prefix="tmp.", dir=folder)
    with open(number, "w", encoding="utf-8") as file:
        file.write(prepared.text)
    return path


def submit(prepared: Prepared) -> Submitted:
    """Give the script to the batch system; raises Refused with what it said against it."""
    answer = commands.run(*prepared.system.submission, given=prepared.text)
    number = prepared.system.job_id(answer.out)
    if answer.code or not number:
        raise Refused(
            f"{prepared.system.name} refused the job",
            asked=" ".join(prepared.system.submission),
            found=(answer.err.strip() or answer.out.strip() or f"exit code {answer.code}").replace("\n", "; "),
            attempt="--dry_run shows the script",
        )
    return Submitted(number, answer.out.strip())
