"""Whole programs on several engines in one run: makespan, and peak memory above idle.

Each engine runs a program in a fresh process, in rotated order; its workers have answered before anything is measured.
`limit` is the program's kernels alone, shared out among as many plain processes as there are workers: no engine, no
dependencies and no transfers. Printed is one line of JSON an engine: medians over the rounds,
and for this project how its makespan and peak compare with the better peer's.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any, Protocol

import program_engines
from peak import Peak

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
OURS, LIMIT = "pycompss", "limit"
Line = dict[str, Any]


class Program(Protocol):
    """A program over the interface of `program_engines`.

    run: seconds, and the number of tasks; results are checked. share: do the kernels of one process of `of`.
    """

    name: str

    @property
    def sizes(self) -> Mapping[str, float]: ...  # options and their defaults
    def run(self, engine: program_engines.Engine, given: argparse.Namespace) -> tuple[float, int]: ...
    def share(self, rank: int, of: int, given: argparse.Namespace) -> None: ...


# -- in a process of its own -----------------------------------------------------------------------------------------


def measure(program: Program, given: argparse.Namespace) -> None:
    """Run the program in this process. "ready", a line to go on, the figures, a line to end."""
    engine = program_engines.ENGINES[given.engine](given.workers)
    engine.wait([engine.call(first_answer, number) for number in range(20 * given.workers)])
    print("ready", flush=True)
    sys.stdin.readline()
    seconds, tasks = program.run(engine, given)
    print(json.dumps({"makespan_s": seconds, "tasks": tasks}), flush=True)
    sys.stdin.readline()
    engine.stop()


def first_answer(number: int) -> int:
    """What workers are asked before anything is measured: numpy is loaded then."""
    import numpy as np  # noqa: PLC0415

    return int(np.arange(number + 1).sum())


def measure_limit(program: Program, given: argparse.Namespace) -> Line:
    """The kernels alone, in plain processes."""
    context = multiprocessing.get_context("spawn")
    start, end = context.Barrier(given.workers + 1), context.Barrier(given.workers + 1)
    shares = [context.Process(target=_share, args=(program, rank, given, start, end)) for rank in range(given.workers)]
    for share in shares:
        share.start()
    start.wait()
    began = time.perf_counter()
    end.wait()
    seconds = time.perf_counter() - began
    for share in shares:
        share.join()
    return {"makespan_s": seconds}


def _share(program: Program, rank: int, given: argparse.Namespace, start: Any, end: Any) -> None:
    first_answer(1)
    start.wait()
    program.share(rank, given.workers, given)
    end.wait()


# -- all of them -----------------------------------------------------------------------------------------------------


def measure_apart(engine: str, arguments: list[str]) -> Line:
    """The figures of one engine, from a fresh process."""
    command = [sys.executable, sys.argv[0], "--engine", engine, *arguments]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **ONE_THREAD}, text=True
    )
    try:
        if engine == LIMIT:
            return _answer(process)
        _expect(process, "ready")
        assert process.stdout is not None
        peak = Peak(process.pid)
        _go_on(process)
        while not select.select([process.stdout], [], [], peak.look())[0]:
            pass
        line = _answer(process)
        peak.look()
        _go_on(process)
        return {**line, "peak_mb": peak.above_idle / 1e6}
    finally:
        process.communicate(timeout=60)


def _answer(process: subprocess.Popen[str]) -> Line:
    text = process.stdout.readline() if process.stdout is not None else ""
    if not text:
        sys.exit(f"{' '.join(process.args)} failed")  # type: ignore[arg-type]
    line: Line = json.loads(text)
    return line


def _expect(process: subprocess.Popen[str], word: str) -> None:
    text = process.stdout.readline() if process.stdout is not None else ""
    if text.strip() != word:
        sys.exit(f"{' '.join(process.args)} failed: {text}")  # type: ignore[arg-type]


def _go_on(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        process.stdin.write("\n")
        process.stdin.flush()


def all_rounds(engines: list[str], rounds: int, arguments: list[str]) -> dict[str, Line]:
    """Engine -> medians."""
    found: dict[str, list[Line]] = {engine: [] for engine in engines}
    for number in range(rounds):
        turn = number % len(engines)
        for engine in engines[turn:] + engines[:turn]:
            found[engine].append(measure_apart(engine, arguments))
    return {engine: _medians(lines) for engine, lines in found.items()}


def _medians(lines: list[Line]) -> Line:
    return {name: statistics.median(line[name] for line in lines) for name in lines[0]}


def compare(lines: dict[str, Line]) -> None:
    """Our makespan and peak beside the better peer's; smaller than 1 is better."""
    peers = [line for engine, line in lines.items() if engine not in (OURS, LIMIT)]
    if OURS in lines and peers:
        ours = lines[OURS]
        for figure, name in (("makespan_s", "makespan_ratio"), ("peak_mb", "peak_ratio")):
            ours[name] = ours[figure] / min(line[figure] for line in peers)


def chosen(engines: str) -> list[str]:
    for engine in engines.split(","):
        if not program_engines.is_installed(engine):
            print(f"{engine} is not installed, and left out", file=sys.stderr)
    return [engine for engine in engines.split(",") if program_engines.is_installed(engine)]


def main(program: Program, description: str | None, argv: list[str] | None = None) -> None:
    names = [*program_engines.ENGINES, LIMIT]
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--engines", default=",".join(names))
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--engine", choices=names, help="run on this one in this process")
    for name, default in program.sizes.items():
        options.add_argument(f"--{name}", type=type(default), default=default)
    given = options.parse_args(argv)
    if given.engine == LIMIT:
        print(json.dumps(measure_limit(program, given)))
    elif given.engine:
        measure(program, given)
    else:
        arguments = [f"--{name}={getattr(given, name)}" for name in ("workers", *program.sizes)]
        lines = all_rounds(chosen(given.engines), given.rounds, arguments)
        compare(lines)
        for engine, line in lines.items():
            print(json.dumps({"program": program.name, "engine": engine, **line}))
