"""METG(50 %): the smallest tasks with which an engine still does half of the work that the machine could.

After Slaughter et al., "Task Bench: A Parameterized Benchmark for Evaluating Parallel Runtime Performance" (SC20).
The graph is their periodic one-dimensional stencil: every task needs the results of its three neighbours of the step
before. It is two tasks wide for each worker, so that a worker has something to do while results travel. A task keeps a
core busy for a number of iterations; what these take in a plain loop is measured again before every run.

*Efficiency* is the plain loop's time over the time of all workers together; *granularity* is that time per task. The
search goes down or up by factors of four until efficiency crosses the wanted one, then halves the interval (of
logarithms). It is done twice: for half of what `workers` times the plain loop would do, and for half of what plain
processes reach that work at the same time, since cores slow each other down (see `hardware`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import bodies
import hardware
from engines import Engine, Plain

WANTED = 0.5
WIDTH = 2  # tasks of a step, for each worker
START = 1000  # iterations of the first kernel; a millisecond, more or less
SMALLEST, LARGEST = 1, 64_000  # iterations; half a tenth of a second
FACTOR = 4
HALVINGS = 4  # then the interval is 9 % wide
SECONDS = 0.1  # of work in a run, for each worker
STEPS = (8, 1000)  # but no fewer and no more steps than these
TRIES = 2  # the least of each counts: noise only slows down, the plain loop, too


@dataclass(frozen=True)
class Run:
    """One kernel size: seconds per task in the plain loop, and seconds of a worker per task in the engine."""

    plain: float
    granularity: float

    @property
    def efficiency(self) -> float:
        return self.plain / self.granularity


def crossing(run: Callable[[int], Run], wanted: float) -> float:
    """The granularity at which efficiency is `wanted`, or infinity; `run` measures one number of iterations."""
    high = START
    while run(high).efficiency < wanted:
        high *= FACTOR
        if high > LARGEST:
            return math.inf
    low = high // FACTOR
    while low >= SMALLEST and run(low).efficiency >= wanted:
        high, low = low, low // FACTOR
    for _ in range(HALVINGS if low >= SMALLEST else 0):
        middle = round(math.sqrt(low * high))
        if run(middle).efficiency >= wanted:
            high = middle
        else:
            low = middle
    return run(high).plain / wanted


def stencil(engine: Engine, width: int, steps: int, iterations: int) -> tuple[float, list[Any]]:
    """Seconds, and the last step's values."""
    began = time.perf_counter()
    row: list[Any] = list(range(width))
    for _ in range(steps):
        row = [
            engine.submit(bodies.stencil, iterations, row[i - 1], row[i], row[(i + 1) % width]) for i in range(width)
        ]
    values = [engine.value(handle) for handle in row]
    return time.perf_counter() - began, values


class Bench:
    """Runs of one engine; a kernel size that was measured is not measured again."""

    def __init__(self, engine: Engine, scale: float) -> None:
        self.engine, self.scale = engine, scale
        self.width = WIDTH * engine.workers
        self.plain = Plain(1)
        self.runs: dict[int, Run] = {}

    def run(self, iterations: int) -> Run:
        if iterations not in self.runs:
            tried = [self._run(iterations) for _ in range(TRIES)]
            self.runs[iterations] = Run(min(one.plain for one in tried), min(one.granularity for one in tried))
        return self.runs[iterations]

    def _run(self, iterations: int) -> Run:
        steps = max(1, round(0.01 / (self.width * 1e-6 * max(iterations, 10))))
        plain = stencil(self.plain, self.width, steps, iterations)[0] / (self.width * steps)
        steps = int(min(max(SECONDS * self.scale / (WIDTH * plain), STEPS[0]), STEPS[1]))
        seconds, values = stencil(self.engine, self.width, steps, iterations)
        if values != stencil(self.plain, self.width, steps, 0)[1]:
            raise ValueError("the stencil's values are wrong")
        return Run(plain, seconds * self.engine.workers / (self.width * steps))


def measure(engine: Engine, scale: float) -> dict[str, float | str]:
    """Microseconds, against `workers` plain loops and against plain processes; and what the latter reach."""
    reached = hardware.efficiency(engine.workers)
    engine.wait([engine.submit(bodies.stencil, START, 0, 0, 0) for _ in range(20 * engine.workers)])
    bench = Bench(engine, scale)
    return {
        "W12": _microseconds(crossing(bench.run, WANTED)),
        "W12 hardware": _microseconds(crossing(bench.run, WANTED * reached)),
        "W12 processes": reached,
    }


def _microseconds(granularity: float) -> float | str:
    return granularity * 1e6 if granularity < math.inf else "not reached by the largest tasks"
