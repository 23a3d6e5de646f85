"""The workloads that every engine can run: each checks its result and returns figures by the names of `rows`.

Sizes are those of the table with scale 1; smaller ones are for trying things out.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import bodies
import memory
import metg
import psutil
import scalars
from engines import Engine

Figures = Mapping[str, float | str]  # numbers, or why there is none

clock = time.perf_counter

SEVERAL = 5
GATE = 6.0  # seconds that all workers sleep, while tasks are submitted


def throughput(engine: Engine, scale: float) -> Figures:
    """Tasks per second: 10,000 tasks that do nothing, then as many that return a number; fewer where it takes long."""
    number = int(10_000 * engine.share * scale)
    start = clock()
    engine.wait([engine.submit(scalars.nothing) for _ in range(number)])
    empty = clock() - start
    start = clock()
    engine.wait([engine.submit(scalars.same, one) for one in range(number)])
    return {"W1": number / empty, "W1 values": number / (clock() - start)}


def latency(engine: Engine, scale: float) -> Figures:
    """Microseconds from a call to its result, one call at a time."""
    measured = []
    for number in range(int(1000 * engine.share * scale)):
        start = clock()
        result = engine.value(engine.submit(scalars.increment, number))
        measured.append(clock() - start)
        check(result, number + 1)
    measured.sort()
    return {"W2": statistics.median(measured) * 1e6, "W2 p99": measured[int(len(measured) * 0.99)] * 1e6}


def several(engine: Engine, measure: Callable[[], float]) -> float:
    """The median of five: what lasts milliseconds would be decided by one hold-up. One, where it lasts seconds."""
    return statistics.median(measure() for _ in range(max(1, round(SEVERAL * engine.share))))


def chain(engine: Engine, scale: float) -> Figures:
    """Microseconds per task: 1,000 tasks, each of which needs the result of the one before."""
    number = int(1000 * scale)

    def once() -> float:
        start = clock()
        value: Any = 0
        for _ in range(number):
            value = engine.submit(scalars.increment, value)
        result = engine.value(value)
        seconds = clock() - start
        check(result, number)
        return seconds

    return {"W3": several(engine, once) / number * 1e6}


def pending(engine: Engine, scale: float) -> Figures:
    """Seconds, and bytes of the program per task: 100,000 tasks are submitted before the first is waited for."""
    number = int(100_000 * scale)
    gc.collect()
    before = _restart_peak()
    start = clock()
    engine.wait([engine.submit(scalars.nothing) for _ in range(number)])
    return {"W8": clock() - start, "W8 memory": (_status("VmHWM") - before) / number}


def alive(engine: Engine, scale: float) -> Figures:
    """Bytes of the program per task, while 100,000 are unfinished: meanwhile all workers sleep."""
    number = int(100_000 * scale)
    gates = [engine.submit(scalars.nap, GATE) for _ in range(engine.workers)]
    gc.collect()
    before, start = _restart_peak(), clock()
    handles = [engine.submit(scalars.nothing) for _ in range(number)]
    taken = _status("VmHWM") - before
    check(clock() - start < GATE, True)
    engine.wait([*gates, *handles])
    return {"W8-alive": taken / number}


def million(engine: Engine, scale: float) -> Figures:
    """Seconds: 1,000,000 tasks that do nothing; nobody keeps what the calls return.

    Memory of all processes is looked at ten times; what counts is the most that was added since the first.
    """
    step = int(100_000 * scale)
    levels = []
    start = clock()
    for _ in range(10):
        for _ in range(step):
            engine.submit(scalars.nothing)
        levels.append(_memory())
    engine.wait([])
    seconds = clock() - start
    return {"W13": seconds, "W13 memory": (max([*levels, _memory()]) - levels[0]) / 1e6}


def many_workers(engine: Engine, scale: float) -> Figures:
    """The time of 2,000 tasks that sleep for 10 ms on 32 workers, as a multiple of the ideal."""
    number = int(2000 * scale)
    start = clock()
    engine.wait([engine.submit(scalars.nap, 0.01) for _ in range(number)])
    return {"W11": (clock() - start) / (number / 32 * 0.01)}


def tree(engine: Engine, scale: float) -> Figures:
    """Tasks per second: 1,024 leaves added up two by two, 2,047 tasks."""
    leaves = int(1024 * scale)

    def once() -> float:
        start = clock()
        level = [engine.submit(scalars.same, number) for number in range(leaves)]
        while len(level) > 1:
            level, odd = [engine.submit(scalars.add, *level[i : i + 2]) for i in range(0, len(level) - 1, 2)], level
            level += odd[len(level) * 2 :]
        result = engine.value(level[0])
        seconds = clock() - start
        check(result, leaves * (leaves - 1) // 2)
        return seconds

    return {"W4": (2 * leaves - 1) / several(engine, once)}


def in_place(engine: Engine, scale: float) -> Figures:
    """Seconds: an array of 80 MB is made, updated 20 times, and brought home."""
    size, updates = int(10_000_000 * scale), 20

    def once() -> float:
        start = clock()
        array = engine.submit(bodies.ones, size)
        for _ in range(updates):
            array = engine.update(array)
        result: Any = engine.value(array)
        seconds = clock() - start
        check((len(result), result[0], result[-1]), (size, updates + 1, updates + 1))
        return seconds

    return {"W6": several(engine, once)}


def readers(engine: Engine, scale: float, megabytes: int, times: int = 3) -> Figures:
    """Milliseconds (median): an array is made by one task and read by 8 others."""
    size = int(megabytes * 125_000 * scale)
    measured = []
    for _ in range(times):
        start = clock()
        array = engine.submit(bodies.ones, size)
        sums = list(engine.values([engine.submit(bodies.total, array) for _ in range(8)]))
        measured.append(clock() - start)
        check(sums, [float(size)] * 8)
        del array
    return {f"W5-{megabytes}": statistics.median(measured) * 1e3}


def peak(engine: Engine, scale: float, megabytes: int, times: int) -> Figures:
    """The same for somebody who samples the memory: when it began and when it ended."""
    time.sleep(2 * memory.IDLE)
    began = time.monotonic()
    readers(engine, scale, megabytes, times)
    return {"began": began, "ended": time.monotonic()}


def blocks(engine: Engine, scale: float) -> Figures:
    """Seconds: a product of matrices of 8 by 8 blocks of 256 by 256 numbers, 512 multiply-adds in place."""
    side, size = 8, max(4, int(256 * scale))
    places = [(i, j) for i in range(side) for j in range(side)]
    a = {p: engine.submit(bodies.block, p[0] * side + p[1], size) for p in places}
    b = {p: engine.submit(bodies.block, 1000 + p[0] * side + p[1], size) for p in places}
    expected = sum(bodies.block(k, size) @ bodies.block(1000 + k * side, size) for k in range(side))

    def once() -> float:
        c = {p: engine.submit(bodies.zeros, size) for p in places}
        engine.wait([*a.values(), *b.values(), *c.values()])
        start = clock()
        for k in range(side):
            for i, j in places:
                c[i, j] = engine.multiply_add(c[i, j], a[i, k], b[k, j])
        results = engine.values([c[p] for p in places])
        seconds = clock() - start
        check(bool(abs(results[0] - expected).max() < 1e-8 * size), True)
        return seconds

    return {"W7": several(engine, once)}


def check(found: Any, expected: Any) -> None:
    if found != expected:
        message = f"found {found}, expected {expected}"
        raise ValueError(message)


def _memory() -> int:
    """Bytes of this process and all below it."""
    this = psutil.Process()
    return memory.total([this.pid, *(child.pid for child in this.children(recursive=True))])


def _restart_peak() -> int:
    """Let the peak of this process's memory begin at what it is now; return that."""
    with open("/proc/self/clear_refs", "w") as order:
        order.write("5")
    return _status("VmRSS")


def _status(key: str) -> int:
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))


WORKLOADS: dict[str, Callable[[Engine, float], Figures]] = {
    "W1": throughput,
    "W2": latency,
    "W3": chain,
    "W4": tree,
    "W5-10": partial(readers, megabytes=10),
    "W5-100": partial(readers, megabytes=100),
    "W5-10-memory": partial(peak, megabytes=10, times=5),
    "W5-100-memory": partial(peak, megabytes=100, times=1),
    "W6": in_place,
    "W7": blocks,
    "W8": pending,
    "W8-alive": alive,
    "W11": many_workers,
    "W12": metg.measure,
    "W13": million,
}
