"""What a task is, in a JSON file: the decorators that a program would otherwise have.

    {"execution": {"type": "binary", "binary": "sort", "args": "-n {{numbers}}"},
     "parameters": {"numbers": "FILE_IN", "out": "FILE_OUT_STDOUT", "returns": 1},
     "constraints": {"computing_units": 2}}

`container`, `prolog` and `epilog` are objects with the arguments of these decorators. The type `task` is a Python
function, `workflow` an ordinary call of one; the others are names of decorators.
"""

from __future__ import annotations

import copy
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pycompss.api import parameter
from pycompss.api.definition import apply
from pycompss.api.task import TaskFunction
from pycompss.core.task import Definition
from pycompss.errors import PyCOMPSsException, TaskWarning
from pycompss.runtime.places import shown, warn, where_called

PROGRAMS = ("binary", "mpi", "mpmd_mpi", "multinode", "http", "compss")
TYPES = ("task", "workflow", *PROGRAMS)
SECTIONS = ("execution", "parameters", "constraints", "container", "prolog", "epilog")
_AROUND = {"constraints": "constraint", "container": "container", "prolog": "prolog", "epilog": "epilog"}
_KEYS = {"type": parameter.Type, "direction": parameter.Direction, "stdiostream": parameter.StdIOStream}

Section = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Description:
    """What the file says; `place` is that of the task, for messages."""

    file: str
    place: str = field(compare=False)  # of one call among many
    sections: Mapping[str, Section]

    @property
    def type(self) -> str:
        """The kind of the task."""
        given = self.sections["execution"].get("type")
        if given is None:
            warn(f"{self.file} does not say the type of execution; it is taken for a task", TaskWarning)
            return "task"
        if given not in TYPES:
            raise self.complaint(f"unknown type of execution {given!r}; possible are {', '.join(TYPES)}")
        return str(given)

    def complaint(self, reason: str) -> PyCOMPSsException:
        return PyCOMPSsException(f"{self.file}: {reason}\n  {self.place}")

    def explain(self, error: PyCOMPSsException) -> None:
        """Add the file to an error of a call, which tells the place of the task, where nothing is to be seen."""
        error.message += f"\n  described in {self.file}, {self.place}"
        error.args = (error.message, *error.args[1:])

    def applied_to(self, below: Definition) -> Callable[..., Any]:
        """The task; or the function itself, when it is a workflow."""
        kind = self.type
        if kind == "workflow":
            return below.function
        made: Any = TaskFunction(below.function, self._definition(below))
        if kind in PROGRAMS:
            given = {name: value for name, value in self.sections["execution"].items() if name != "type"}
            made = self._decorated(made, kind, given)
        for section, decorator in _AROUND.items():
            if section in self.sections:
                made = self._decorated(made, decorator, self.sections[section])
        return made  # type: ignore[no-any-return]

    def _definition(self, below: Definition) -> Definition:
        definition = copy.copy(below)
        definition.specs = dict(below.specs)
        definition.options = dict(below.options)
        definition.constraints = dict(below.constraints)
        for name, value in self.sections["parameters"].items():
            try:
                apply(definition, name, value if name == "returns" else self._parameter(name, value))
            except PyCOMPSsException as error:
                raise self.complaint(f"parameter {name!r}: {error.message}") from None
        unknown = definition.unexpected[len(below.unexpected) :]
        if unknown:
            warn(f"{self.file}: {', '.join(unknown)} is no parameter, and ignored\n  {self.place}", TaskWarning)
            definition.unexpected = below.unexpected
        return definition

    def _parameter(self, name: str, value: object) -> Any:
        """A constant by its name, or a dict with such names."""
        if isinstance(value, Mapping):
            keys = {_KEYS.get(key.lower(), key.lower()): item for key, item in value.items()}
            return {key: self._parameter(name, item) if key in _KEYS.values() else item for key, item in keys.items()}
        constant = getattr(parameter, str(value), None) if isinstance(value, str) else value
        if isinstance(value, str) and not isinstance(constant, parameter.Parameter):
            raise PyCOMPSsException(f"{value!r} is no type or direction (IN, FILE_OUT, …)")
        return constant

    def _decorated(self, task: Any, decorator: str, given: Section) -> Any:
        module = importlib.import_module(f"pycompss.api.{decorator}")
        try:
            if decorator != "constraint":
                return getattr(module, decorator).described(given, f"{self.file}, {self.place}")(task)
            made = module.constraint(**given)
            made.place = task.definition.file, task.definition.line  # else it would name this file
            return made(task)
        except PyCOMPSsException as error:
            raise self.complaint(error.message) from None


def read(file: str, definition: Definition) -> Description:
    """What the file says now.

    Raises:
        PyCOMPSsException: there is no such file, or it makes no sense; names file, line and column, and the task.
    """
    place = f"@software of task {definition.name} ({definition.file}:{definition.line}), {where_called()}"
    try:
        with open(file, encoding="utf-8") as stream:
            sections = json.load(stream)
    except json.JSONDecodeError as error:
        raise PyCOMPSsException(f"{file}:{error.lineno}:{error.colno}: {error.msg}\n  {place}") from None
    except (OSError, ValueError) as error:  # ValueError: no text inside, or no name of a file
        raise PyCOMPSsException(f"{shown(file)[1:-1]} cannot be read: {error}\n  {place}") from None
    if not isinstance(sections, dict) or not all(isinstance(sections.get(name, {}), dict) for name in SECTIONS):
        raise PyCOMPSsException(f"{file}: it is one object with the objects {', '.join(SECTIONS)}\n  {place}")
    unknown = sections.keys() - set(SECTIONS)
    if unknown:
        warn(f"{file}: {', '.join(sorted(unknown))} has no meaning (known are {', '.join(SECTIONS)})", TaskWarning)
    return Description(file, place, {"execution": {}, "parameters": {}, **sections})
