"""What is measured in which process.

A session is one engine that runs some workloads in a fresh process. Workloads that look at memory have processes of
their own, since what others have freed hides what they take. Engines are left out where they would take minutes:
Dask and Ray of 100,000 tasks, and of 32 workers on a small machine; and where a pool would copy arrays through pipes
for tens of seconds. Engines that a goal compares are neighbours, as machines are faster in one minute than in the next.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import apart
import memory
from rows import OURS

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 150.0  # seconds for one workload, or for a start or an end
PROGRAMS = {  # whole programs, and what they are run on; those that exist are run
    "cholesky": ("pycompss", "dask", "ray", "limit"),
    "shuffle": ("pycompss", "dask", "ray", "limit"),
    "spilling": ("pycompss",),
}
LIMIT = {"limit": "hardware"}  # their word, and ours, for plain processes without an engine
PROGRAM_PATIENCE = 240.0
_MEMORY = ("W5-10-memory", "W5-100-memory")


@dataclass(frozen=True)
class Session:
    workloads: tuple[str, ...]
    engines: tuple[str, ...]
    workers: int | None = None  # other than the others
    samples_memory: bool = False

    def workloads_of(self, engine: str) -> list[str]:
        return [name for name in self.workloads if name not in LEFT_OUT.get(engine, ())]


def _session(workloads: str, engines: str, workers: int | None = None) -> Session:
    names = tuple(workloads.split())
    return Session(names, tuple(engines.split()), workers, samples_memory=names[0] in _MEMORY)


SESSIONS = (
    _session("W1 W2 W3 W4 W5-10 W5-100 W6 W7", "plain pycompss pool ray dask"),
    _session("W1 W2", "parsl"),
    _session("W2 W7", "hardware"),
    _session("W1 W2 W3 W4 W7 W12", "sketch decided"),
    _session("W5-10-memory", OURS),
    _session("W5-100-memory", "dask ray pycompss"),
    _session("W8", "pool pycompss"),
    _session("W8-alive", "pool pycompss"),
    _session("W9", "pool loky pycompss"),
    _session("W10", "pool loky dask ray parsl pycompss"),
    _session("W11", "pool loky pycompss", workers=32),
    _session("W12", "pycompss pool loky ray dask parsl"),
    _session("W13", OURS),
    _session("W14", OURS),
    _session("observed", OURS),
)

LEFT_OUT = {"pool": ("W5-100", "W6")}

Answer = tuple[str, str, dict[str, Any], float]  # engine, workload, figures or {workload: why not}, seconds


def measure(session: Session, engine: str, names: Iterable[str], workers: int, scale: float) -> Iterator[Answer]:
    """Run these workloads; after one that fails or hangs, the others go on in a new process."""
    left = list(names)
    while left:
        command = [sys.executable, os.path.join(HERE, "measure.py"), engine, *left]
        command += ["--workers", str(session.workers or workers), "--scale", str(scale)]
        outcome = apart.run(command, PATIENCE, sample=session.samples_memory)
        begun = ""
        for line in outcome.lines:
            if "begin" in line:
                begun = line["begin"]
            else:
                left.remove(line["workload"])
                yield engine, line["workload"], _figures(line, outcome.samples), line["seconds"]
        if not left:
            return
        for name in [begun] if begun in left else list(left):
            left.remove(name)
            yield engine, name, {name: outcome.error or "ended early"}, 0.0


def _figures(line: dict[str, Any], samples: list[memory.Sample]) -> dict[str, Any]:
    figures: dict[str, Any] = line["figures"]
    if "began" not in figures:
        return figures
    try:
        return {line["workload"]: memory.above_idle(samples, figures["began"], figures["ended"]) / 1e6}
    except ValueError as problem:
        return {line["workload"]: str(problem)}


def programs() -> list[tuple[str, str]]:
    """Programs that exist, with the engines that they know."""
    there = [name for name in PROGRAMS if os.path.exists(os.path.join(HERE, f"{name}.py"))]
    return [(name, engine) for name in there for engine in PROGRAMS[name]]


def run_program(name: str, engine: str, workers: int) -> Answer:
    """A program prints a line of JSON: the engine, and numbers."""
    began = time.monotonic()
    command = [sys.executable, os.path.join(HERE, f"{name}.py")]
    if len(PROGRAMS[name]) > 1:
        command += ["--engines", engine, "--workers", str(workers)]
    outcome = apart.run(command, PROGRAM_PATIENCE)
    figures: dict[str, float | str] = {
        f"{name} {key}": value
        for line in outcome.lines
        for key, value in line.items()
        if isinstance(value, (int, float))
    }
    figures = figures or {name: outcome.error or "said nothing"}
    return LIMIT.get(engine, engine), name, figures, time.monotonic() - began
