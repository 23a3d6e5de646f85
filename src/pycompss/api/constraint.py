"""`@constraint(computing_units=2, memory_size=1.5)`: what a node must have, and what a call takes of it.

Keys are case-insensitive and underscores do not matter. Values stay as given; `pycompss.runtime.constraints` computes
them at the call.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

from pycompss.api.task import definition_of
from pycompss.errors import PyCOMPSsException, TaskWarning

F = TypeVar("F", bound=Callable[..., Any])

_KEYS = (
    "computing_units",
    "processor_name",
    "processor_architecture",
    "processor_type",
    "processor_property_name",
    "processor_property_value",
    "processor_speed",
    "processor_internal_memory_size",
    "processors",
    "memory_size",
    "memory_type",
    "storage_size",
    "storage_type",
    "storage_bw",
    "operating_system_type",
    "operating_system_distribution",
    "operating_system_version",
    "wall_clock_limit",
    "app_software",
    "host_queues",
    "is_local",
)
_BY_PLAIN = {key.replace("_", ""): key for key in _KEYS}


class Constraint:
    """The decorator; stands above `@task` (and above `@binary`, `@mpi`, …).

    Raises:
        PyCOMPSsException: unknown key or wrong type of value; names the line of the decorator.
    """

    __slots__ = ("place", "values")

    def __init__(self, /, *ignored: object, **given: Any) -> None:
        frame = sys._getframe(1)  # noqa: SLF001
        self.place = frame.f_code.co_filename, frame.f_lineno
        self.values = {self._key(name): self._value(name, value) for name, value in given.items()}

    def __call__(self, function: F) -> F:
        definition = definition_of(function)
        if definition is None:
            _warn_no_task(function, self.place)
        else:
            definition.constraints.update(self.values)
            definition.requirements = None
        return function

    def _key(self, name: str) -> str:
        key = _BY_PLAIN.get(name.lower().replace("_", ""))
        if key is None:
            raise self._complaint(f"unknown key {name!r}{_close_match(name)}")
        return key

    def _value(self, name: str, value: object) -> object:
        if self._key(name) == "is_local":
            if not isinstance(value, bool):
                raise self._complaint(f"{name} is True or False, not {value!r}")
        elif isinstance(value, bool) or not isinstance(value, (int, float, str, list)):
            raise self._complaint(f"{name} is a number, a text or a list, not {value!r}")
        return value

    def _complaint(self, reason: str) -> PyCOMPSsException:
        return PyCOMPSsException(f"@constraint at {self.place[0]}:{self.place[1]}: {reason}")


def _close_match(name: str) -> str:
    import difflib  # noqa: PLC0415  (only for the message)

    found = difflib.get_close_matches(name.lower(), _KEYS, 1)
    return f"; did you mean {found[0]!r}?" if found else f"; the keys are {', '.join(_KEYS)}"


def _warn_no_task(function: object, place: tuple[str, int]) -> None:
    import warnings  # noqa: PLC0415  (only for the message)

    name = getattr(function, "__qualname__", repr(function))
    message = f"@constraint on {name}, which is no task: it has no effect (write @constraint above @task())"
    warnings.warn_explicit(message, TaskWarning, *place)


constraint = Constraint

__all__ = ["Constraint", "constraint"]
