"""`enqueue_compss [options] app.py [arguments]`, and `pycompss job submit`: from the command line to the queue.

Options are of the job (see `job_options`) or of the run (see `options`), which get them as they were written; both are
checked now, not when the job's turn comes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pycompss.cli import arguments, usage
from pycompss.cli.arguments import BadArgument
from pycompss.cli.job_options import options as job_options
from pycompss.cli.option import Option, Value
from pycompss.deploy.batch import job as jobs
from pycompss.deploy.batch import record, script, site, submission, systems, types
from pycompss.deploy.batch.job import Job
from pycompss.deploy.batch.refused import Refused
from pycompss.deploy.batch.submission import Prepared
from pycompss.deploy.environments.active import folder as state_folder
from pycompss.errors import ConfigurationError
from pycompss.runtime import config as configuration

FAILED = 1
APP_PATH = "{COMPS_APP_PATH}"  # so spelled; stands for the folder of the application
_OF_THE_JOB = frozenset(
    ("master_node", "worker_nodes", "master_name", "master_port", "uuid", "storage_conf", "project", "resources")
)


@dataclass(slots=True)
class Request:
    """What a command line asks for."""

    given: dict[str, list[str]] = field(default_factory=dict)  # options of the job
    run_options: list[str] = field(default_factory=list)
    program: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    modules: list[str] = field(default_factory=list)
    application: str = ""  # name of a deployed one


def enqueue(words: Sequence[str], command: str = "enqueue_compss") -> int:
    """Submit what the command line says; returns the exit code."""
    if any(word in ("-h", "--help", "--opts") for word in _before_program(words)):
        sys.stdout.write(f"{usage.usage(command)}\n{usage.options_text(job_options())}\n{_HELP}")
        return 0
    try:
        submit(read(words), words)
    except BadArgument as error:
        sys.stderr.write(f"Bad argument: {error}\n{usage.usage(command)}{command} --help tells all options.\n")
        return FAILED
    except ConfigurationError as error:
        sys.stderr.write(f"{command}: {error.message}\n")
        return FAILED
    return 0


_HELP = "All options of `pycompss run` are taken, too, and told to the run.\n"


def _before_program(words: Sequence[str]) -> Sequence[str]:
    count = next((number for number, word in enumerate(words) if not word.startswith("-")), len(words))
    return words[:count]


def read(words: Sequence[str], request: Request | None = None) -> Request:
    """Sort the words of a command line; raises BadArgument."""
    request = request or Request()
    own = {name: option for option in job_options() for name in option.names}
    count = len(_before_program(words))
    for word in words[:count]:
        if word != "--":
            _option(request, own, word)
    request.program = list(words[count:])
    line = arguments.parse(request.run_options)
    configuration.build(line.flags)
    request.notes += line.notes
    return request


def _option(request: Request, own: Mapping[str, Option], word: str) -> None:
    name, equals, text = word.partition("=")
    name = arguments.underscored(name)
    option = own.get(name)
    if option is not None:
        if not equals and option.value is Value.REQUIRED:
            raise BadArgument(f"{name} needs a value: {name}={option.metavar}")
        request.given.setdefault(option.name, []).append(text if equals else option.bare)
    elif name[2:] in _OF_THE_JOB:
        request.notes.append(f"{name} is ignored: the job finds its nodes itself")
    else:
        request.run_options.append(_with_whole_path(word, arguments.known(word, own)))


def _with_whole_path(word: str, option: Option) -> str:
    """An option of the run; a path that is there is made absolute, as the job may run in another folder."""
    name, _, text = word.partition("=")
    is_path = option.metavar in ("FILE", "DIR", "PATH") and os.path.exists(text)
    return f"{name}={os.path.abspath(text)}" if is_path else word


def submit(request: Request, words: Sequence[str]) -> None:
    """Print what is submitted, submit it, remember it; the last word of the output is the number of the job."""
    for note in request.notes:
        sys.stderr.write(f"WARNING: {note}\n")
    prepared = prepare(request)
    for note in submission.left_out(prepared):
        sys.stderr.write(f"WARNING: {note}\n")
    if prepared.job.dry_run:
        sys.stdout.write(prepared.text)
        return
    path = submission.save(prepared, os.path.join(state_folder(), "scripts"))
    sys.stdout.write(f"{submission.told(prepared)}Temp submit script is: {path}\n")
    sys.stdout.flush()
    done = submission.submit(prepared)
    record.add(done.id, _entry(prepared, request, words))
    sys.stdout.write(done.printed + "\n")
    if done.printed.split()[-1] != done.id:
        sys.stdout.write(f"Submitted batch job {done.id}\n")


def prepare(request: Request) -> Prepared:
    """The job of a request, checked, with its script."""
    chosen = site.find(request.given.get("sc_cfg", [site.DEFAULT])[-1])
    for place, why in chosen.omitted:
        sys.stderr.write(f"WARNING: {place}: {why}; only assignments are read\n")
    is_server = "jupyter_notebook" in request.given
    job = jobs.build(request.given, chosen, **_program(request, needed=not is_server))
    if parts := types.components(job):
        job = replace(job, num_nodes=sum(part.num_nodes for part in parts), components=parts)
    if is_server:
        job = replace(job, exports=tuple(_exports(job)))
    return submission.prepare(job, chosen, systems.named(site.system(chosen, job.batch_system)))


def _exports(job: Job) -> Iterator[tuple[str, str]]:
    """What a run would be told by options, as variables."""
    flags = [f"--{name}={value}" for name, value in script.run_settings(job).items()]
    for name, (_, text) in arguments.parse([*flags, *job.run_options]).flags.items():
        yield f"{configuration.PREFIX}{name.upper()}", text


def _program(request: Request, *, needed: bool) -> dict[str, tuple[object, ...]]:
    """Fields of the job that its program and environment are. needed: whether there must be a program."""
    if not request.program:
        if needed:
            raise BadArgument("The application is missing.")
        return _fields(request, (), os.curdir)
    if not needed:
        raise Refused("a job of a notebook server has no program", asked=f"--jupyter_notebook and {request.program[0]}")
    application = os.path.abspath(request.program[0])
    if not os.path.isfile(application):
        raise Refused(
            "the application does not exist",
            asked=request.program[0],
            found=f"no such file in {os.getcwd()}",
            attempt=f"{request.program[0]}.py" if os.path.isfile(f"{application}.py") else "",
        )
    folder = os.path.dirname(application)
    return _fields(request, (application, *request.program[1:]), folder)


def _fields(request: Request, program: tuple[str, ...], folder: str) -> dict[str, tuple[object, ...]]:
    return {
        "program": (*program[:1], *(word.replace(APP_PATH, folder) for word in program[1:])),
        "run_options": tuple(word.replace(APP_PATH, folder) for word in request.run_options),
        "variables": tuple(request.variables.items()),
        "modules": tuple(request.modules),
    }


def _entry(prepared: Prepared, request: Request, words: Sequence[str]) -> record.Entry:
    job: Job = prepared.job
    return record.Entry(
        app_name=request.application or (os.path.basename(job.program[0]) if job.program else "jupyter"),
        enqueue_args=list(words),
        extra_env_vars=request.variables,
        extra_env_mods=request.modules,
        batch_system=prepared.system.key,
        job_name=job.job_name,
        job_execution_dir=job.job_execution_dir,
        status="SUBMITTED",
        timestamp=record.now(),
    )
