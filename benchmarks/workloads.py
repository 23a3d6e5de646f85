"""The workloads: each runs on any engine, checks its result, and returns one number."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
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


def chain(engine: Engine, scale: float) -> float:
    """Microseconds per task: 1,000 tasks, each of which needs the result of the one before."""
    number = int(1000 * scale)
    start = clock()
    value: Any = 0
    for _ in range(number):
        value = engine.submit(bodies.increment, value)
    result = engine.value(value)
    seconds = clock() - start
    check(result, number)
    return seconds / number * 1e6


def pending(engine: Engine, scale: float) -> float:
    """Seconds: 100,000 tasks that do nothing, all submitted before the first is waited for."""
    number = int(100_000 * scale)
    start = clock()
    engine.wait([engine.submit(bodies.nothing) for _ in range(number)])
    return clock() - start


def million(engine: Engine, scale: float) -> float:
    """Seconds: 1,000,000 tasks that do nothing; nobody keeps what the calls return."""
    number = int(1_000_000 * scale)
    start = clock()
    for _ in range(number):
        engine.submit(bodies.nothing)
    engine.wait([])
    return clock() - start


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


def readers(engine: Engine, scale: float, megabytes: int) -> float:
    """Milliseconds (median of 3): an array is made by one task and read by 8 others."""
    size = int(megabytes * 125_000 * scale)
    measured = []
    for _ in range(3):
        start = clock()
        array = engine.submit(bodies.ones, size)
        sums = [engine.value(handle) for handle in [engine.submit(bodies.total, array) for _ in range(8)]]
        measured.append(clock() - start)
        check(sums, [float(size)] * 8)
        del array
    return statistics.median(measured) * 1e3


def blocks(engine: Engine, scale: float) -> float:
    """Seconds: a product of matrices of 8 by 8 blocks of 256 by 256 numbers, 512 multiply-adds in place."""
    side, size = 8, max(4, int(256 * scale))
    places = [(i, j) for i in range(side) for j in range(side)]
    a = {p: engine.submit(bodies.block, p[0] * side + p[1], size) for p in places}
    b = {p: engine.submit(bodies.block, 1000 + p[0] * side + p[1], size) for p in places}
    c = {p: engine.submit(bodies.zeros, size) for p in places}
    engine.wait([*a.values(), *b.values(), *c.values()])
    start = clock()
    for k in range(side):
        for i, j in places:
            c[i, j] = engine.multiply_add(c[i, j], a[i, k], b[k, j])
    results = [engine.value(c[p]) for p in places]
    seconds = clock() - start
    expected = sum(bodies.block(k, size) @ bodies.block(1000 + k * side, size) for k in range(side))
    check(bool(abs(results[0] - expected).max() < 1e-8 * size), True)
    return seconds


def check(found: Any, expected: Any) -> None:
    if found != expected:
        message = f"found {found}, expected {expected}"
        raise ValueError(message)


@dataclass(frozen=True)
class Workload:
    """`goal`: how many times better than the peer we want to be; the peer "best" is the best other engine.

    engines: those that do it in reasonable time (none: all).
    """

    run: Callable[[Engine, float], float]
    title: str
    unit: str
    more_is_better: bool
    peer: str
    goal: float
    engines: frozenset[str] = frozenset()


_FAST = frozenset({"pool", "pycompss"})

WORKLOADS = {
    "W1": Workload(throughput, "10,000 empty tasks", "tasks/s", True, "pool", 6.0),
    "W2": Workload(latency, "one task at a time", "us", False, "pool", 1 / 0.35),
    "W3": Workload(chain, "chain of 1,000", "us/task", False, "pool", 10.0),
    "W4": Workload(tree, "tree of 2,047 tasks", "tasks/s", True, "pool", 5.0),
    "W5a": Workload(partial(readers, megabytes=10), "10 MB to 8 readers", "ms", False, "best", 1 / 0.8),
    "W5b": Workload(partial(readers, megabytes=100), "100 MB to 8 readers", "ms", False, "best", 1 / 0.8),
    "W6": Workload(in_place, "80 MB updated 20 times", "s", False, "plain", 1 / 1.5),
    "W7": Workload(blocks, "512 multiply-adds of blocks", "s", False, "plain", 1 / 0.65),
    "W8": Workload(pending, "100,000 pending", "s", False, "pool", 5.0, _FAST),
    "W13": Workload(million, "1,000,000 empty tasks", "s", False, "", 0.0, frozenset({"pycompss"})),
}
