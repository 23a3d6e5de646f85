"""Tasks of this project beside other engines and plain calls, in one run on the same machine.

    python benchmarks/side_by_side.py --rounds 3 --workers 2 --json side_by_side.json

Every round runs every engine in a fresh process, in rotated order, so that noise of the machine hits all of them.
Printed are medians over the rounds and how many times better we are than the peer that counts for each workload.
Engines that are not installed are left out, and named.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import bodies
import report
from engines import ENGINES
from peers import is_installed
from workloads import WORKLOADS

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def measure(engine_name: str, workers: int, scale: float, names: list[str]) -> dict[str, float]:
    """Run the workloads in this process, after the workers have answered once."""
    engine = ENGINES[engine_name](workers)
    engine.wait([engine.submit(bodies.ones, 10) for _ in range(20 * workers)])
    able = [name for name in names if engine_name in (WORKLOADS[name].engines or {engine_name})]
    results = {name: WORKLOADS[name].run(engine, scale) for name in able}
    engine.stop()
    return results


def measure_apart(engine_name: str, given: argparse.Namespace) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--engine", engine_name, "--workers", str(given.workers)]
    command += ["--scale", str(given.scale), "--workloads", given.workloads]
    environment = {**os.environ, **ONE_THREAD}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=900)
    if done.returncode:
        sys.exit(f"{engine_name} failed:\n{done.stdout}{done.stderr}")
    results: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return results


def all_rounds(given: argparse.Namespace, engines: list[str]) -> report.Rounds:
    rounds = []
    for number in range(given.rounds):
        turn = number % len(engines)
        rounds.append({engine: measure_apart(engine, given) for engine in engines[turn:] + engines[:turn]})
    return rounds


def chosen_engines(given: argparse.Namespace) -> list[str]:
    wanted = given.engines.split(",")
    for engine in wanted:
        if not is_installed(engine):
            print(f"{engine} is not installed, and left out", file=sys.stderr)
    return [engine for engine in wanted if is_installed(engine)]


def write(given: argparse.Namespace, rounds: report.Rounds, text: str) -> None:
    lines = report.summary(rounds)
    where = {**report.versions(), "cores": os.cpu_count(), "load": os.getloadavg()[0], "date": f"{date.today()}"}  # noqa: DTZ011
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        used = {"workers": given.workers, "scale": given.scale}
        given.json.write_text(json.dumps({**where, **used, "medians": lines, "rounds": rounds}, indent=1))
    if given.page:
        told = ", ".join(f"{name} {value}" for name, value in where.items())
        note = f"Medians of {given.rounds} rounds, {given.workers} workers; {told}."
        given.page.write_text(report.insert(given.page.read_text(), f"{text}\n\n{note}"))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--scale", type=float, default=1.0, help="size of the workloads, 1 = as described")
    options.add_argument("--workloads", default=",".join(WORKLOADS))
    options.add_argument("--engines", default=",".join(ENGINES))
    options.add_argument("--page", type=Path, help="put the table between the marks of this Markdown page")
    options.add_argument("--json", type=Path, help="write medians and every single measurement here")
    options.add_argument("--engine", choices=ENGINES, help="measure this one in this process, as JSON")
    given = options.parse_args()
    names = given.workloads.split(",")
    if given.engine:
        print(json.dumps(measure(given.engine, given.workers, given.scale, names)))
        return 0
    engines = chosen_engines(given)
    rounds = all_rounds(given, engines)
    text = report.table(report.summary(rounds), engines)
    print(text)
    write(given, rounds, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
