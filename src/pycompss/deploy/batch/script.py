"""The script that a job becomes: directives, then what the first node does.

It is written to be read. Words of the user stand in single quotes, so no shell looks into them.

How it ends: shortly before the time limit Slurm tells the script (USR1), which asks the program to end in order. When a
job is cancelled all its processes get SIGTERM by themselves; the script must neither end by it nor send it once more,
because a second SIGTERM ends a program at once.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence

from pycompss.deploy.allocation.found import TYPES
from pycompss.deploy.batch import inside
from pycompss.deploy.batch.job import Job
from pycompss.deploy.batch.site import Site
from pycompss.deploy.batch.systems.system import System

# What is said once of a job of several parts.
_OF_THE_WHOLE = re.compile(r" (--job-name=|--dependency=|--signal=|--no-kill|--no-requeue|-D |-o |-e )")
_RESERVE = 60  # seconds between the end that the program is told and that of the job
_PROGRAM = """\
trap 'kill -TERM $(jobs -p) || :' USR1 # the time limit is near
trap : TERM # the job is cancelled: the program has been told, too
{command} &
run=$!
while wait "$run" || :; kill -0 "$run" 2>/dev/null; do :; done
wait "$run" && code=0 || code=$?
trap - TERM USR1"""


def write(job: Job, system: System, site: Site) -> str:
    """The whole script."""
    inside.check(job, system)
    return "\n".join([*_request(job, system, site), *_preparation(job, system, site), *_program(job), *_end(job), ""])


def _request(job: Job, system: System, site: Site) -> Iterator[str]:
    yield "#!/bin/bash -e"
    yield "#"
    yield from _directives(job.components[0] if job.components else job, system, site)
    for part in job.components[1:]:
        yield f"{system.prefix} hetjob"
        yield from (line for line in _directives(part, system, site) if not _OF_THE_WHOLE.search(line))


def _directives(job: Job, system: System, site: Site) -> Iterator[str]:
    for name, text in system.directives(job, site):
        if text and not site.forbids(name):
            yield f"{system.prefix} {text}"


def _preparation(job: Job, system: System, site: Site) -> Iterator[str]:
    yield ""
    yield f"cd {shlex.quote(job.job_execution_dir)}"
    yield f'job="${{{system.job_variable}%%.*}}"'
    if system.preamble:
        yield system.preamble
    yield from (f"source {shlex.quote(script)}" for script in job.pre_env_script)
    yield from (f"module load {shlex.quote(name)}" for name in job.modules)
    yield from (f"export {name}={shlex.quote(value)}" for name, value in job.variables)
    if disk := site.text("LOCAL_DISK_PREFIX"):
        yield f"export LOCAL_DISK_PREFIX={shlex.quote(disk)}"
    yield f"nodes=($({system.several_types if job.components else system.node_list}))"
    if job.components:
        yield f"export {TYPES}={','.join(map(_type, job.components))}"
    yield 'export COMPSS_MASTER_NODE="$(hostname)" COMPSS_WORKER_NODES="${nodes[*]:1}" COMPSS_RUNNING_IN_SC=true'
    yield from inside.preparation(job, system)
    if job.prolog or job.epilog:
        yield f"on_every_node() {{ {system.on_every_node}; }}"
    yield from (f"on_every_node {_command(text)}" for text in job.prolog)


def _type(part: Job) -> str:
    return f"{part.cpus_per_node or ''}:{part.gpus_per_node}:{part.node_memory or ''}"


def _program(job: Job) -> Iterator[str]:
    yield ""
    if job.jupyter_notebook is None:
        yield _PROGRAM.format(
            command=" \\\n    ".join([" ".join(_python(job, "run")), *_options(job), _words(job.program)])
        )
        return
    yield from (f"export {name}={shlex.quote(value)}" for name, value in job.exports)
    yield 'echo "A notebook server starts on $(hostname); its address is in the .err file of this job"'
    yield 'echo "From elsewhere: ssh -L 8888:localhost:8888 $(hostname)"'
    root = ["--allow-root"] if os.geteuid() == 0 else []  # it would refuse
    server = [
        *_python(job, "jupyter"),
        "--no-browser",
        "--ip=127.0.0.1",
        "--port=8888",
        *root,
        shlex.quote(job.jupyter_notebook),
    ]
    yield _PROGRAM.format(command=" ".join(server))


def _end(job: Job) -> Iterator[str]:
    yield ""
    yield from inside.end(job)
    yield from (f"on_every_node {_command(text)}" for text in job.epilog)
    yield '[ "$code" = 0 ] || echo "Master execution failed. Exiting job." >&2'
    yield 'exit "$code"'


def _python(job: Job, command: str) -> Iterator[str]:
    yield from (*inside.prefix(job), shlex.quote(inside.python(job)), "-u", "-m", "pycompss", command)


def _options(job: Job) -> Iterator[str]:
    """What the run is told, one a line; what the user said comes last, and counts."""
    yield f'--specific_log_dir={_log_dir(job)}/.COMPSs/"$job"'
    for name, value in run_settings(job).items():
        yield shlex.quote(f"--{name}={value}")
    yield from map(shlex.quote, job.run_options)


def _log_dir(job: Job) -> str:
    given = [option.partition("=")[2] for option in job.run_options if option.startswith("--log_dir=")]
    return shlex.quote(given[-1]) if given else '"${PYCOMPSS_LOG_DIR:-$HOME}"'


def run_settings(job: Job) -> dict[str, object]:
    """Options of the job that are the run's, too."""
    settings = {
        "cpus_per_node": job.cpus_per_node,
        "worker_in_master_cpus": job.worker_in_master_cpus,
        "worker_in_master_memory": job.worker_in_master_memory,
        "node_memory": job.node_memory,
        "max_tasks_per_node": job.max_tasks_per_node,
        "gpus_per_node": job.gpus_per_node or None,
        "fpgas_per_node": job.fpgas_per_node or None,
        "io_executors": job.io_executors,
        "elasticity": job.elasticity or None,
        "automatic_scaling": None if job.automatic_scaling is None else str(job.automatic_scaling).lower(),
        "master_working_dir": job.master_working_dir,
        "worker_working_dir": job.worker_working_dir,
        "wall_clock_limit": time_limit(job) if job.forward_time_limit else None,
    }
    return {name: value for name, value in settings.items() if value is not None}


def time_limit(job: Job) -> int:
    """Seconds after which the program is to end: a minute before the job does, or in half of a job's only minute."""
    return max((job.exec_time * 60) - _RESERVE, job.exec_time * 30)


def _words(words: Sequence[str]) -> str:
    return " ".join(map(shlex.quote, words))


def _command(text: str) -> str:
    """A command of `--prolog` or `--epilog`, in which commas stand for spaces."""
    return shlex.quote(text.replace(",", " "))
