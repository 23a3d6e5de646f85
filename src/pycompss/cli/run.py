"""`pycompss run [options] app.py [arguments]`: from the command line to the end of the program.

The program runs in this process, once, as `__main__`. The end of the run is the end of the process (see
`runtime.ending`): tasks are waited for when the program's threads are done, and only then does the frame close.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from pycompss.cli import arguments, program
from pycompss.errors import ConfigurationError, PyCOMPSsException
from pycompss.runtime import config as configuration
from pycompss.runtime import console, ending, start
from pycompss.runtime.config import Config

FAILED = 1


def run(words: Sequence[str], command: str) -> int:
    """Run what the command line says; returns the exit code as far as it is known before the process ends."""
    try:
        line = arguments.parse(words)
        if _answered(line.given, command):
            return 0
        return _run(line, command)
    except arguments.BadArgument as error:
        return _refuse(f"Bad argument: {error}", command)
    except ConfigurationError as error:
        return _refuse(error.message, command)
    except program.CannotRun as error:
        console.complain(str(error))
        return FAILED


def _answered(given: dict[str, str], command: str) -> bool:
    """Print what `--help` and the like ask for, if they were given."""
    from pycompss.cli import usage  # noqa: PLC0415  (only when asked)

    if "help" in given:
        sys.stdout.write(f"{usage.usage(command)}\n{usage.options_text()}")
    elif "opts" in given:
        sys.stdout.write(usage.options_text())
    elif "version" in given:
        sys.stdout.write(console.VERSION + "\n")
    else:
        return False
    return True


def _refuse(message: str, command: str) -> int:
    from pycompss.cli import usage  # noqa: PLC0415  (only for a mistake)

    sys.stderr.write(f"{message}\n{usage.usage(command)}{command} --help tells all options.\n")
    return FAILED


def _run(line: arguments.CommandLine, command: str) -> int:
    if not line.application:
        return _refuse("The application is missing.", command)
    for note in line.notes:
        sys.stderr.write(f"WARNING: {note}\n")
    config = configuration.build(line.flags, application=os.path.abspath(line.application), app_args=line.app_args)
    code = program.load(line.application)
    _set_the_stage(config, line.application)
    program.become_main(code)
    console.inform(_resources(config))
    if config.engine != "dask" and "agents" in config.origins:
        sys.stderr.write(
            f"WARNING: agents = {config.agents} ({config.origin('agents')}) counts with --engine=dask only\n"
        )
    for line_of_it in _workplaces(config):
        console.inform(line_of_it)
    console.open_frame(os.path.basename(line.application), api=config.logs("api"))
    ending.afterwards(_close)
    return _started(config, lambda: program.execute(code, line.application, line.app_args))


def _started(config: Config, execute: program.Execute) -> int:
    """Start the runtime, run the program under it, and say how it ended."""
    try:
        start.start(config)
    except PyCOMPSsException as error:
        console.complain(error.message)
        result = FAILED
    else:
        result = execute()
    ending.ended_with(result)
    return result


def _set_the_stage(config: Config, application: str) -> None:
    """What the program sees: its arguments, its folder first on the path, output that is not held back."""
    sys.argv = [application, *config.app_args]
    sys.path[:] = program.search_path(sys.path, application, config.pythonpath)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True)


def _resources(config: Config) -> str:
    if config.engine == "inline":
        return "Tasks run in sequence, in the program's process (--engine=inline): no graph, trace or summary is made"
    if config.engine == "dask" and (config.scheduler_file or config.scheduler_address):
        return f"Nodes: the workers of the Dask cluster {config.scheduler_file or config.scheduler_address}"
    if config.project or config.resources or any(node.start for node in config.nodes):
        return "Nodes: " + ", ".join(f"{node.name} ({node.told_units})" for node in config.nodes)
    played = f" played as {config.agents} nodes" if config.engine == "dask" and not config.elasticity else ""
    return f"No project or resources given: this machine{played}, {config.nodes[0].told_units}"


def _workplaces(config: Config) -> Iterator[str]:
    """Where tasks work, if not in the run's folder."""
    choice = config.worker_working_dir
    if choice != "shared_disk":
        yield _workplace(choice)
    if choice in ("shared_disk", "local_disk"):
        for node in config.nodes:
            if node.deployment.working_dir:
                more = "; files are brought there, should it share no folder with this machine" if node.start else ""
                place = f"{node.deployment.working_dir} (<WorkingDir> in {config.project})"
                yield f"Tasks of {node.name} work in {place}{more}"


def _workplace(choice: str) -> str:
    if choice == "local_disk":
        return "Tasks work on each node's own disk, with copies of their files (--worker_working_dir=local_disk)"
    return f"Tasks work in {choice} of each node, with links to their files (--worker_working_dir)"


def _close(code: int) -> None:
    console.close_frame()
    if code:
        sys.stderr.write("Error running application\n")
        sys.stderr.flush()
