"""How a run introduces itself to its bridge and to its agents, and how a node does to the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pycompss.core.equipment import Equipment
from pycompss.engines.local.binding import Affinity


@dataclass(frozen=True, slots=True)
class Share:
    """A machine, or a part of one, as a node.

    cores: that its agent is bound to; empty: all. start: what starts its agent on another machine.
    """

    name: str
    units: int
    memory: int | None = None
    limit: int | None = None
    equipment: Equipment | None = None
    cores: tuple[int, ...] = ()
    start: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What all agents of a run are told. Paths are absolute and mean the same on all nodes.

    environment: variables that the workers get, besides what their node has; store_limit: bytes of shared memory for
    values on a node, None: half of its memory. describe: what says of a machine which node it is.
    """

    run: str
    folder: str
    temporary: str
    path: tuple[str, ...]
    directory: str
    describe: Callable[[], Share]
    environment: dict[str, str] = field(default_factory=dict)
    services: tuple[tuple[Any, ...], ...] = ()
    keep_output: bool = False
    live_output: bool = False
    store_limit: int | None = None
    affinity: Affinity = field(default_factory=Affinity)


@dataclass(frozen=True, slots=True)
class Session:
    """What one agent is told. share: which part of its machine is the node; None: it finds out."""

    terms: Terms
    node: int
    share: Share | None


@dataclass(frozen=True, slots=True)
class Opening:
    """What the bridge is told. shares: nodes to start on this machine. silence: seconds until a node is given up."""

    terms: Terms
    shares: tuple[Share, ...]
    silence: float
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Description:
    """What a node says of itself. host: where it is; problem: why it cannot take part."""

    share: Share
    pid: int
    versions: dict[str, str]
    host: str
    problem: str = ""
