"""How well the core orders a graph: a Cholesky factorisation in virtual time, on nobody's processors.

Tasks take the time that their type takes and not a moment more; nothing is copied or sent. So the makespan can only be
longer than the longer of two bounds because tasks begin in a bad order: the critical path of the graph, and its work
divided by the number of computing units.

    python benchmarks/makespans.py [--blocks 16] [--units 2 8 48]      a line of JSON an order and number of units
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from heapq import heappop, heappush

from pycompss.core.invocation import Invocation
from pycompss.core.policies import Order
from pycompss.core.task import Definition
from pycompss.core.versions import Datum
from pycompss.engines.fake import Access, FakeEngine

SECONDS = {"factorise": 1.6e-3, "solve": 3.8e-3, "subtract_product": 1.1e-3}  # of blocks of 256 by 256, measured
Call = tuple[str, list[tuple[int, int]]]  # type, blocks; the last one is changed


def calls(blocks: int) -> Iterator[Call]:
    for k in range(blocks):
        yield "factorise", [(k, k)]
        for i in range(k + 1, blocks):
            yield "solve", [(k, k), (i, k)]
        for i in range(k + 1, blocks):
            for j in range(k + 1, i + 1):
                yield "subtract_product", [(i, k), (j, k), (i, j)]


def critical_path(blocks: int) -> float:
    """Seconds of the longest chain of tasks."""
    ends: dict[tuple[int, int], float] = {}
    for name, places in calls(blocks):
        ends[places[-1]] = max(ends.get(place, 0.0) for place in places) + SECONDS[name]
    return max(ends.values())


def work(blocks: int) -> float:
    """Seconds of all tasks together."""
    return sum(SECONDS[name] for name, _ in calls(blocks))


class Simulation:
    """A fake engine whose tasks end when their time has come."""

    def __init__(self, units: int, order: Order) -> None:
        self.fake = FakeEngine(units=units)
        self.fake.core.scheduler.order_by(order)
        self.now = 0.0
        self.ends: list[tuple[float, int, Invocation]] = []  # heap
        self.begun: set[int] = set()

    def submit(self, blocks: int) -> None:
        definitions = {name: Definition(_changed, name) for name in SECONDS}
        data: dict[tuple[int, int], Datum] = {}
        for name, places in calls(blocks):
            *read, changed = [data.setdefault(place, self.fake.datum(0)) for place in places]
            accesses: list[Access] = [*map(self.fake.read, read), self.fake.inout(changed)]
            self.fake.submit(_changed, *accesses, definition=definitions[name])

    def run(self) -> float:
        """Seconds until everything has ended."""
        self._begin()
        while self.ends:
            self.now, _, task = heappop(self.ends)
            self.fake.finish(task, seconds=SECONDS[task.definition.name])
            self._begin()
        return self.now

    def _begin(self) -> None:
        for task in self.fake.running:
            if task.id not in self.begun:
                self.begun.add(task.id)
                heappush(self.ends, (self.now + SECONDS[task.definition.name], task.id, task))


def _changed(*_blocks: int) -> list[int]:
    return [0]


def measure(blocks: int, units: int, order: Order) -> dict[str, object]:
    simulation = Simulation(units, order)
    simulation.submit(blocks)
    seconds = simulation.run()
    if len(simulation.begun) != sum(1 for _ in calls(blocks)):
        raise ValueError("tasks were lost")
    bound = max(critical_path(blocks), work(blocks) / units)
    return {"order": order.value, "units": units, "makespan_s": seconds, "bound_s": bound, "ratio": seconds / bound}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=16)
    parser.add_argument("--units", type=int, nargs="+", default=[2, 8, 48])
    given = parser.parse_args()
    for units in given.units:
        for order in (Order.FIFO, Order.LOCALITY):
            print(json.dumps(measure(given.blocks, units, order)))


if __name__ == "__main__":
    main()
