"""Measure workloads of one engine in this process; print a line of JSON when one begins, and when it has ended.

python benchmarks/measure.py ENGINE [--workers 2] [--scale 1] W1 W2 ...
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import bodies
import decisions
import floor
import fresh
import hardware
import observed
import scalars
from engines import ENGINES
from workloads import WORKLOADS, Figures

# Workloads that start what they measure themselves: called with the engine's name, the workers and the scale.
OUTSIDE: dict[str, Callable[[str, int, float], Figures]] = {
    "W9": fresh.one_task,
    "W10": fresh.imports,
    "W14": decisions.figures,
    "observed": observed.figures,
}
HARDWARE: dict[str, Callable[[str, int, float], Figures]] = {  # of the engine of that name
    "W2": hardware.trips,
    "W7": hardware.product,
}
SKETCH: dict[str, Callable[[str, int, float], Figures]] = {"W7": floor.of_sketch}
DECIDED: dict[str, Callable[[str, int, float], Figures]] = {"W7": floor.of_decided}
NAP = 0.02  # seconds of a task that makes sure that every worker gets one


def say(**line: Any) -> None:
    print(json.dumps(line), flush=True)


def timed(name: str, run: Callable[[], Figures]) -> None:
    gc.collect()
    say(begin=name)
    start = time.monotonic()
    figures = run()
    say(workload=name, figures=figures, seconds=time.monotonic() - start)


def inside(name: str, workers: int, scale: float, workloads: Iterable[str]) -> None:
    """Start the engine; when all workers have answered and know numpy, run the workloads."""
    engine = ENGINES[name](workers)
    engine.wait([engine.submit(scalars.nap, NAP) for _ in range(2 * workers)])
    engine.wait([engine.submit(bodies.ones, 10) for _ in range(20 * workers)])
    for workload in workloads:
        timed(workload, partial(WORKLOADS[workload], engine, scale))
    engine.stop()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("engine")
    options.add_argument("workloads", nargs="+", choices=[*WORKLOADS, *OUTSIDE])
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--scale", type=float, default=1.0, help="size of the workloads, 1 = as described")
    given = options.parse_args()
    outside = {"hardware": HARDWARE, "sketch": SKETCH, "decided": DECIDED}.get(given.engine, OUTSIDE)
    for name in given.workloads:
        if name in outside:
            timed(name, partial(outside[name], given.engine, given.workers, given.scale))
    if within := [name for name in given.workloads if name not in outside]:
        inside(given.engine, given.workers, given.scale, within)


if __name__ == "__main__":
    main()
