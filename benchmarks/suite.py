"""Everything that `make bench` measures, in one run on one machine, and one table of it.

    python benchmarks/suite.py --rounds 3 --workers 2 --json bench-results/suite.json --page docs/performance.md

Every round waits until the machine is quiet, then runs every session (`sessions`) in a fresh process, engines in
rotated order, so that noise hits all of them. The table shows medians over the rounds; every
single measurement lies beside the page, as JSON. What took long is not repeated.
An engine that is not installed is left out, and named; one that fails or hangs loses that figure, and the run goes on.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import machine
import quiet
import report
import sessions
from peers import is_installed
from report import COLUMNS, Round
from rows import OURS, number
from sessions import SESSIONS, Answer


class Suite:
    """The rounds so far, and what is not worth repeating."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.wanted = set(given.workloads.split(",")) if given.workloads else None
        self.engines = [engine for engine in given.engines.split(",") if is_installed(engine)]
        self.rounds: list[Round] = []
        self.quiet: list[dict[str, Any]] = []
        self.slow: set[tuple[str, str]] = set()
        self.began = time.monotonic()

    def run(self) -> None:
        for turn in range(self.given.rounds):
            self.quiet.append(quiet.wait(self.given.patience))
            self.rounds.append({})
            for engine, workload, figures, seconds in self._round(turn):
                self._note(engine, workload, figures, seconds)

    def _round(self, turn: int) -> Iterator[Answer]:
        for session in SESSIONS:
            first = turn % len(session.engines)
            for engine in session.engines[first:] + session.engines[:first]:
                if names := [name for name in session.workloads_of(engine) if self._is_due(engine, name)]:
                    yield from sessions.measure(session, engine, names, self.given.workers, self.given.scale)
        for program, engine in sessions.programs():
            if self._is_due(sessions.LIMIT.get(engine, engine), program):
                yield sessions.run_program(program, engine, self.given.workers)

    def _is_due(self, engine: str, workload: str) -> bool:
        is_wanted = self.wanted is None or workload in self.wanted or workload.partition("-")[0] in self.wanted
        return is_wanted and engine in self.engines and (engine, workload) not in self.slow

    def _note(self, engine: str, workload: str, figures: dict[str, Any], seconds: float) -> None:
        self.rounds[-1].setdefault(engine, {}).update(figures)
        if seconds > self.given.slow * (4 if engine == OURS else 1) or any(
            isinstance(value, str) for value in figures.values()
        ):
            self.slow.add((engine, workload))
        told = ", ".join(f"{key} {v if isinstance(v, str) else number(v)}" for key, v in figures.items())
        print(f"[{time.monotonic() - self.began:4.0f} s] {engine:8} {told}", file=sys.stderr, flush=True)


def notes(suite: Suite) -> Iterator[str]:
    """What a reader must know to judge the table."""
    given = suite.given
    yield (
        f"Rounds: {len(suite.rounds)}, shown are medians; {given.workers} workers"
        f"{'' if given.scale == 1 else f', sizes × {given.scale}'}. {machine.text(machine.description())}"
    )
    if noisy := [place for place, one in enumerate(suite.quiet, 1) if not one["is_quiet"]]:
        yield f"**The machine was not quiet** before round {', '.join(map(str, noisy))}."
    loads = "; ".join(f"{one['busy_percent']:.0f} %, {one['load'][0]:.1f}" for one in suite.quiet)
    yield f"Busy with other things, and load average, before each round: {loads}."
    if suite.slow:
        yield "Measured once, because it takes long or failed: " + _grouped(suite.slow) + "."
    if missing := [engine for engine in given.engines.split(",") if engine not in suite.engines]:
        yield f"Not installed: {', '.join(missing)}."
    if problems := report.failed(report.lines(suite.rounds)):
        yield "Failed: " + "; ".join(problems) + "."


def written(suite: Suite) -> str:
    """Both tables and the notes, as the page has them."""
    found = report.lines(suite.rounds)
    told = "\n".join(f"- {note}" for note in notes(suite))
    return f"{report.summary(found)}\n\nAll engines:\n\n{report.table(found)}\n\n{told}"


def _grouped(slow: set[tuple[str, str]]) -> str:
    return ", ".join(f"{workload} ({engine})" for engine, workload in sorted(slow, key=lambda one: one[::-1]))


def write_json(suite: Suite, path: Path) -> None:
    used = {"workers": suite.given.workers, "scale": suite.given.scale, "seconds": time.monotonic() - suite.began}
    rows = report.as_data(report.lines(suite.rounds))
    data = {**machine.description(), **used, "quiet": suite.quiet, "rows": rows, "rounds": suite.rounds}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1) + "\n")


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=machine.cores())
    parser.add_argument("--scale", type=float, default=1.0, help="size of the workloads, 1 = as described")
    parser.add_argument(
        "--slow", type=float, default=20.0, help="what takes so many seconds, or us four times as many, is not repeated"
    )
    parser.add_argument("--patience", type=float, default=quiet.LIMIT, help="seconds to wait for a quiet machine")
    parser.add_argument("--workloads", help="such as W1,W5,cholesky; else all")
    parser.add_argument("--engines", default=",".join(COLUMNS))
    parser.add_argument("--page", type=Path, help="the page that gets the table of a whole run, between its marks")
    parser.add_argument("--json", type=Path, help="write the table's rows and every single measurement here")
    return parser


def main() -> int:
    suite = Suite(options().parse_args())
    try:
        suite.run()
    finally:  # what was measured is kept, but only all of it goes to the page
        text = written(suite)
        print(text)
        if suite.given.json:
            write_json(suite, suite.given.json)
    is_whole = suite.wanted is None and suite.given.scale == 1
    if is_whole and (page := suite.given.page):
        page.write_text(report.insert(page.read_text(), text))
        write_json(suite, page.with_suffix(".json"))
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
