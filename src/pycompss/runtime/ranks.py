"""How many ranks an MPI task has, on how many nodes, and what it reserves.

`processes` ranks with `computing_units` each: that many units are reserved, so that every rank has cores of its own; on
several nodes, each has its part of them. Where no node has as many, the task takes the largest share of a node that
there is, and its ranks share these cores; what a single rank asks for has to fit, as for any other task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pycompss.core.equipment import CPU
from pycompss.core.resources import Node, Requirement
from pycompss.core.spanning import across, could_hold
from pycompss.core.task import Definition
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import constraints, kinds, returns
from pycompss.runtime.places import where_called

if TYPE_CHECKING:
    from pycompss.runtime.binding import Bound


def nodes(definition: Definition, bound: Bound, asked: Any, declared: Any) -> int:
    """How many nodes the ranks take. Raises PyCOMPSsException if they cannot be divided.

    asked: number of nodes that the call itself gives, or None; declared: that of the decorators.
    """
    each = _processes_per_node(definition, bound)
    key, given = "computing_nodes", declared if asked is None else asked
    if asked is None and each is not None:
        key, given = "processes_per_node", each
    wanted, number = processes(definition), kinds.count(definition, key, given)
    if wanted % number:
        raise _complaint(definition, f"{key}={given!r}", f"{wanted} processes are not a multiple of it")
    return wanted // number if key == "processes_per_node" else number


def _processes_per_node(definition: Definition, bound: Bound) -> Any:
    """As it is given; None if it is not."""
    options = definition.options[definition.launcher]
    given = bound.overrides.get("processes_per_node", options.get("processes_per_node"))
    return definition.processes_per_node if given is None and definition.processes_per_node != 1 else given


def settled(definition: Definition, bound: Bound, options: Mapping[str, Any]) -> dict[str, Any]:
    """The decorator's options, with the ranks of this call, and how many threads each has.

    Raises PyCOMPSsException for layouts and returns that do not go with the number of ranks.
    """
    units = max(1, constraints.asked_by(definition).of(bound).units)
    ranks = total(definition, units)
    if kinds.is_python_mpi(definition):
        _check_returns(definition, bound, ranks)
        _check_layouts(definition, bound, ranks)
    is_scaled = options.get("scale_by_cu", False)
    return {**options, "processes": ranks, "threads": 1 if is_scaled else units}


def total(definition: Definition, units: int) -> int:
    """The number of ranks of a call whose ranks have that many computing units."""
    is_scaled = definition.options[definition.launcher].get("scale_by_cu", False)
    return processes(definition) * (units if is_scaled else 1)


def reservation(need: Requirement, ranks: int, nodes: int, there: Sequence[Node]) -> Requirement:
    """What all ranks together reserve, on as many nodes, if `need` is what one of them asks for."""
    wanted = ranks // nodes * need.units
    most = min(wanted, max(node.units for node in there))
    for units in range(most, need.units, -1):
        larger = across(_enlarged(need, units), nodes)
        if could_hold(there, larger):
            return larger
    return across(need, nodes)


def processes(definition: Definition) -> int:
    """The sum of what `processes` says at this moment."""
    options = definition.options[definition.launcher]
    programs = options.get("programs", [options])
    return sum(kinds.count(definition, "processes", program["processes"]) for program in programs)


def _enlarged(need: Requirement, units: int) -> Requirement:
    """The same with more computing units."""
    equipment = need.equipment
    if equipment is not None and equipment.processors:
        processors = list(equipment.processors)
        cpu = next((i for i, processor in enumerate(processors) if processor.kind == CPU), None)
        if cpu is not None:
            processors[cpu] = replace(processors[cpu], units=processors[cpu].units + units - need.units)
            equipment = replace(equipment, processors=tuple(processors))
    return replace(need, units=units, equipment=equipment)


def _check_returns(definition: Definition, bound: Bound, ranks: int) -> None:
    count, _, _ = returns.count_returns(definition, bound)
    if count > 1 and count != ranks:
        reason = f"{count} returns are one of each rank, but there are {ranks} ranks; returns=1 is a list of them all"
        raise _complaint(definition, f"processes={ranks}", reason)


def _check_layouts(definition: Definition, bound: Bound, ranks: int) -> None:
    """As far as the collections are known here; the ranks look again."""
    for name, layout in definition.options["mpi"]["layouts"].items():
        value = bound.value(name)
        if isinstance(value, (list, tuple)):
            try:
                layout.check(len(value), ranks)
            except ValueError as error:
                raise _complaint(definition, f"{name}_layout", str(error)) from None


def _complaint(definition: Definition, argument: str, reason: str) -> PyCOMPSsException:
    return kinds.complaint(definition, definition.launcher, argument, f"{reason} ({where_called()})")
