"""What workers are told when they start."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import Any

from pycompss.core.equipment import REQUESTS
from pycompss.core.resources import Requirement
from pycompss.engines.local.worker import WorkerHandle
from pycompss.engines.local.workplace import Workplace


@dataclass(frozen=True, slots=True)
class Own:
    """What workers of one node are told besides. workplace: None: that of all; path: goes before `sys.path`."""

    workplace: Workplace | None = None
    environment: dict[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class Settings:
    """What workers are told when they start. Paths are absolute; `arena_limit` is in bytes.

    workplace: where the directories of tasks lie.
    spill_directory: where values go that find no room in memory; empty: nowhere.
    keep_output: keep what every task prints, not only failed ones; live_output: tell the master what they print;
    observed: take notes of what they do; says_unchanged: say `wire.UNCHANGED` of tasks.
    services: what web services there are, as the runtime knows them. own: by the index of the node.
    """

    folder: str
    temporary: str
    arena_limit: int
    spill_directory: str = ""
    keep_output: bool = False
    live_output: bool = False
    observed: bool = False
    says_unchanged: bool = False
    services: tuple[tuple[Any, ...], ...] = ()
    workplace: Workplace = field(default_factory=Workplace)
    environment: dict[str, str] | None = None
    program: tuple[list[str], str] | None = None  # its `sys.path` and directory; None: those of this process
    own: dict[int, Own] = field(default_factory=dict)
    _environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))  # as the fork server has it

    def of_worker(self, worker: WorkerHandle, *, has_own_core: bool, modules: tuple[str, ...] = ()) -> dict[str, Any]:
        """modules: those that it needs first of all, loaded once for all workers."""
        own = self.own.get(worker.node, _NOTHING)
        workplace = own.workplace or self.workplace
        path, directory = self.program or (list(sys.path), _working_directory())
        return {
            "folder": self.folder,
            "tmp": workplace.path or self.temporary,
            "staged": workplace.staged,
            "arena_limit": self.arena_limit,
            "spill_directory": self.spill_directory,
            "keep_output": self.keep_output,
            "live_output": self.live_output,
            "observed": self.observed,
            "says_unchanged": self.says_unchanged,
            "services": self.services,
            "env": {**_changes(self._environ), **(self.environment or {}), **own.environment},
            "path": [*own.path, *path],
            "cwd": directory,
            "arena": worker.number,
            "name": worker.name,
            "own_core": has_own_core,
            "modules": modules,
        }

    @property
    def workplaces(self) -> list[Workplace]:
        """All of them."""
        return [self.workplace, *(own.workplace for own in self.own.values() if own.workplace is not None)]


_NOTHING = Own()


def modules_for(need: Requirement) -> tuple[str, ...]:
    """What workers for such tasks need besides the usual: a hundred requests at a time are a hundred processes."""
    return ("pycompss.worker.launchers.http", "ssl") if any(p.kind == REQUESTS for p in need.processors) else ()


def _changes(before: dict[str, str]) -> dict[str, str]:
    """What the program has set in its environment since the fork server started."""
    return {name: text for name, text in os.environ.items() if before.get(name) != text}


def _working_directory() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:  # the program removed it
        return os.sep
