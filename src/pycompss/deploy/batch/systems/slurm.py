"""Slurm."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pycompss.deploy.batch import commands
from pycompss.deploy.batch.commands import Answer
from pycompss.deploy.batch.job import Job
from pycompss.deploy.batch.site import Site
from pycompss.deploy.batch.systems.system import Directives, Listed, Partition, System, clock, extra, quoted, user

WARNING = 20  # seconds before the end at which the script is told, or up to 30 s earlier: Slurm looks so often
_GPUS = re.compile(r"\bgpu:(?:[\w.-]+:)?(\d+)")
_LIMIT = re.compile(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)")  # [days-][hours:]minutes:seconds


class Slurm(System):
    """sbatch, squeue, scancel, sinfo."""

    key, name, prefix = "slurm", "Slurm", "#SBATCH"
    submission = ("sbatch",)
    job_variable = "SLURM_JOB_ID"
    node_list = 'scontrol show hostnames "$SLURM_JOB_NODELIST"'
    on_every_node = 'srun --overlap --ntasks="${#nodes[@]}" --ntasks-per-node=1 --cpus-per-task=1 bash -c "$1"'

    several_types = (
        'for group in $(seq 0 $((SLURM_HET_SIZE - 1))); do list="SLURM_JOB_NODELIST_HET_GROUP_$group"; '
        'scontrol show hostnames "${!list}"; done'
    )
    on_node = (
        'srun --overlap --nodes=1 --ntasks=1 --cpus-per-task="$SLURM_CPUS_ON_NODE" --mem=0 --mpi=none --quiet '
        '--unbuffered --nodelist="$node"'
    )

    def directives(self, job: Job, site: Site) -> Directives:
        yield "queue", job.queue and f"-p {job.queue}"
        yield "num_switches", f"--switches={job.num_switches}" if job.num_switches else None
        yield "gpus_per_node", f"--gres=gpu:{job.gpus_per_node}" if job.gpus_per_node else None
        yield "job_name", f"--job-name={quoted(job.job_name)}"
        yield "job_dependency", job.job_dependency and f"--dependency=afterany:{job.job_dependency}"
        yield "reservation", job.reservation and f"--reservation={job.reservation}"
        yield "qos", job.qos and f"--qos={job.qos}"
        yield "constraints", job.constraints and f'--constraint="{job.constraints}"'
        yield "licenses", job.licenses and f"--licenses={job.licenses}"
        yield "memory", f"--mem={job.node_memory}" if job.node_memory else None
        yield "exclusive", "--exclusive" if job.exclusive else None
        yield "wall_clock", f"-t {clock(job.exec_time)}:00"
        yield "signal", f"--signal=B:USR1@{WARNING}" if job.exec_time > 1 else None
        yield "workdir", f"-D {quoted(job.job_execution_dir)}"
        yield "job_out", "-o compss-%j.out"
        yield "job_error", "-e compss-%j.err"
        yield "num_nodes", f"-N {job.num_nodes}"
        yield "no_kill", "--no-kill" if job.num_nodes > 1 else None  # the run outlives the loss of a node
        yield "no_requeue", "--no-requeue"  # nor is half a run begun again, unasked, when its first node is lost
        yield "num_processes", _processes(job)
        yield "project_name", job.project_name and f"-A {job.project_name}"
        yield "cluster", job.cluster and f"--clusters={job.cluster}"
        yield from extra(job)

    def job_id(self, printed: str) -> str:
        match = re.search(r"Submitted batch job (\d+)", printed)
        return match[1] if match else ""

    def state(self, job: str) -> str | None:
        queue = commands.run("squeue", "-h", "-t", "all", "-o", "%T", "--job", job).out.split()
        if queue:
            return queue[0]
        account = commands.lines(("sacct", "-n", "-X", "-P", "-o", "State", "-j", job))
        return account[0].split()[0] if account and account[0].split() else None

    def jobs(self) -> list[Listed]:
        printed = commands.run("squeue", "-h", "-u", user(), "-o", "%i|%T|%j").out
        return [Listed(*line.split("|", 2)) for line in printed.splitlines()]

    def cancellation(self, job: str) -> tuple[str, ...]:
        return ("scancel", job)

    def cancel(self, job: str) -> Answer:
        """Scancel itself does not mind jobs that it does not know."""
        return super().cancel(job) if self.state(job) else Answer(1, "", f"Slurm does not know job {job}")

    def partitions(self) -> list[Partition]:
        return list(_partitions(commands.lines(("sinfo", "-h", "-e", "-o", "%P|%D|%c|%m|%l|%G")) or []))


def _processes(job: Job) -> str | None:
    if not job.forward_cpus_per_node or job.cpus_per_node is None:
        return None
    return f"-n {job.num_nodes * job.cpus_per_node}"


def _partitions(lines: list[str]) -> Iterator[Partition]:
    for line in lines:
        queue, nodes, cores, memory, limit, devices = line.split("|")
        yield Partition(
            queue.rstrip("*"), queue.endswith("*"), _number(nodes), _number(cores), _number(memory), minutes(limit),
            sum(int(count) for count in _GPUS.findall(devices)),
        )  # fmt: skip


def _number(text: str) -> int | None:
    digits = text.strip().rstrip("+")
    return int(digits) if digits.isdecimal() else None


def minutes(limit: str) -> int | None:
    """A time limit as Slurm writes it, in minutes; None = there is none."""
    match = _LIMIT.fullmatch(limit.strip())
    if match is None:
        return None
    days, hours, full, _ = (int(part or 0) for part in match.groups())
    return (days * 24 + hours) * 60 + full
