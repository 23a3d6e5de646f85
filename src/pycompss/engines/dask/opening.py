"""How a run introduces itself to its bridge and to its agents, and how a node does to the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pycompss.core.deployment import AS_ALL, Deployment
from pycompss.core.equipment import Equipment
from pycompss.engines.dask.own_code import Code
from pycompss.engines.local.binding import Affinity


@dataclass(frozen=True, slots=True)
class Share:
    """A machine, or a part of one, as a node.

    units 0, equipment None: what the machine has. cores: that its agent is bound to; empty: all. start: what starts its
    agent on another machine; by_shell: from one text for a shell there, not from words. environment: variables that its
    workers get, besides those of all.
    """

    name: str
    units: int
    memory: int | None = None
    limit: int | None = None
    equipment: Equipment | None = None
    cores: tuple[int, ...] = ()
    start: tuple[str, ...] = ()
    by_shell: bool = False
    deployment: Deployment = AS_ALL
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """What all agents of a run are told. Paths are absolute and mean the same on all nodes.

    shared: paths that a node must see, and the folders for which they stand. environment: variables that the workers
    get, besides what their node has; store_limit: bytes of shared memory for values on a node, None: half of its
    memory. spill: where values go when that is full, "": with the node's temporary files, None: nowhere. describe: what
    says on a machine which node it is, and what it has. code: the program's own modules, if others take part;
    imports: names of other modules that it imports.
    """

    run: str
    folder: str
    temporary: str
    path: tuple[str, ...]
    directory: str
    working_dir: str
    keep_workplace: bool
    shared: tuple[tuple[str, str], ...]
    describe: Callable[[Share | None, int], Share]
    environment: dict[str, str] = field(default_factory=dict)
    code: tuple[Code, ...] = ()
    imports: tuple[str, ...] = ()
    services: tuple[tuple[Any, ...], ...] = ()
    keep_output: bool = False
    live_output: bool = False
    observed: bool = False
    memory_profile: bool = False
    store_limit: int | None = None
    spill: str | None = ""
    affinity: Affinity = field(default_factory=Affinity)


@dataclass(frozen=True, slots=True)
class Session:
    """What one agent is told. share: which part of its machine is the node, as far as is known; None: all of it.

    silence: seconds until the program gives it up. is_guest: in a Dask worker that is not ours.
    is_apart: the node shares no folder with the program; program: the address of who gives and takes files then.
    """

    terms: Terms
    node: int
    share: Share | None
    silence: float
    is_guest: bool = False
    is_apart: bool = False
    program: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """What the bridge is told. shares: nodes to start. silence: seconds until a node is given up.

    scheduler: the address of a cluster that exists, whose workers are the nodes; offer: what every one of them gives,
    as far as it is not left to the worker.
    """

    terms: Terms
    shares: tuple[Share, ...]
    silence: float
    host: str = "127.0.0.1"
    scheduler: str = ""
    offer: Share = Share("", 0)


@dataclass(frozen=True, slots=True)
class Description:
    """What a node says of itself. host: where it is; problem: why it cannot be used, after all."""

    share: Share
    host: str
    problem: str = ""
