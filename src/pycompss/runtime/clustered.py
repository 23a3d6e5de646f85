"""The engine for several nodes, for a session's configuration."""

from __future__ import annotations

import contextlib
import os
import sys
import uuid
from dataclasses import astuple, replace
from typing import TYPE_CHECKING

from pycompss.engines.local import sockets
from pycompss.errors import ConfigurationError
from pycompss.runtime import embedded
from pycompss.runtime.config import Config, NodeSpec
from pycompss.runtime.environment import sourced
from pycompss.runtime.folder import RunFolder

if TYPE_CHECKING:
    from pycompss.engines.dask.opening import Share, Terms
    from pycompss.engines.protocol import Engine
    from pycompss.runtime.values import Values


def dask_engine(config: Config, folder: RunFolder, values: Values) -> Engine:
    """Agents on this machine, one for every node of the configuration. Raises ConfigurationError without Dask."""
    try:
        import distributed  # noqa: F401, PLC0415  (only this engine needs it)
    except ImportError as error:
        raise ConfigurationError(
            f"engine = dask ({config.origin('engine')}) needs packages that are not installed ({error}): "
            "pip install 'purecompss[cluster]'"
        ) from None
    from pycompss.engines.dask.engine import DaskEngine  # noqa: PLC0415  (the same)
    from pycompss.engines.dask.opening import Opening  # noqa: PLC0415  (the same)

    return DaskEngine(
        Opening(_terms(config, folder), shares(config), config.node_timeout, _host(config)), values.memory
    )


def _host(config: Config) -> str:
    """The address of this machine that the nodes see; if they have no addresses here, that of its own name."""
    from pycompss.engines.dask.agent import own_address  # noqa: PLC0415  (only this engine needs it)

    other = next((spec.name for spec in config.nodes if spec.start), "127.0.0.1")
    for name in (other, os.uname().nodename):
        with contextlib.suppress(OSError):
            return own_address(name)
    raise ConfigurationError(f"node {other} of the job has no address here, nor has this machine")


def _terms(config: Config, folder: RunFolder) -> Terms:
    from pycompss.engines.dask.opening import Terms  # noqa: PLC0415  (the same)

    return Terms(
        uuid.uuid4().hex,
        folder.path,
        folder.temporary,
        tuple(sys.path),
        os.getcwd(),
        this_machine,
        sourced(config.env_script) or {},
        tuple(map(astuple, config.services)),
        keep_output=config.logs("debug"),
        live_output=config.task_output == "live",
        store_limit=config.store_limit,
        affinity=embedded.affinity(config),
    )


def this_machine() -> Share:
    """All of the machine on which this is called, as a node."""
    spec = Config().nodes[0]
    return _share(replace(spec, name=os.uname().nodename), Config(), ())


def shares(config: Config) -> tuple[Share, ...]:
    """The nodes of the configuration, on this machine and on others, or parts of the only one."""
    if any(spec.start for spec in config.nodes):
        return tuple(_share(spec, config, ()) for spec in config.nodes)
    specs = config.nodes if len(config.nodes) > 1 else _parts(config.nodes[0], config.agents)
    cores = [core for socket in sockets.by_socket(sockets.usable()) for core in socket]
    if len(cores) < sum(spec.computing_units for spec in specs):  # the kernel does better
        cores = []
    found = []
    for spec in specs:
        own, cores = cores[: spec.computing_units], cores[spec.computing_units :]
        found.append(_share(spec, config, tuple(own)))
    return tuple(found)


def _parts(spec: NodeSpec, count: int) -> list[NodeSpec]:
    """Nodes that together have the units and the memory of one; each has a unit at least."""
    count = max(1, count)
    memory = spec.memory_bytes // count if spec.memory_bytes is not None else None
    parts = []
    for number in range(count):
        units = max(1, spec.computing_units // count + (number < spec.computing_units % count))
        parts.append(replace(spec, name=f"{spec.name}-{number + 1}", computing_units=units, memory_bytes=memory))
    return parts


def _share(spec: NodeSpec, config: Config, cores: tuple[int, ...]) -> Share:
    from pycompss.engines.dask.opening import Share  # noqa: PLC0415  (the same)

    equipment = embedded.equipment(spec, config)
    return Share(spec.name, spec.computing_units, spec.memory_bytes, spec.limit_of_tasks, equipment, cores, spec.start)
