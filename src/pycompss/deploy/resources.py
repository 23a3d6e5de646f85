"""resources.xml (the nodes there are) and project.xml (those to use) become the nodes and services of a run.

A compute node whose name resolves to this machine is a node of the local engine, with workers and store of its own:
several of them make one machine several nodes, which is how a program is tried on them. Computing units, devices and
memory count as written, also above what the machine has. Other machines are nodes of the engine `dask`, whose agents
`ssh` starts there.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from pycompss.core.equipment import KINDS
from pycompss.deploy import application, hardware, hosts, schema, services, xml
from pycompss.deploy.allocation.nodes import start_of
from pycompss.deploy.hardware import NextNames
from pycompss.deploy.xml import Element
from pycompss.errors import ConfigurationError
from pycompss.runtime import hardware as own
from pycompss.runtime import machine
from pycompss.runtime.config import NodeSpec, ServiceSpec

_HOST = re.compile(r"[A-Za-z0-9_:][\w.:-]*", re.ASCII)
_USER = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
MASTER = "master"  # name of the node that a <MasterNode> with processors makes


class Described(NamedTuple):
    """What the files describe."""

    nodes: tuple[NodeSpec, ...]
    services: tuple[ServiceSpec, ...]


def read(project: str | None, resources: str | None, devices: Mapping[str, list[str]]) -> Described:
    """Nodes and services of the files; what they say without effect here is named on stderr.

    With resources.xml alone all its compute nodes are used; with project.xml alone its compute nodes have the
    computing units of this machine. Files with services and no node: the nodes are empty. `devices`: names of those of
    this machine, by kind; nodes get them in order.

    Raises ConfigurationError naming file, line and element.
    """
    existing = _read(resources, "ResourcesList", schema.RESOURCES) if resources else None
    chosen = _read(project, "Project", schema.PROJECT) if project else None
    found = services.services(chosen, existing)
    names = {kind: own.iter_names(devices.get(kind, ())) for kind in KINDS}
    nodes = tuple(_used(chosen, existing, _Reading(names, dict(devices))))
    if not nodes and not found:
        raise ConfigurationError(f"{project or resources}: describes no compute node, so no task could run")
    return Described(nodes, found)


class _Reading(NamedTuple):
    """What one reading of the files hands out, to one node each."""

    names: NextNames
    devices: dict[str, list[str]]  # for the first node that is this machine as it is


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


def _by_name(elements: Iterable[Element]) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for element in elements:
        name = element.attribute("Name")
        if name in found:
            raise element.wrong(f'Name="{name}" was described before, in line {found[name].line}')
        found[name] = element
    return found


def _used(project: Element | None, resources: Element | None, reading: _Reading) -> list[NodeSpec]:
    existing = None if resources is None else _by_name(resources.all("ComputeNode"))
    if project is None:
        return [_node(entry, None, reading) for entry in (existing or {}).values()]
    master = project.first("MasterNode")
    if master is None:
        raise project.wrong("needs a <MasterNode>, which may be empty")
    used = [_described(MASTER, master, (), reading)] if master.first("Processor") else []
    for name, element in _by_name(project.all("ComputeNode")).items():
        if existing is not None and name not in existing:
            raise element.wrong(f'Name="{name}" is not in the resources; they have {", ".join(existing) or "none"}')
        used.append(_node(existing[name] if existing is not None else None, element, reading))
    return used


def _node(existing: Element | None, used: Element | None, reading: _Reading) -> NodeSpec:
    """The node that an element of resources.xml, one of project.xml, or both describe."""
    element = used if used is not None else existing
    if element is None:
        raise AssertionError
    name = element.attribute("Name")
    is_here = hosts.is_this_machine(name)
    if existing is not None:
        found = _described(name, existing, _queues(used), reading)
    else:
        found = _this_machine(name, reading) if is_here else NodeSpec(name, 0)
    if used is not None:
        told = application.deployment(used, is_here=is_here)
        found = replace(found, deployment=told, limit_of_tasks=_limit(used))
    if is_here:
        return found
    if in_job := start_of(name):
        return replace(found, start=in_job)
    return replace(found, start=_ssh(name, [one for one in (used, existing) if one is not None]), by_shell=True)


def _ssh(name: str, elements: list[Element]) -> tuple[str, ...]:
    """The words that run a command on another machine; it must let us in without asking.

    elements: those that describe it; the first that tells a user or a port counts.
    """
    if not _HOST.fullmatch(name):
        raise elements[0].wrong(f'Name="{name}" is no name of a host')
    user = next((text for element in elements for text in hosts.users(element)), None)
    if user is not None and not _USER.fullmatch(user.text):
        raise user.wrong(f"is {user.text!r}, which is no name of a user")
    port = next((text for element in elements for text in hosts.ports(element)), None)
    if port is not None and not port.text.isdecimal():
        raise port.wrong(f"is {port.text!r}; expected the port of sshd")
    options = [*(("-l", user.text) if user else ()), *(("-p", port.text) if port else ())]
    return ("ssh", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={_patience()}", *options, "--", name)


def _patience() -> int:
    """Seconds until a machine that does not answer is given up: COMPSS_SSH_TIMEOUT, in milliseconds, or 10."""
    told = os.environ.get("COMPSS_SSH_TIMEOUT", "")
    return max(1, int(told) // 1000) if told.isdecimal() else 10


def _described(name: str, element: Element, queues: tuple[str, ...] | None, reading: _Reading) -> NodeSpec:
    queues = queues or hardware.queues(element) or ()
    units, memory = hardware.computing_units(element), hardware.memory(element)
    return NodeSpec(name, units, memory, equipment=hardware.equipment(element, queues, reading.names))


def _queues(used: Element | None) -> tuple[str, ...] | None:
    """The queues that project.xml chooses."""
    return None if used is None else hardware.queues(used)


def _this_machine(name: str, reading: _Reading) -> NodeSpec:
    units = machine.computing_units()
    found = NodeSpec(name, units, machine.memory_bytes(), equipment=own.equipment(units, reading.devices))
    reading.devices.clear()
    return found


def _limit(element: Element) -> int | None:
    """LimitOfTasks: the most tasks at a time; a negative number means no limit."""
    limit = hardware.number(element, "LimitOfTasks", int, least=-1)
    return None if limit is None or limit < 0 else int(limit)
