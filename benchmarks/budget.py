"""What a small task costs the program, step by step, in microseconds.

    python benchmarks/budget.py [--workers 2] [--times 9] [independent results chain tree stencil trip]

The steps are functions of this project (`STEPS`). Each is wrapped, in this process only, in one that takes the time,
less that of the steps within; that costs half a microsecond for each time that a step is entered (in brackets: how
often that is for each task). Waiting is left out. Shown are medians over the times that a workload is run, by the
clock, so what holds a step up counts; below, the processor time of program and workers in the same runs.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import metg
import psutil
import scalars
from engines import Engine, Tasks

WAITING = "waiting"
STEPS = {  # of a task's way through the program, in its order
    "submission": "pycompss.runtime.submission:Submission.call",
    "release of what the program dropped": "pycompss.runtime.run:Run.release_forgotten",
    "choosing what goes next": "pycompss.core.scheduling:Scheduler.assign",
    "choosing for a slot that is idle": "pycompss.core.scheduling:Scheduler.submitted",
    "planning what is handed over": "pycompss.core.handing:Handing.plan",
    "writing tasks for workers": "pycompss.runtime.wire_tasks:WireTasks.of",
    "encoding and sending": "pycompss.engines.local.worker:WorkerHandle.send",
    WAITING: "pycompss.engines.local.lookout:Lookout.look",
    "reading reports": "pycompss.engines.local.hearing:Hearing.next_of",
    "completion": "pycompss.runtime.completions:Completions._completed_all",
    "the rest, between the first report and the last": "pycompss.engines.local.reading:Reader.wait",
}


class Stopwatch:
    """Seconds and entries of each step, without those of steps within it; of all threads."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STEPS, 0.0)
        self.entries = dict.fromkeys(STEPS, 0)
        self._inner: dict[int, float] = {}  # of a thread: seconds in steps that have ended, within the one that goes on

    def restart(self) -> None:
        for step in STEPS:
            self.seconds[step], self.entries[step] = 0.0, 0

    def wrap(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            thread = threading.get_ident()
            before, self._inner[thread] = self._inner.get(thread, 0.0), 0.0
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                took = time.perf_counter() - start
                self.seconds[step] += took - self._inner[thread]
                self.entries[step] += 1
                self._inner[thread] = before + took

        return timed


def places() -> dict[str, tuple[type, str]]:
    """The class and the name of the method of each step."""
    found = {}
    for step, place in STEPS.items():
        module, _, name = place.partition(":")
        kind, _, method = name.partition(".")
        found[step] = (getattr(import_module(module), kind), method)
    return found


def install(watch: Stopwatch) -> None:
    """Wrap all steps; before the runtime starts, which keeps some of them."""
    for step, (owner, method) in places().items():
        setattr(owner, method, watch.wrap(step, getattr(owner, method)))


def independent(engine: Engine) -> int:
    engine.wait([engine.submit(scalars.nothing) for _ in range(2000)])
    return 2000


def results(engine: Engine) -> int:
    engine.wait([engine.submit(scalars.same, number) for number in range(2000)])
    return 2000


def chain(engine: Engine) -> int:
    value: Any = 0
    for _ in range(1000):
        value = engine.submit(scalars.increment, value)
    engine.value(value)
    return 1000


def tree(engine: Engine) -> int:
    level = [engine.submit(scalars.same, number) for number in range(1024)]
    while len(level) > 1:
        level = [engine.submit(scalars.add, *level[i : i + 2]) for i in range(0, len(level), 2)]
    engine.value(level[0])
    return 2047


def stencil(engine: Engine) -> int:
    """Of the size at which half of the machine is used, more or less."""
    metg.stencil(engine, metg.WIDTH * engine.workers, 250, 60)
    return 250 * metg.WIDTH * engine.workers


def trip(engine: Engine) -> int:
    for number in range(500):
        engine.value(engine.submit(scalars.increment, number))
    return 500


WORKLOADS: dict[str, Callable[[Engine], int]] = {
    "independent": independent, "results": results, "chain": chain, "tree": tree, "stencil": stencil, "trip": trip,
}  # fmt: skip


Line = tuple[str, float, float]  # step, entries a task, µs a task


def measure(engine: Engine, watch: Stopwatch, run: Callable[[Engine], int], times: int) -> list[Line]:
    """Medians; the last lines are processor time."""
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(times):
        watch.restart()
        before = _processor_times()
        tasks = run(engine)
        for name, after in _processor_times().items():
            found.setdefault(name, []).append((0.0, (after - before[name]) / tasks * 1e6))
        for step in STEPS:
            found.setdefault(step, []).append((watch.entries[step] / tasks, watch.seconds[step] / tasks * 1e6))
    steps = [step for step in STEPS if step != WAITING] + [name for name in found if name not in STEPS]
    return [(step, *map(statistics.median, zip(*found[step], strict=True))) for step in steps]


def _processor_times() -> dict[str, float]:
    workers = psutil.Process().children(recursive=True)
    return {
        "processor time: program": time.process_time(),
        "processor time: workers": sum(_processor_time(worker.pid) for worker in workers),
    }


def _processor_time(pid: int) -> float:
    """Seconds, of all threads (proc(5); the kernel's scheduler statistics count nanoseconds)."""
    return sum(int(file.read_text().split()[0]) for file in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def table(names: Sequence[str], measured: Sequence[list[Line]]) -> str:
    """Markdown: a line for each step; µs a task, and how often the step is entered."""
    lines = [["µs a task", *names], ["---"] * (len(names) + 1)]
    for place, (step, _, _) in enumerate(measured[0]):
        cells = [one[place] for one in measured]
        lines.append([step, *(f"{took:.1f}" + (f" ({n:.2f})" if n else "") for _, n, took in cells)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(
        "workloads", nargs="*", choices=[*WORKLOADS, []], metavar="WORKLOAD", help=", ".join(WORKLOADS)
    )
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--times", type=int, default=9)
    given = options.parse_args()
    watch = Stopwatch()
    install(watch)
    engine = Tasks(given.workers)
    engine.wait([engine.submit(scalars.nap, 0.02) for _ in range(2 * given.workers)])
    names = given.workloads or list(WORKLOADS)
    for name in names:
        WORKLOADS[name](engine)
    print(table(names, [measure(engine, watch, WORKLOADS[name], given.times) for name in names]))
    engine.stop()


if __name__ == "__main__":
    main()
