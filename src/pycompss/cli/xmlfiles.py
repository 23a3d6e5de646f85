"""`compss_xmls_generator [options] [NODE…]`: project.xml and resources.xml for nodes, or for those of the job."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from pycompss.deploy import xmlfiles
from pycompss.deploy.allocation import found
from pycompss.deploy.xmlfiles import Described
from pycompss.errors import ConfigurationError
from pycompss.runtime import machine, quantities

_FAILED = 1


def generate(words: Sequence[str]) -> int:
    """Write the files; returns the exit code."""
    asked = _parser().parse_args(list(words))
    try:
        nodes = [_described(name, cores, asked) for name, cores in _names(asked.nodes)]
        project, resources = xmlfiles.write(asked.output, nodes)
    except (ConfigurationError, OSError) as error:
        sys.stderr.write(f"compss_xmls_generator: {getattr(error, 'message', error)}\n")
        return _FAILED
    print(f"{project}\n{resources}\nUse them with: pycompss run --project={project} --resources={resources} …")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "compss_xmls_generator", description="Write project.xml and resources.xml.", allow_abbrev=False
    )
    parser.add_argument("nodes", nargs="*", metavar="NODE", help="host; by default those of the job, or localhost")
    parser.add_argument("--output", default=os.curdir, metavar="DIR", help="where the files go")
    parser.add_argument("--cpus_per_node", type=quantities.positive, metavar="N", help="computing units of a node")
    parser.add_argument("--node_memory", type=float, default=0.0, metavar="GB", help="memory of a node")
    parser.add_argument("--worker_working_dir", default="/tmp/COMPSsWorker", metavar="DIR")  # noqa: S108  (documented)
    parser.add_argument("--user", default="", metavar="NAME", help="user at the nodes")
    return parser


def _names(given: Sequence[str]) -> list[tuple[str, int | None]]:
    if given:
        return [(name, None) for name in dict.fromkeys(given)]
    allocation = found.find()
    return [("localhost", None)] if allocation is None else [(host.name, host.cores) for host in allocation.hosts]


def _described(name: str, cores: int | None, asked: argparse.Namespace) -> Described:
    units = asked.cpus_per_node or cores or machine.computing_units()
    return Described(name, units, asked.node_memory, asked.worker_working_dir, asked.user)
