"""What `@constraint` asks for: the requirement of a call.

A value is a number, a text, `"$VAR"` of the environment, or, where the key allows it, an expression over the arguments
of the call and the globals of its module. Whatever does not depend on the call is computed once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from pycompss.core.equipment import CPU, IO, REQUESTS, Equipment, Processor
from pycompss.core.resources import Requirement
from pycompss.core.task import Definition
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import constraint_keys
from pycompss.runtime.constraint_keys import DYNAMIC, KEYS, Form
from pycompss.runtime.future import Future
from pycompss.runtime.places import shown, where_called
from pycompss.runtime.services import HTTP

if TYPE_CHECKING:
    from pycompss.runtime.binding import Bound

GB = 1_000_000_000

PLAIN = Requirement()
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_OF_PROCESSORS = frozenset(key for key in KEYS if key.startswith("processor")) | {"computing_units"}
_OF_EQUIPMENT = KEYS.keys() - _OF_PROCESSORS - {"memory_size", "wall_clock_limit"}  # fields of `Equipment`


class Expression(NamedTuple):
    """A value that depends on the call."""

    text: str


class Asked:
    """What a task type asks for; `fixed` if it is the same at every call."""

    __slots__ = ("definition", "fixed", "values")

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.values = {key: _settled(definition, key, value) for key, value in definition.constraints.items()}
        varies = any(isinstance(value, Expression) for value in self.values.values())
        self.fixed = None if varies else _requirement(definition, self.values)

    def of(self, bound: Bound) -> Requirement:
        """What one call asks for."""
        if self.fixed is not None:
            return self.fixed
        values = {
            key: _computed(self.definition, bound, key, value) if isinstance(value, Expression) else value
            for key, value in self.values.items()
        }
        return _requirement(self.definition, values)


def asked_by(definition: Definition) -> Asked:
    """What the task type asks for.

    Raises:
        PyCOMPSsException: a value has no meaning; names the task, the key and the value.
    """
    found: Asked | None = definition.requirements
    if found is None:
        found = definition.requirements = Asked(definition)
    return found


# -- values


def _settled(definition: Definition, key: str, value: Any) -> Any:
    """The value as far as it is known before the call."""
    try:
        if KEYS[key] is Form.PROCESSORS:
            return [_settled_processor(definition, entry) for entry in constraint_keys.processors(value)]
        if KEYS[key] is Form.TRUTH:
            return value
        if isinstance(value, list):
            value = ",".join(constraint_keys.names(value))
        text = _VARIABLE.sub(lambda match: _environment(key, match[1] or match[2]), str(value)).strip()
        return _read(key, text)
    except ValueError as error:
        raise complaint(definition, key, value, str(error)) from None


def _settled_processor(definition: Definition, entry: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: _settled(definition, key, value) for key, value in entry.items()}
    for value in found.values():
        if isinstance(value, Expression):
            raise ValueError(f"{value.text!r} is not a number")  # noqa: TRY004
    return found


def _environment(key: str, variable: str) -> str:
    text = os.environ.get(variable, "")
    if text or key == "computing_units":
        return text or "1"
    raise ValueError(f"the environment variable {variable} is not set")


def _read(key: str, text: str) -> Any:
    """What a text without variables says."""
    form = KEYS[key]
    if form is Form.NAMES:
        return constraint_keys.names(text)
    if form is Form.TEXT:
        return constraint_keys.kind(text) if key == "processor_type" else text
    from pycompss.runtime import expressions  # noqa: PLC0415  (most tasks have no constraints)

    number = expressions.number_in(text)
    if number is not None:
        return constraint_keys.fitting(key, number)
    if key in DYNAMIC:
        return Expression(text)
    raise ValueError(f"it must be {form.value}")


def _computed(definition: Definition, bound: Bound, key: str, value: Expression) -> float:
    from pycompss.runtime import expressions  # noqa: PLC0415  (the same)

    try:
        number = expressions.evaluate(value.text, _Names(definition, bound).__getitem__)
        return constraint_keys.fitting(key, int(number))
    except (ValueError, OverflowError) as error:
        raise complaint(definition, key, definition.constraints[key], str(error)) from None


class _Names:
    """Call keywords first, then positional parameters, then globals of the module."""

    def __init__(self, definition: Definition, bound: Bound) -> None:
        self.bound = bound
        self.globals: Mapping[str, Any] = getattr(definition.function, "__globals__", {})

    def __getitem__(self, name: str) -> Any:
        try:
            value = self.bound.value(name)
        except KeyError:
            value = self.globals[name]
        if isinstance(value, Future):
            raise ValueError(f"{name} is the result of a task, not known before it has run")  # noqa: TRY004
        return value


# -- from values to a requirement


def _requirement(definition: Definition, values: Mapping[str, Any]) -> Requirement:
    try:
        processors = _processors(values)
    except ValueError as error:
        raise complaint(definition, "processors", definition.constraints.get("processors"), str(error)) from None
    if definition.is_io or not any(processor.kind == CPU for processor in processors):  # computing_units=0: no cores
        place = Processor(1, REQUESTS if definition.launcher == HTTP else IO)
        processors = [place, *(processor for processor in processors if processor.kind != CPU)]
    units = sum(processor.units for processor in processors if processor.kind == CPU)
    memory = int(values.get("memory_size", 0) * GB)
    fields = {key: values[key] for key in _OF_EQUIPMENT if values.get(key)}
    if processors != [Processor(units)]:
        fields["processors"] = tuple(processors)
    return Requirement(units, memory, Equipment(**fields) if any(fields.values()) else None)


def _processors(values: Mapping[str, Any]) -> list[Processor]:
    """All processors that are asked for; a CPU is among them."""
    own = {key: value for key, value in values.items() if key in _OF_PROCESSORS and key != "processors"}
    listed = _listed(own, values["processors"]) if "processors" in values else [_processor(own)]
    if not any(processor.kind == CPU for processor in listed):
        listed = [Processor(1), *listed]
    return [processor for processor in listed if processor.units]


def _listed(own: dict[str, Any], entries: list[dict[str, Any]]) -> list[Processor]:
    """Those of `processors=[…]`; `computing_units` beside it are those of the CPU."""
    units = own.pop("computing_units", None)
    if own:
        raise ValueError(f"write {', '.join(own)} into the dicts of processors")
    listed = [_processor(entry) for entry in entries]
    cpus = [processor for processor in listed if processor.kind == CPU]
    if units is None:
        return listed
    if len(cpus) > 1:
        raise ValueError(f"it has {len(cpus)} CPUs; write computing_units={units} into the dict of one of them")
    cpu = replace(cpus[0], units=units) if cpus else Processor(units)
    return [cpu, *(processor for processor in listed if processor.kind != CPU)]


def _processor(values: Mapping[str, Any]) -> Processor:
    name = values.get("processor_property_name", "")
    return Processor(
        values.get("computing_units", 1),
        values.get("processor_type", CPU),
        values.get("processor_name", ""),
        values.get("processor_architecture", ""),
        float(values.get("processor_speed", 0)),
        float(values.get("processor_internal_memory_size", 0)),
        ((name, values.get("processor_property_value", "")),) if name else (),
    )


def complaint(definition: Definition, key: str, value: object, reason: str) -> PyCOMPSsException:
    """The error that a value of `@constraint` has no meaning for a call."""
    return PyCOMPSsException(
        f"task {definition.name} ({definition.file}:{definition.line}), "
        f"@constraint({key}={shown(value)}): {reason} ({where_called()})"
    )


# -- between processes

WireNeed = tuple[int, int, bytes, int, int]


def to_wire(need: Requirement, processes: int, nodes: int) -> WireNeed:
    """What a worker tells the master: what each process of a task needs, how many there are, on how many nodes."""
    import pickle  # noqa: PLC0415  (tasks that call tasks)

    return need.units, need.memory, b"" if need.equipment is None else pickle.dumps(need.equipment), processes, nodes


def from_wire(wired: WireNeed) -> tuple[Requirement, int, int]:
    """The same three."""
    units, memory, equipment, processes, nodes = wired
    if not equipment:
        return Requirement(units, memory), processes, nodes
    import pickle  # noqa: PLC0415  (the same)

    return Requirement(units, memory, pickle.loads(equipment)), processes, nodes
