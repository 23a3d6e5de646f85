"""A job whose program and tasks run in a container of Apptainer or Singularity: what its script does for that.

Inside, the batch system's commands may be missing, so the script itself starts the agents of the other nodes. Each
reads what the program has to tell it from a pipe with a name, which is where the program, inside, finds it.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator

from pycompss.deploy.allocation.nodes import PIPES
from pycompss.deploy.batch.job import Job
from pycompss.deploy.batch.refused import Refused
from pycompss.deploy.batch.systems.system import System

_AGENTS = """\
export {pipes}="$(mktemp -d)" # what the program has to say to the agents of the other nodes
agents=()
for node in "${{nodes[@]:1}}"; do
    mkfifo "${pipes}/$node"
    {start} "${{container[@]}}" {agent} "$node" /nowhere/agent <"${pipes}/$node" & agents+=($!); disown
done"""
_END = """\
for node in "${{nodes[@]:1}}"; do : <>"${pipes}/$node"; done # those that still wait to be told something end, too
for _ in {{1..50}}; do kill -0 "${{agents[@]}}" 2>/dev/null || break; sleep 0.2; done
rm -rf "${pipes}" """


def check(job: Job, system: System) -> None:
    """Raise Refused where it is not known how."""
    if job.container_image is not None and job.num_nodes > 1 and not system.on_node:
        raise Refused(
            f"--container_image on several nodes is known of Slurm alone, not of {system.name}",
            asked=f"--container_image={job.container_image} --num_nodes={job.num_nodes}",
            attempt="--num_nodes=1, or @container for single tasks",
        )


def preparation(job: Job, system: System) -> Iterator[str]:
    """Before the program."""
    if job.container_image is None:
        return
    more = "".join(f"{shlex.quote(word)} " for word in job.container_opts)
    yield 'engine="$(command -v apptainer || command -v singularity)"'
    yield f'container=("$engine" exec {more}{shlex.quote(job.container_image)})'
    if job.num_nodes > 1:
        yield _AGENTS.format(pipes=PIPES, start=system.on_node, agent=shlex.join(agent(job)))


def prefix(job: Job) -> list[str]:
    """The words before the program's interpreter."""
    return [] if job.container_image is None else ['"${container[@]}"']


def python(job: Job) -> str:
    """The interpreter: in a container its own, or the one that the user names."""
    given = [option.partition("=")[2] for option in job.run_options if option.startswith("--python_interpreter=")]
    return sys.executable if job.container_image is None else (given or ["python3"])[-1]


def agent(job: Job) -> list[str]:
    return [python(job), "-u", "-m", "pycompss.engines.dask.agent"]


def end(job: Job) -> Iterator[str]:
    """After it."""
    if job.container_image is not None and job.num_nodes > 1:
        yield _END.format(pipes=PIPES).rstrip()
