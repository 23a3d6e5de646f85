"""The workloads: each runs on any engine, checks its result, and returns one number."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import bodies
from engines import Engine

clock = time.perf_counter


def throughput(engine: Engine, scale: float) -> float:
    """Tasks per second: 10,000 tasks that do nothing."""
    number = int(10_000 * scale)
    start = clock()
    engine.wait([engine.submit(bodies.nothing) for _ in range(number)])
    return number / (clock() - start)


def latency(engine: Engine, scale: float) -> float:
    """Microseconds (median) from a call to its result, one call at a time."""
    measured = []
    for number in range(int(300 * scale)):
        start = clock()
        result = engine.value(engine.submit(bodies.increment, number))
        measured.append(clock() - start)
        check(result, number + 1)
    return statistics.median(measured) * 1e6


def tree(engine: Engine, scale: float) -> float:
    """Tasks per second: 1,024 leaves added up two by two, 2,047 tasks."""
    leaves = int(1024 * scale)
    start = clock()
    level = [engine.submit(bodies.same, number) for number in range(leaves)]
    tasks = leaves
    while len(level) > 1:
        level, odd = [engine.submit(bodies.add, *level[i : i + 2]) for i in range(0, len(level) - 1, 2)], level
        level += odd[len(level) * 2 :]
        tasks += len(odd) // 2
    result = engine.value(level[0])
    seconds = clock() - start
    check(result, leaves * (leaves - 1) // 2)
    return tasks / seconds


def in_place(engine: Engine, scale: float) -> float:
    """Seconds: an array of 80 MB is made, updated 20 times, and brought home."""
    size, updates = int(10_000_000 * scale), 20
    start = clock()
    array = engine.submit(bodies.ones, size)
    for _ in range(updates):
        array = engine.update(array)
    result: Any = engine.value(array)
    seconds = clock() - start
    check((len(result), result[0], result[-1]), (size, updates + 1, updates + 1))
    return seconds


def check(found: Any, expected: Any) -> None:
    if found != expected:
        message = f"found {found}, expected {expected}"
        raise ValueError(message)


@dataclass(frozen=True)
class Workload:
    run: Callable[[Engine, float], float]
    title: str
    unit: str
    more_is_better: bool


WORKLOADS = {
    "W1": Workload(throughput, "10,000 empty tasks", "tasks/s", more_is_better=True),
    "W2": Workload(latency, "one task at a time", "us", more_is_better=False),
    "W4": Workload(tree, "tree of 2,047 tasks", "tasks/s", more_is_better=True),
    "W6": Workload(in_place, "80 MB updated 20 times", "s", more_is_better=False),
}
