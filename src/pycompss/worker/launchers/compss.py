"""`@compss`: a program of this programming model, run by a runtime of its own on the cores of the task.

Where the task has several nodes, that runtime has them, too: they are described to it in files of its own, by where
they are. Those that are shares of one machine go by its loopback addresses.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from pycompss.worker.hosts import ADDRESSES
from pycompss.worker.launchers.launch import Launch

_RESOURCES = "resources.xml"
_PROJECT = "project.xml"


def run(launch: Launch) -> int:
    options = launch.options
    runner = (
        launch.words(options["runcompss"]) if options.get("runcompss") else [sys.executable, "-m", "pycompss", "run"]
    )
    flags = launch.words(options.get("flags") or "")
    command = [*runner, *flags, launch.path(options["app_name"]), *launch.arguments()]
    nodes = os.environ.get(ADDRESSES, "").split(",")
    units = os.environ.get("COMPSS_NUM_THREADS", "1")
    if len(nodes) == 1:
        return launch.execute(command, {"PYCOMPSS_WORKERS": units})
    with tempfile.TemporaryDirectory(prefix=".nodes-", dir=launch.private) as folder:
        launch.shared.append(folder)
        return launch.execute(command, described(folder, nodes, units))


def described(folder: str, nodes: Sequence[str], units: str) -> dict[str, str]:
    """Write the nodes, with so many computing units each, into files in `folder`; the variables that name these."""
    processor = f'<Processor Name="MainProcessor"><ComputingUnits>{units}</ComputingUnits></Processor>'
    own = [f"127.0.{number // 254}.{number % 254 + 1}" for number in range(len(nodes))]
    names = [quoteattr(name) for name in (nodes if len(set(nodes)) == len(nodes) else own)]
    there = "".join(f"<ComputeNode Name={name}>{processor}</ComputeNode>" for name in names)
    used = "".join(f"<ComputeNode Name={name}/>" for name in names)
    return {
        "PYCOMPSS_RESOURCES": _written(folder, _RESOURCES, f"<ResourcesList>{there}</ResourcesList>"),
        "PYCOMPSS_PROJECT": _written(folder, _PROJECT, f"<Project><MasterNode/>{used}</Project>"),
    }


def _written(folder: str, name: str, text: str) -> str:
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path
