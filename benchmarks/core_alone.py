"""How fast the core decides, without processes: every task that it sends ends at once.

Tasks read one datum each, which lies on some node; nodes have 48 computing units. The number is that of tasks
submitted, placed and ended per second.

    python benchmarks/core_alone.py
"""

from __future__ import annotations

import time

from pycompss.core.commands import Run
from pycompss.core.coordinator import Coordinator
from pycompss.core.resources import Node, Requirement
from pycompss.core.task import Definition

UNITS = 48
DATA = 1000
BATCH = 1000  # tasks submitted before the engine answers


def decisions(nodes: int, tasks: int = 50_000) -> float:
    """Tasks per second on that many nodes."""
    core = Coordinator([Node(index, f"node{index}", UNITS) for index in range(nodes)])
    data = [core.data.initial(number) for number in range(DATA)]
    for number, datum in enumerate(data):
        datum.current.nodes = (number % nodes,)
    definition, need = Definition(list, "nothing", statistics=1.0), Requirement(1)
    start = time.perf_counter()
    for number in range(tasks):
        task = core.new_task(definition, need, None)
        task.reads = []
        core.data.read(task, data[number % DATA])
        core.submit(task)
        if number % BATCH == BATCH - 1:
            _answer(core)
    while core.live:
        _answer(core)
    return tasks / (time.perf_counter() - start)


def _answer(core: Coordinator) -> None:
    """The engine finishes whatever it was given."""
    core.assign()
    for command in core.take_commands():
        if isinstance(command, Run):
            for task in command.tasks:
                core.finished(task, (), 1.0)


if __name__ == "__main__":
    for count in (1, 100, 10_000):
        print(f"{count:6} nodes: {decisions(count):10,.0f} decisions/s")
