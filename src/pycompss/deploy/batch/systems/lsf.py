"""LSF."""

from __future__ import annotations

import re

from pycompss.deploy.batch import commands
from pycompss.deploy.batch.job import Job
from pycompss.deploy.batch.site import Site
from pycompss.deploy.batch.systems import system
from pycompss.deploy.batch.systems.system import Directives, Listed, Partition, System, clock, extra, quoted

_STATES = {
    "PEND": system.PENDING,
    "PSUSP": system.PENDING,
    "WAIT": system.PENDING,
    "RUN": system.RUNNING,
    "USUSP": system.RUNNING,
    "SSUSP": system.RUNNING,
    "DONE": system.COMPLETED,
    "EXIT": system.FAILED,
}


class Lsf(System):
    """bsub, bjobs, bkill."""

    key, name, prefix = "lsf", "LSF", "#BSUB"
    submission = ("bsub",)
    job_variable = "LSB_JOBID"
    node_list = "awk '!seen[$0]++' \"$LSB_DJOB_HOSTFILE\""
    on_every_node = 'for node in "${nodes[@]}"; do blaunch "$node" bash -c "$1"; done'

    def directives(self, job: Job, site: Site) -> Directives:
        cores = (job.cpus_per_node if job.forward_cpus_per_node else None) or 1
        yield "queue", (job.queue or job.qos) and f"-q {job.queue or job.qos}"
        yield "gpus_per_node", f'-gpu "num={job.gpus_per_node}"' if job.gpus_per_node else None
        yield "job_name", f"-J {quoted(job.job_name)}"
        yield "job_dependency", job.job_dependency and f"-w 'ended({job.job_dependency})'"
        yield "reservation", job.reservation and f"-U {job.reservation}"
        yield "memory", f"-M {job.node_memory}" if job.node_memory else None
        yield "exclusive", "-x" if job.exclusive else None
        yield "wall_clock", f"-W {clock(job.exec_time)}"
        yield "workdir", f"-cwd {quoted(job.job_execution_dir)}"
        yield "job_out", "-oo compss-%J.out"
        yield "job_error", "-eo compss-%J.err"
        yield "num_processes", f"-n {job.num_nodes * cores}"
        yield "span", f'-R "span[ptile={cores}]"'
        yield "project_name", job.project_name and f"-P {job.project_name}"
        yield from extra(job)

    def job_id(self, printed: str) -> str:
        match = re.search(r"Job <(\d+)>", printed)
        return match[1] if match else ""

    def state(self, job: str) -> str | None:
        words = commands.run("bjobs", "-a", "-noheader", "-o", "stat", job).out.split()
        return _STATES.get(words[0]) if words else None

    def jobs(self) -> list[Listed]:
        printed = commands.run("bjobs", "-noheader", "-o", "jobid stat job_name delimiter='|'").out
        rows = [line.split("|", 2) for line in printed.splitlines() if "|" in line]
        return [Listed(number, _STATES.get(state, state), name) for number, state, name in rows]

    def cancellation(self, job: str) -> tuple[str, ...]:
        return ("bkill", job)

    def partitions(self) -> list[Partition]:
        lines = commands.lines(("bqueues",)) or []
        return [Partition(line.split()[0]) for line in lines[1:] if line.split()]
