"""Tasks of this project beside a process pool and plain calls, in one run on the same machine.

    python benchmarks/side_by_side.py --rounds 3 --workers 2 --json side_by_side.json

Every round runs every engine in a fresh process, in rotated order, so that noise of the machine hits all of them.
Printed are medians over the rounds and the ratio to the pool and to plain calls: above 1 is better.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import bodies
from engines import ENGINES
from workloads import WORKLOADS, Workload

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def measure(engine_name: str, workers: int, scale: float, names: list[str]) -> dict[str, float]:
    """Run the workloads in this process, after the workers have answered once."""
    engine = ENGINES[engine_name](workers)
    engine.wait([engine.submit(bodies.ones, 10) for _ in range(20 * workers)])
    results = {name: WORKLOADS[name].run(engine, scale) for name in names}
    engine.stop()
    return results


def measure_apart(engine_name: str, given: argparse.Namespace) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--engine", engine_name, "--workers", str(given.workers)]
    command += ["--scale", str(given.scale), "--workloads", given.workloads]
    environment = {**os.environ, **ONE_THREAD}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        sys.exit(f"{engine_name} failed:\n{done.stdout}{done.stderr}")
    results: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return results


def all_rounds(given: argparse.Namespace) -> list[dict[str, dict[str, float]]]:
    rounds = []
    for number in range(given.rounds):
        order = list(ENGINES)[number % len(ENGINES) :] + list(ENGINES)[: number % len(ENGINES)]
        rounds.append({engine: measure_apart(engine, given) for engine in order})
    return rounds


def ratio(workload: Workload, ours: float, theirs: float) -> float:
    """How many times better we are."""
    return ours / theirs if workload.more_is_better else theirs / ours


def summary(rounds: list[dict[str, dict[str, float]]], names: list[str]) -> dict[str, dict[str, Any]]:
    lines: dict[str, dict[str, Any]] = {}
    for name in names:
        medians = {engine: statistics.median(r[engine][name] for r in rounds) for engine in ENGINES}
        ratios = {
            f"to_{engine}": ratio(WORKLOADS[name], medians["pycompss"], medians[engine]) for engine in ("pool", "plain")
        }
        lines[name] = {"title": WORKLOADS[name].title, "unit": WORKLOADS[name].unit, **medians, **ratios}
    return lines


def show(lines: dict[str, dict[str, Any]]) -> None:
    print(f"{'':34s}{'plain':>12s}{'pool':>12s}{'pycompss':>12s}{'to pool':>10s}{'to plain':>10s}")
    for name, line in lines.items():
        numbers = "".join(
            f"{line[engine]:12,.4g}" if line[engine] < 1000 else f"{line[engine]:12,.0f}" for engine in ENGINES
        )
        heading = f"{name} {line['title']} ({line['unit']})"
        print(f"{heading:34s}{numbers}{line['to_pool']:9.3g}x{line['to_plain']:9.2g}x")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--scale", type=float, default=1.0, help="size of the workloads, 1 = as described")
    options.add_argument("--workloads", default=",".join(WORKLOADS))
    options.add_argument("--json", type=Path, help="write medians and every single measurement here")
    options.add_argument("--engine", choices=ENGINES, help="measure this one in this process, as JSON")
    given = options.parse_args()
    names = given.workloads.split(",")
    if given.engine:
        print(json.dumps(measure(given.engine, given.workers, given.scale, names)))
        return 0
    rounds = all_rounds(given)
    lines = summary(rounds, names)
    show(lines)
    if given.json:
        where = {"python": platform.python_version(), "machine": platform.platform(), "cores": os.cpu_count()}
        options_used = {"workers": given.workers, "scale": given.scale}
        given.json.write_text(json.dumps({**where, **options_used, "medians": lines, "rounds": rounds}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
