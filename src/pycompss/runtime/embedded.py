"""The local engine for a session's configuration."""

from __future__ import annotations

import os
from dataclasses import astuple, replace
from typing import TYPE_CHECKING

from pycompss.core.equipment import IO, Equipment, Processor
from pycompss.core.resources import Node
from pycompss.runtime import quantities, services
from pycompss.runtime.config import Config, NodeSpec
from pycompss.runtime.environment import sourced
from pycompss.runtime.folder import RunFolder

if TYPE_CHECKING:
    from pycompss.engines.local.binding import Affinity
    from pycompss.engines.protocol import Engine
    from pycompss.runtime.values import Values

SHARES = 8  # this part of all memory is shared out from the start


USUAL_IO_EXECUTORS = 4  # waiting costs no core, but every one is a process
USUAL_REQUESTS = 100


def equipment(spec: NodeSpec, config: Config) -> Equipment:
    """What the node has, its places for tasks that wait for I/O, and the calls of services if it is the first."""
    places = Processor(config.io_executors or USUAL_IO_EXECUTORS, IO)
    calls = services.calls(config.services, _requests(config)) if spec is config.nodes[0] else ()
    return replace(spec.equipment, processors=(*spec.equipment.processors, places, *calls))


def _requests(config: Config) -> int:
    """How many `@http` tasks run at a time; every one is a process, so by itself no more than open files allow."""
    from pycompss.engines.local import limits  # noqa: PLC0415  (the same)

    if config.http_pool_size:
        return config.http_pool_size
    others = sum(node.computing_units + USUAL_IO_EXECUTORS for node in config.nodes)
    return max(1, min(USUAL_REQUESTS, limits.most_workers() - others))


def local_engine(config: Config, folder: RunFolder, values: Values) -> Engine:
    """Worker processes on this machine, as many as the configuration's nodes have computing units."""
    from pycompss.engines.local.engine import LocalEngine  # noqa: PLC0415  (other engines need not load it)
    from pycompss.engines.local.settings import Settings  # noqa: PLC0415  (the same)
    from pycompss.runtime import deployments  # noqa: PLC0415  (the same)

    nodes = [
        Node(index, spec.name, spec.computing_units, spec.memory_bytes, spec.limit_of_tasks, equipment(spec, config))
        for index, spec in enumerate(config.nodes)
    ]
    run = os.urandom(16).hex()
    settings = Settings(
        folder.path,
        folder.temporary,
        values.arena.limit,
        spill.directory if (spill := values.memory.spill) is not None else "",
        keep_output=config.logs("debug"),
        observed=config.is_observed,
        says_unchanged=not config.is_observed,
        workplace=deployments.of_all(config, run),
        live_output=config.task_output == "live",
        services=tuple(map(astuple, config.services)),
        environment=sourced(config.env_script),
        own=deployments.of_nodes(config, run),
    )
    values.memory.share = values.limit // (SHARES * (1 + sum(node.units for node in nodes)))
    return LocalEngine(nodes, settings, memory=values.memory, affinity=affinity(config))


def affinity(config: Config) -> Affinity:
    """What tasks are bound to."""
    from pycompss.engines.local.binding import Affinity  # noqa: PLC0415  (other engines need not load it)

    return Affinity(config.cpu_affinity, quantities.groups(config.cpu_affinity), _bound_kinds(config))


def _bound_kinds(config: Config) -> frozenset[str]:
    affinities = {"GPU": config.gpu_affinity, "FPGA": config.fpga_affinity}
    return frozenset(kind for kind, affinity in affinities.items() if affinity != "disabled")
