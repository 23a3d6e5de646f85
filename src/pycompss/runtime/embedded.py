"""The local engine for a session's configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycompss.core.equipment import IO, Equipment, Processor
from pycompss.core.resources import Node
from pycompss.runtime.config import Config
from pycompss.runtime.environment import sourced
from pycompss.runtime.folder import RunFolder

if TYPE_CHECKING:
    from pycompss.engines.protocol import Engine
    from pycompss.runtime.values import Values


USUAL_IO_EXECUTORS = 4  # waiting costs no core, but every one is a process


def _with_io_executors(config: Config) -> Equipment:
    return Equipment((Processor(config.io_executors or USUAL_IO_EXECUTORS, IO),))


def local_engine(config: Config, folder: RunFolder, values: Values) -> Engine:
    """Worker processes on this machine, as many as the configuration's nodes have computing units."""
    from pycompss.engines.local.engine import LocalEngine  # noqa: PLC0415  (other engines need not load it)
    from pycompss.engines.local.settings import Settings  # noqa: PLC0415  (the same)

    nodes = [
        Node(index, spec.name, spec.computing_units, spec.memory_bytes, spec.limit_of_tasks, _with_io_executors(config))
        for index, spec in enumerate(config.nodes)
    ]
    settings = Settings(
        folder.path,
        folder.temporary,
        values.arena.limit,
        keep_output=config.logs("debug"),
        live_output=config.task_output == "live",
        environment=sourced(config.env_script),
    )
    return LocalEngine(nodes, settings, mappings=values.mappings, arena=values.arena, affinity=config.cpu_affinity)
