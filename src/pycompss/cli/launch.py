"""`launch_compss [options] app.py [arguments]`: a program inside a job, as older scripts call it.

The job's nodes are found as ever; what is told of nodes, ports and queues is not needed. Options of a job that say how
its nodes are used become those of the run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from pycompss.cli import arguments, enqueue, usage
from pycompss.cli.arguments import BadArgument
from pycompss.cli.run import run
from pycompss.deploy.batch import job as jobs
from pycompss.deploy.batch import script
from pycompss.deploy.batch.site import Site
from pycompss.errors import ConfigurationError
from pycompss.runtime import machine

FAILED = 1


def launch(words: Sequence[str]) -> int:
    """Run what the command line says; returns the exit code."""
    try:
        own = run_words(words)
    except BadArgument as error:
        sys.stderr.write(f"Bad argument: {error}\n{usage.usage('launch_compss')}")
        return FAILED
    except ConfigurationError as error:
        sys.stderr.write(f"launch_compss: {error.message}\n")
        return FAILED
    return run(own, "launch_compss")


def run_words(words: Sequence[str]) -> list[str]:
    """The same as words for `runcompss`."""
    request = enqueue.read(words)
    job = jobs.build(request.given, Site())
    settings = script.run_settings(job)
    settings.pop("wall_clock_limit")  # the limit is that of the job in which we are, and known to whoever made it
    return [*_log_dir(request.run_options), *_flags(settings), *request.run_options, *request.program]


def _flags(settings: dict[str, object]) -> list[str]:
    return [f"--{name}={value}" for name, value in settings.items()]


def _log_dir(options: Sequence[str]) -> list[str]:
    """The run's folder is called after the job."""
    job = next((os.environ[name] for name in machine.JOBS if os.environ.get(name)), "")
    given = arguments.parse(options).flags
    if not job or "specific_log_dir" in given:
        return []
    base = given["log_dir"][1] if "log_dir" in given else os.environ.get("PYCOMPSS_LOG_DIR") or os.path.expanduser("~")
    return [f"--specific_log_dir={os.path.join(base, '.COMPSs', job.partition('.')[0])}"]
