"""Sequential mode of tasks that are programs: `[binary] + arguments`, waited for (programming model, section 13)."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pycompss.core.task import Definition
from pycompss.errors import TaskWarning
from pycompss.runtime.kinds import is_python_mpi
from pycompss.runtime.places import warn
from pycompss.runtime.services import HTTP


def is_program(definition: Definition) -> bool:
    """Whether the task is what section 13 describes; everything else is run as the worker does it."""
    alone = definition.options.keys() == {definition.launcher}
    return alone and definition.launcher in ("binary", "mpi") and "binary" in definition.options[definition.launcher]


def with_its_body(definition: Definition) -> Definition:
    """The task as it runs here: the body is called instead of a request, and once instead of in every rank."""
    if is_python_mpi(definition):
        warn(f"{definition.name} is an MPI function; in sequence it runs once, in this process", TaskWarning)
    elif definition.launcher != HTTP:
        return definition
    options = {name: given for name, given in definition.options.items() if name != definition.launcher}
    return replace(definition, launcher="python", options=options)


def run(definition: Definition, args: Sequence[Any]) -> int:
    """Run the program of the task with its truthy positional arguments; print its output, return its exit code."""
    options = definition.options[definition.launcher]
    if definition.parameters[:1] in (("self",), ("cls",)):
        args = args[1:]  # the object of a method is no argument of its program
    command = [*_prefix(options), _text(options["binary"]), *(str(arg) for arg in args if arg)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    sys.stdout.write(done.stdout.decode(errors="replace"))
    return done.returncode


def _prefix(options: dict[str, Any]) -> list[str]:
    """`mpirun -np 4 <flags>`, when the program has a runner."""
    if "runner" not in options:
        return []
    flags = shlex.split(_text(options.get("flags") or ""))
    return [_text(options["runner"]), "-np", _text(options.get("processes", 1)), *flags]


def _text(value: object) -> str:
    return os.path.expandvars(str(value))
