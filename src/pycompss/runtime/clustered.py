"""The engine for several nodes, for a session's configuration."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import sys
import uuid
from collections.abc import Mapping
from dataclasses import astuple, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pycompss.core.equipment import CPU
from pycompss.engines.local import sockets
from pycompss.errors import ConfigurationError
from pycompss.runtime import embedded
from pycompss.runtime.config import Config, NodeSpec
from pycompss.runtime.environment import sourced
from pycompss.runtime.folder import RunFolder

_ADDRESS = re.compile(r"(tcp|tls)://.+:\d+|gateway://[^/]+:\d+/[^/]+")

if TYPE_CHECKING:
    from pycompss.engines.dask.opening import Share, Terms
    from pycompss.engines.dask.own_code import Code
    from pycompss.engines.protocol import Engine
    from pycompss.runtime.values import Values


def dask_engine(config: Config, folder: RunFolder, values: Values) -> Engine:
    """Agents, one for every node of the configuration, or in the workers of a Dask cluster that exists.

    Raises ConfigurationError without Dask, or when the cluster cannot be found.
    """
    if importlib.util.find_spec("distributed") is None:  # it is the bridge that loads it, not the program
        raise ConfigurationError(
            f"engine = dask ({config.origin('engine')}) needs packages that are not installed (distributed): "
            "pip install 'purecompss[cluster]'"
        )
    from pycompss.engines.dask.engine import DaskEngine  # noqa: PLC0415  (the same)
    from pycompss.engines.dask.opening import Opening, Share  # noqa: PLC0415  (the same)

    address = scheduler(config)
    opening = Opening(
        _terms(config, folder, is_elsewhere=bool(address)),
        () if address else shares(config),
        config.node_timeout,
        host(config, address),
        address,
        Share("", config.workers or 0, limit=config.max_tasks_per_node),
    )
    return DaskEngine(opening, values.memory)


def scheduler(config: Config) -> str:
    """The address of the cluster that exists, if the run shall use one."""
    address, file = config.scheduler_address or "", config.scheduler_file
    where = f"scheduler_address = {address!r} ({config.origin('scheduler_address')})"
    if file:
        where = f"scheduler_file = {file!r} ({config.origin('scheduler_file')})"
        if address:
            raise ConfigurationError(f"{where}: scheduler_address is given, too; give one of them")
        address = _address_in(file, where)
    if address and not _ADDRESS.fullmatch(address):
        raise ConfigurationError(
            f"{where}: expected an address such as tls://host:8786 or tcp://host:8786, or gateway://host:port/NAME"
        )
    if address.startswith("gateway:") and importlib.util.find_spec("dask_gateway") is None:
        raise ConfigurationError(
            f"{where} needs a package that is not installed (dask-gateway): pip install 'purecompss[gateway]'"
        )
    return address


def _address_in(path: str, where: str) -> str:
    """What `dask scheduler --scheduler-file=PATH` has written there."""
    try:
        with open(path, encoding="utf-8") as file:
            return str(json.load(file)["address"])
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
    except (ValueError, KeyError, TypeError):
        reason = "is no file of a Dask scheduler"
    raise ConfigurationError(f"{where}: {reason}; start one: dask scheduler --scheduler-file={path}")


def host(config: Config, scheduler: str) -> str:
    """The address of this machine that the nodes see; if they have no addresses here, that of its own name."""
    from pycompss.engines.dask.address import own_address  # noqa: PLC0415  (only this engine needs it)

    if scheduler:
        try:
            return own_address(str(urlsplit(scheduler).hostname))
        except OSError as error:
            raise ConfigurationError(f"the Dask scheduler {scheduler} has no address here: {error}") from None
    here = os.uname().nodename if config.elasticity else "127.0.0.1"
    other = next((spec.name for spec in config.nodes if spec.start), here)
    for name in (other, os.uname().nodename):
        with contextlib.suppress(OSError):
            return own_address(name)
    raise ConfigurationError(f"node {other} of the job has no address here, nor has this machine")


def _terms(config: Config, folder: RunFolder, *, is_elsewhere: bool) -> Terms:
    from pycompss.engines.dask.opening import Terms  # noqa: PLC0415  (the same)

    run = uuid.uuid4().hex
    token = os.path.join(folder.temporary, run)
    with open(token, "x", encoding="utf-8"):
        pass
    return Terms(
        run,
        folder.path,
        folder.temporary,
        tuple(sys.path),
        os.getcwd(),
        config.worker_working_dir,
        config.keep_workingdir,
        ((token, folder.path), (os.getcwd(), os.getcwd())),
        partial(described, {name: getattr(config, name) for name in ("services", "io_executors", "http_pool_size")}),
        sourced(config.env_script) or {},
        *_imported(config, is_elsewhere=is_elsewhere),
        tuple(map(astuple, config.services)),
        keep_output=config.logs("debug"),
        live_output=config.task_output == "live",
        observed=config.is_observed,
        memory_profile=config.python_memory_profile,
        store_limit=config.store_limit,
        spill=(config.spill_directory or "") if config.store_spill else None,
        affinity=embedded.affinity(config),
    )


def _imported(config: Config, *, is_elsewhere: bool) -> tuple[tuple[Code, ...], tuple[str, ...]]:
    """What the program imports, if other machines take part, which may not have it: its own modules, and others."""
    if not is_elsewhere and not any(spec.start for spec in config.nodes) and not config.elasticity:
        return (), ()
    from pycompss.runtime import own_modules  # noqa: PLC0415  (few runs need it)

    main = own_modules.main_file() or config.application
    return own_modules.survey(main, (os.path.dirname(os.path.abspath(main)), *config.pythonpath, os.getcwd()))


def described(settings: Mapping[str, Any], share: Share | None, node: int) -> Share:
    """The machine on which this is called as a node, as far as `share` does not say what it is.

    settings: of the run, that say what a node has besides; the first has what services take.
    """
    own = Config().nodes[0]
    spec = replace(own, name=os.uname().nodename)
    if share is not None:
        units = share.units or own.computing_units
        processors = tuple(replace(one, units=units) if one.kind == CPU else one for one in own.equipment.processors)
        equipment = replace(own.equipment, processors=processors)
        memory = share.memory or own.memory_bytes
        spec = NodeSpec(
            share.name or os.uname().nodename, units, memory, limit_of_tasks=share.limit, equipment=equipment
        )
    config = Config(nodes=(spec if node == 0 else own,), **settings)
    return _share(spec, config, ())


def shares(config: Config) -> tuple[Share, ...]:
    """The nodes of the configuration, on this machine and on others, or parts of the only one."""
    if any(spec.start for spec in config.nodes):
        return tuple(_share(spec, config, ()) for spec in config.nodes)
    specs = config.nodes if len(config.nodes) > 1 or config.elasticity else _parts(config.nodes[0], config.agents)
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
    from pycompss.runtime import deployments  # noqa: PLC0415  (the same)

    equipment = embedded.equipment(spec, config) if spec.computing_units else None  # else the machine says what it has
    own = spec.deployment
    if spec.by_shell and not own.interpreter:
        own = replace(own, interpreter=config.python_interpreter or "")
    return Share(
        spec.name,
        spec.computing_units,
        spec.memory_bytes,
        spec.limit_of_tasks,
        equipment,
        cores,
        spec.start,
        spec.by_shell,
        own,
        {} if spec.start else deployments.environment(own),
    )
