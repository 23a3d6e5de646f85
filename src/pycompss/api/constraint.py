"""`@constraint(computing_units=2, memory_size=1.5)`: what a node must have, and what a call takes of it.

Keys are case-insensitive and underscores do not matter (`pycompss.runtime.constraint_keys`). Values stay as given;
`pycompss.runtime.constraints` computes them at the call.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

from pycompss.api.task import definition_of
from pycompss.core.task import Definition
from pycompss.errors import PyCOMPSsException, TaskWarning
from pycompss.runtime import constraint_keys
from pycompss.runtime.places import shown

F = TypeVar("F", bound=Callable[..., Any])


class Constraint:
    """The decorator; stands above `@task` (and above `@binary`, `@mpi`, …), or above a class, for all of its tasks.

    Raises:
        PyCOMPSsException: unknown key, or a value that makes no sense; names task, line, key and value.
    """

    __slots__ = ("given", "place")

    def __init__(self, /, *ignored: object, **given: Any) -> None:
        frame = sys._getframe(1)  # noqa: SLF001
        self.place = frame.f_code.co_filename, frame.f_lineno
        self.given = given

    def __call__(self, function: F) -> F:
        name = getattr(function, "__qualname__", repr(function))
        definition = definition_of(function)
        values = self._checked(name if definition is None else definition.name)
        if definition is not None:
            _constrain(definition, {**definition.constraints, **values})
        elif not (isinstance(function, type) and _constrain_methods(function, values)):
            _warn_no_task(name, self.place)
        return function

    def _checked(self, task: str) -> dict[str, Any]:
        values = {}
        for name, value in self.given.items():
            try:
                key = constraint_keys.key_of(name)
                constraint_keys.check(key, value)
            except ValueError as error:
                file, line = self.place
                message = f"task {task} ({file}:{line}), @constraint({name}={shown(value)}): {error}"
                raise PyCOMPSsException(message) from None
            values[key] = value
        return values


def _constrain(definition: Definition, values: dict[str, Any]) -> None:
    definition.constraints = values
    definition.requirements = None


def _constrain_methods(cls: type, values: dict[str, Any]) -> bool:
    """Every task that the class itself defines; what a method says itself counts more. False: it has no task."""
    found = [definition for entry in vars(cls).values() if (definition := definition_of(entry)) is not None]
    for definition in found:
        _constrain(definition, {**values, **definition.constraints})
    return bool(found)


def _warn_no_task(name: str, place: tuple[str, int]) -> None:
    import warnings  # noqa: PLC0415  (only for the message)

    message = f"@constraint on {name}, which is no task: it has no effect (write @constraint above @task())"
    warnings.warn_explicit(message, TaskWarning, *place)


constraint = Constraint

__all__ = ["Constraint", "constraint"]
