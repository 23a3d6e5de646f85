"""resources.xml and project.xml for a list of nodes, as a beginning for one's own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

_RESOURCE = """\
    <ComputeNode Name={name}>
        <Processor Name="MainProcessor"><ComputingUnits>{units}</ComputingUnits></Processor>
{memory}    </ComputeNode>
"""
_MEMORY = "        <Memory><Size>{size:g}</Size></Memory>\n"
_USED = """\
    <ComputeNode Name={name}>
        <InstallDir>{install}</InstallDir>
        <WorkingDir>{working}</WorkingDir>
{user}    </ComputeNode>
"""
_USER = "        <User>{user}</User>\n"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Described(NamedTuple):
    """A node as it is written down. memory: in GB, 0 = not told."""

    name: str
    units: int
    memory: float = 0.0
    working_dir: str = "/tmp/COMPSsWorker"  # noqa: S108  (the programming model's own default)
    user: str = ""


def resources(nodes: Sequence[Described]) -> str:
    """The nodes that there are."""
    entries = (
        _RESOURCE.format(
            name=quoteattr(node.name), units=node.units, memory=_MEMORY.format(size=node.memory) if node.memory else ""
        )
        for node in nodes
    )
    return f"{_HEAD}<ResourcesList>\n{''.join(entries)}</ResourcesList>\n"


def project(nodes: Sequence[Described]) -> str:
    """Those that are used: all."""
    entries = (
        _USED.format(
            name=quoteattr(node.name),
            install=escape(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
            working=escape(node.working_dir),
            user=_USER.format(user=escape(node.user)) if node.user else "",
        )
        for node in nodes
    )
    return f"{_HEAD}<Project>\n    <MasterNode/>\n{''.join(entries)}</Project>\n"


def write(directory: str, nodes: Sequence[Described]) -> tuple[str, str]:
    """Write both files; returns the paths of project and resources."""
    os.makedirs(directory, exist_ok=True)
    paths = os.path.join(directory, "project.xml"), os.path.join(directory, "resources.xml")
    for path, text in zip(paths, (project(nodes), resources(nodes)), strict=True):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return paths
