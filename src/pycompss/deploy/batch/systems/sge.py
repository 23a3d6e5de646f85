"""SGE and its heirs."""

from __future__ import annotations

import os
import re

from pycompss.deploy.batch import commands
from pycompss.deploy.batch.job import Job
from pycompss.deploy.batch.site import Site
from pycompss.deploy.batch.systems import system
from pycompss.deploy.batch.systems.system import Directives, Listed, Partition, System, clock, extra, quoted, user

_PARALLEL_ENVIRONMENT = "mpi"  # the usual name; SGE_PE of the site file or the environment says another


class Sge(System):
    """qsub, qstat, qacct, qdel."""

    key, name, prefix = "sge", "SGE", "#$"
    submission = ("qsub",)
    job_variable = "JOB_ID"
    node_list = "awk '{print $1}' \"$PE_HOSTFILE\""
    on_every_node = 'for node in "${nodes[@]}"; do qrsh -inherit "$node" bash -c "$(printf %q "$1")"; done'

    def directives(self, job: Job, site: Site) -> Directives:
        environment = site.text("SGE_PE") or os.environ.get("SGE_PE") or _PARALLEL_ENVIRONMENT
        cores = (job.cpus_per_node if job.forward_cpus_per_node else None) or 1
        yield "queue", job.queue and f"-q {job.queue}"
        yield "gpus_per_node", f"-l gpu={job.gpus_per_node}" if job.gpus_per_node else None
        yield "job_name", f"-N {job.job_name.replace(' ', '_')}"
        yield "job_dependency", job.job_dependency and f"-hold_jid {job.job_dependency}"
        yield "reservation", job.reservation and f"-ar {job.reservation}"
        yield "memory", f"-l mem_free={job.node_memory}M" if job.node_memory else None
        yield "exclusive", "-l exclusive" if job.exclusive else None
        yield "copy_env", "-V"
        yield "wall_clock", f"-l h_rt={clock(job.exec_time)}:00"
        yield "workdir", f"-wd {quoted(job.job_execution_dir)}"
        yield "job_out", "-o compss-$JOB_ID.out"
        yield "job_error", "-e compss-$JOB_ID.err"
        yield "shell", "-S /bin/bash"
        yield "num_processes", f"-pe {environment} {job.num_nodes * cores}"
        yield "project_name", job.project_name and f"-P {job.project_name}"
        yield from extra(job)

    def job_id(self, printed: str) -> str:
        match = re.search(r"Your job (\d+) ", printed)
        return match[1] if match else ""

    def state(self, job: str) -> str | None:
        found = next((listed.state for listed in self.jobs() if listed.id == job), None)
        if found is not None:
            return found
        lines = commands.lines(("qacct", "-j", job))
        if lines is None:
            return None
        fields = dict([*line.split(None, 1), "", ""][:2] for line in lines)
        ended_well = fields["exit_status"].split()[:1] == ["0"] and fields.get("failed", "0").split()[:1] == ["0"]
        return system.COMPLETED if ended_well else system.FAILED

    def jobs(self) -> list[Listed]:
        rows = [line.split() for line in commands.run("qstat", "-u", user()).out.splitlines()]
        return [Listed(row[0], _state(row[4]), row[2]) for row in rows if len(row) > 4 and row[0].isdecimal()]  # noqa: PLR2004  (columns)

    def cancellation(self, job: str) -> tuple[str, ...]:
        return ("qdel", job)

    def partitions(self) -> list[Partition]:
        return [Partition(line.strip()) for line in commands.lines(("qconf", "-sql")) or []]


def _state(letters: str) -> str:
    """`qw`, `hqw`: waiting; `r`, `t`, `Rr`, `dr`: running; `Eqw`: waiting for somebody to mend it."""
    if "E" in letters:
        return system.FAILED
    return system.PENDING if "qw" in letters else system.RUNNING
