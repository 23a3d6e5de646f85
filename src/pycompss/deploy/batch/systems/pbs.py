"""PBS: OpenPBS and PBS Professional."""

from __future__ import annotations

import re

from pycompss.deploy.batch import commands
from pycompss.deploy.batch.job import Job
from pycompss.deploy.batch.site import Site
from pycompss.deploy.batch.systems import system
from pycompss.deploy.batch.systems.system import Directives, Listed, Partition, System, clock, extra, quoted, user

_STATES = {**dict.fromkeys("QHWTM", system.PENDING), **dict.fromkeys("RSEBU", system.RUNNING)}
_COLUMNS = 11  # of `qstat -u`: id, user, queue, name, session, nodes, tasks, memory, time, state, elapsed


class Pbs(System):
    """qsub, qstat, qdel. It does not put the number of a job into file names, so scripts do."""

    key, name, prefix = "pbs", "PBS", "#PBS"
    submission = ("qsub",)
    job_variable = "PBS_JOBID"
    node_list = "awk '!seen[$0]++' \"$PBS_NODEFILE\""
    on_every_node = 'for node in "${nodes[@]}"; do pbs_remsh "$node" "$1"; done'
    preamble = 'exec >"compss-$job.out" 2>"compss-$job.err"'

    def directives(self, job: Job, site: Site) -> Directives:
        yield "queue", job.queue and f"-q {job.queue}"
        yield "job_name", f"-N {job.job_name.replace(' ', '_')}"
        yield "job_dependency", job.job_dependency and f"-W depend=afterany:{job.job_dependency}"
        yield "reservation", job.reservation and f"-q {job.reservation}"
        yield "copy_env", "-V"
        yield "wall_clock", f"-l walltime={clock(job.exec_time)}:00"
        yield "job_out", f"-o {quoted(job.job_execution_dir)}"
        yield "job_error", f"-e {quoted(job.job_execution_dir)}"
        yield "num_nodes", f"-l select={_chunk(job)}"
        yield "exclusive", f"-l place=scatter{':excl' if job.exclusive else ''}"
        yield "project_name", job.project_name and f"-A {job.project_name}"
        yield from extra(job)

    def job_id(self, printed: str) -> str:
        match = re.search(r"^\d[\w.-]*$", printed, re.MULTILINE)
        return match[0] if match else ""

    def state(self, job: str) -> str | None:
        lines = commands.lines(("qstat", "-x", "-f", job)) or commands.lines(("qstat", "-f", job))
        if lines is None:
            return None
        fields = dict(line.strip().partition(" = ")[::2] for line in lines)
        letter = fields.get("job_state", "")
        return _STATES.get(letter) or _ended(fields.get("Exit_status") or fields.get("exit_status"))

    def jobs(self) -> list[Listed]:
        rows = [line.split() for line in commands.run("qstat", "-u", user()).out.splitlines()]
        return [
            Listed(row[0], _STATES.get(row[9], row[9]), row[3])
            for row in rows
            if len(row) >= _COLUMNS and row[0][0].isdigit()
        ]

    def cancellation(self, job: str) -> tuple[str, ...]:
        return ("qdel", job)

    def partitions(self) -> list[Partition]:
        lines = commands.lines(("qstat", "-Q")) or []
        return [Partition(line.split()[0]) for line in lines[2:] if line.split()]


def _chunk(job: Job) -> str:
    cores = job.cpus_per_node if job.forward_cpus_per_node else None
    parts = (
        ("ncpus", cores),
        ("ngpus", job.gpus_per_node),
        ("mem", f"{job.node_memory}mb" if job.node_memory else None),
    )
    return ":".join([str(job.num_nodes), *(f"{name}={value}" for name, value in parts if value)])


def _ended(exit_status: str | None) -> str:
    """How a job in state F or C ended; PBS says 256 + number of the signal, or a negative number, if it ended it."""
    if exit_status is None:
        return system.CANCELLED
    code = int(exit_status)
    return system.COMPLETED if code == 0 else system.FAILED
