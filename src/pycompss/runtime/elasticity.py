"""Nodes that a run gets while it goes on, and gives back: as many as `--elasticity` allows, each a job of its own.

The program asks for them (`compss_request_resources`), or need does, which a thread looks at every two seconds: when
what is ready would keep all units busy for longer than a node takes to come, one more is asked for; one that has been
idle for long, while nothing is ready, goes. Under the run's lock.
"""

from __future__ import annotations

import threading
import time
from itertools import count
from typing import TYPE_CHECKING

from pycompss.core.groups import Group
from pycompss.core.resources import Node
from pycompss.util import stderr

if TYPE_CHECKING:
    from pycompss.runtime.run import Run

PERIOD = 2.0  # seconds between looks at what is needed
ARRIVAL = 30.0  # seconds after which a node is there, if the queue is short
PATIENCE = 60.0  # seconds that a node may be idle


def wish(work: float, units: int, *, coming: int, allowed: int, idle_for: float) -> int:
    """1: one more node; -1: one less; 0. work: seconds that ready tasks take; allowed: how many more there may be.

    idle_for: seconds that some extra node has had nothing to do.
    """
    if work > ARRIVAL * max(1, units) and not coming and allowed > 0:
        return 1
    return -1 if not work and idle_for > PATIENCE else 0


class Elasticity:
    """The extra nodes of a run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._limit = run.config.elasticity
        self._names = count(1)
        self._coming: list[str] = []  # agents that were asked for
        self._here: list[Node] = []  # in the order in which they came
        self._groups: list[tuple[set[str], Group]] = []  # agents that are awaited, and the group that ends then
        self._idle_since: dict[int, float] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def check(self) -> None:
        """Raise ConfigurationError where no node can be had."""
        if self._limit:
            from pycompss.deploy.allocation import extra  # noqa: PLC0415  (few runs need it)

            extra.check(self._limit, self._run.config.origin("elasticity"))

    def start(self) -> None:
        if self._limit and self._run.config.automatic_scaling:
            self._thread = threading.Thread(target=self._watch, name="pycompss-elasticity", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    # -- what the program wants ---------------------------------------------------------------------------------------

    def request(self, number: int, group: Group | None = None) -> bool:
        """So many more nodes; whether any may come. Once they are there, or do not come, the group is cancelled."""
        asked = {self._ask() for _ in range(min(number, self._allowed()))}
        if number > len(asked):
            limit = f"--elasticity={self._limit}" if self._limit else "there is no --elasticity"
            self._run.folder.log(f"{number} more nodes were asked for, and {len(asked)} are tried: {limit}")
        if group is not None and asked:
            self._groups.append((asked, group))
        return bool(asked)

    def free(self, number: int) -> None:
        """So many of the extra nodes go, those first that have not come yet."""
        for _ in range(number):
            if self._coming:
                name = self._coming.pop()
                self._run.engine.cancel_agent(name)
                self._end_groups(name)
            elif self._here:
                self._run.membership.leaving(self._here.pop().index)

    def _allowed(self) -> int:
        return self._limit - len(self._coming) - len(self._here)

    def _ask(self) -> str:
        from pycompss.deploy.allocation import extra  # noqa: PLC0415  (few runs need it)

        name = f"extra-{next(self._names)}"
        self._coming.append(name)
        self._run.engine.enlarge(name, extra.start(), self._run.config.workers or 0)
        return name

    def _end_groups(self, name: str) -> None:
        for entry in list(self._groups):
            entry[0].discard(name)
            if not entry[0]:
                self._groups.remove(entry)
                self._run.core.cancel_group(entry[1])

    # -- what becomes of it -------------------------------------------------------------------------------------------

    def joined(self, node: Node, name: str) -> None:
        if name in self._coming:
            self._coming.remove(name)
            self._here.append(node)
            self._end_groups(name)

    def declined(self, name: str, why: str) -> None:
        """An agent that was asked for does not come."""
        if name in self._coming:
            self._coming.remove(name)
            stderr.write(f"WARNING: one more node cannot be had: {why}\n")
            self._end_groups(name)

    def lost(self, node: Node) -> None:
        if node in self._here:
            self._here.remove(node)

    # -- need -----------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        while not self._ended.wait(PERIOD):
            with self._run.lock:
                self._look(time.monotonic())

    def _look(self, now: float) -> None:
        scheduler = self._run.core.scheduler
        busy = {part.node.index for slot in scheduler.slots.values() if slot.tasks for part in (slot, *slot.others)}
        idle = [node for node in self._here if node.index not in busy]
        self._idle_since = {node.index: self._idle_since.get(node.index, now) for node in idle}
        work = sum(
            len(queue) * ((head.definition.statistics or 0.0) if head is not None else 0.0)
            for queue in scheduler.queues.values()
            for head in (queue.head(),)
        )
        units = sum(node.units for node in self._run.core.nodes)
        waited = now - min(self._idle_since.values(), default=now)
        change = wish(work, units, coming=len(self._coming), allowed=self._allowed(), idle_for=waited)
        if change > 0:
            self._ask()
        elif change < 0:
            node = min(idle, key=lambda node: self._idle_since[node.index])
            self._here.remove(node)
            self._run.membership.leaving(node.index)
            self._run.execute()
            self._run.membership.let_go()
