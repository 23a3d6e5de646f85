"""resources.xml (the nodes there are) and project.xml (those to use) become the nodes of a run.

A compute node whose name resolves to this machine is a node of the local engine, with workers and store of its own:
several of them make one machine several nodes, which is how a program is tried on them. Computing units and memory
count as written, also above what the machine has. Names of other machines are refused.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping

from pycompss.deploy import hosts, schema, xml
from pycompss.deploy.xml import Element
from pycompss.errors import ConfigurationError
from pycompss.runtime import machine
from pycompss.runtime.config import NodeSpec

MASTER = "master"  # name of the node that a <MasterNode> with processors makes


def nodes(project: str | None, resources: str | None) -> tuple[NodeSpec, ...]:
    """The nodes that the files describe; what they say without effect here is named on stderr.

    With resources.xml alone all its compute nodes are used; with project.xml alone its compute nodes have the
    computing units of this machine. Raises ConfigurationError naming file, line and element.
    """
    existing = _existing(resources) if resources else None
    if project is None:
        used = [_node(entry, None) for entry in (existing or {}).values()]
    else:
        used = _used(_read(project, "Project", schema.PROJECT), existing)
    if not used:
        raise ConfigurationError(f"{project or resources}: describes no compute node, so no task could run")
    return tuple(used)


def _read(path: str, root: str, children: dict[str, tuple[str, ...]]) -> Element:
    element = xml.read(path)
    if element.tag != root:
        raise element.wrong(f"is not the root of this file; expected <{root}>")
    schema.check(element, children)
    _name_unsupported(element)
    return element


def _name_unsupported(element: Element) -> None:
    """One line for every kind of element without effect, with the place of the first."""
    first: dict[str, Element] = {}
    for found in schema.unsupported(element):
        first.setdefault(found.tag, found)
    for tag, found in first.items():
        sys.stderr.write(f"WARNING: {found.place}: <{tag}> is not supported yet and has no effect\n")


def _existing(path: str) -> dict[str, Element]:
    """The compute nodes of resources.xml, by name."""
    return _by_name(_read(path, "ResourcesList", schema.RESOURCES).all("ComputeNode"))


def _by_name(elements: Iterable[Element]) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for element in elements:
        name = element.attribute("Name")
        if name in found:
            raise element.wrong(f'Name="{name}" was described before, in line {found[name].line}')
        found[name] = element
    return found


def _used(project: Element, existing: Mapping[str, Element] | None) -> list[NodeSpec]:
    master = project.first("MasterNode")
    if master is None:
        raise project.wrong("needs a <MasterNode>, which may be empty")
    used = [_master(master)] if master.first("Processor") else []
    for name, element in _by_name(project.all("ComputeNode")).items():
        if existing is not None and name not in existing:
            raise element.wrong(f'Name="{name}" is not in the resources; they have {", ".join(existing) or "none"}')
        used.append(_node(existing[name] if existing is not None else None, element))
    return used


def _master(element: Element) -> NodeSpec:
    return NodeSpec(MASTER, _computing_units(element), _memory(element))


def _node(existing: Element | None, used: Element | None) -> NodeSpec:
    """The node that an element of resources.xml, one of project.xml, or both describe."""
    element = used if used is not None else existing
    if element is None:
        raise AssertionError
    name = element.attribute("Name")
    if not hosts.is_this_machine(name):
        raise element.wrong(f'Name="{name}" is another machine; only nodes on this one are supported yet')
    return NodeSpec(
        name,
        machine.computing_units() if existing is None else _computing_units(existing),
        machine.memory_bytes() if existing is None else _memory(existing),
        used.text_of("WorkingDir") or None if used is not None else None,
        _limit(used) if used is not None else None,
    )


def _computing_units(element: Element) -> int:
    """The sum over the processors that are CPUs."""
    units = [_number(entry, "ComputingUnits", int) for entry in element.all("Processor") if schema.is_cpu(entry)]
    total = int(sum(unit or 0 for unit in units))
    if total < 1:
        raise element.wrong("has no CPU with computing units: <Processor><ComputingUnits>N</ComputingUnits>")
    return total


def _memory(element: Element) -> int | None:
    """Memory in bytes; the file says GB."""
    memory = element.first("Memory")
    gigabytes = None if memory is None else _number(memory, "Size", float)
    return None if gigabytes is None else int(gigabytes * 1e9)


def _limit(element: Element) -> int | None:
    """LimitOfTasks: the most tasks at a time; a negative number means no limit."""
    limit = _number(element, "LimitOfTasks", int, least=-1)
    return None if limit is None or limit < 0 else int(limit)


def _number(element: Element, tag: str, kind: Callable[[str], float], least: float = 0) -> float | None:
    child = element.first(tag)
    if child is None:
        return None
    try:
        value = kind(child.text)
    except ValueError:
        value = float("nan")
    if not least <= value < float("inf"):
        raise child.wrong(f"is {child.text!r}; expected a number" + (", 0 or more" if least == 0 else ""))
    return value
