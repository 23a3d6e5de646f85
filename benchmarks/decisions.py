"""The core alone: how many tasks a second it takes in, places near their input and ends, with nobody executing them.

Every task reads one datum, of which there are twice as many as nodes, and writes a result that is released when it
is done. Whatever the core sends out ends at once. The process runs nothing else.

    python benchmarks/decisions.py [--nodes 1 100 10000] [--tasks 50000]      prints one line of JSON a number of nodes
"""

from __future__ import annotations

import argparse
import json
import time

from pycompss.core.commands import Run
from pycompss.core.coordinator import Coordinator
from pycompss.core.resources import Node, Requirement
from pycompss.core.task import Definition
from pycompss.core.versions import Datum

NODES, TASKS = (1, 100, 10_000), 50_000
UNITS = 48
BATCH = 64  # submissions between two looks at what ended
ONE_UNIT = Requirement()


class Core:
    """A coordinator whose tasks end as soon as they are sent."""

    def __init__(self, nodes: int) -> None:
        self.coordinator = Coordinator([Node(index, f"node{index}", UNITS) for index in range(nodes)])
        self.definition = Definition(lambda: None, "nothing")
        self.inputs: list[Datum] = [self._placed(index, nodes) for index in range(2 * nodes)]
        self.near = 0

    def _placed(self, index: int, nodes: int) -> Datum:
        datum = self.coordinator.data.initial(index)
        datum.current.nodes = (index % nodes,)
        return datum

    def submit(self, number: int) -> Datum:
        core = self.coordinator
        task = core.new_task(self.definition, ONE_UNIT, None)
        task.reads, task.writes = [], []
        core.data.read(task, self.inputs[number * 7919 % len(self.inputs)])
        result = core.data.result(task)
        core.submit(task)
        return result

    def end_all(self) -> None:
        """End what was sent until nothing more follows."""
        core = self.coordinator
        core.assign()
        while commands := core.take_commands():
            for command in commands:
                if isinstance(command, Run):
                    for task in command.tasks:
                        self.near += command.slot.node.index in task.reads[0].content.nodes
                        core.finished(task, [None], 0.001)
            core.assign()


def measure(nodes: int, tasks: int) -> dict[str, float]:
    """Decisions a second, and the share of tasks that ran where their input lies."""
    core = Core(nodes)
    began = time.perf_counter()
    for start in range(0, tasks, BATCH):
        results = [core.submit(number) for number in range(start, min(start + BATCH, tasks))]
        core.end_all()
        for result in results:
            core.coordinator.data.release(result)
    core.end_all()
    seconds = time.perf_counter() - began
    done = core.coordinator.statistics()["done"]
    if done != tasks:
        message = f"{done} of {tasks} tasks ended"
        raise ValueError(message)
    return {"nodes": nodes, "tasks_per_s": tasks / seconds, "near": core.near / tasks}


def figures(engine: str, workers: int, scale: float) -> dict[str, float]:
    """W14: tasks a second for each number of nodes."""
    del engine, workers
    return {f"W14 {nodes}": measure(nodes, int(TASKS * scale))["tasks_per_s"] for nodes in NODES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="+", default=NODES)
    parser.add_argument("--tasks", type=int, default=TASKS)
    options = parser.parse_args()
    for nodes in options.nodes:
        print(json.dumps(measure(nodes, options.tasks)))


if __name__ == "__main__":
    main()
