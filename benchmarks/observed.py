"""What it costs to look: 10,000 empty tasks, and tasks of a millisecond, with everything on that shows a run.

Graph, trace, monitor, log and summary together, against a run without any of them: the same program in fresh processes,
in turn, so that noise hits both. A process measures several times and its least counts; the figure is the ratio of the
medians of all processes.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

ON = ("-g", "-t", "-m", "--summary", "--log_level=info")
TURNS = 3
MARK = "measured"
PROGRAM = """
import sys, time
from pycompss.api.api import compss_barrier
from pycompss.api.task import task

@task()
def nothing():
    pass

@task()
def millisecond():
    end = time.perf_counter() + 0.001
    while time.perf_counter() < end:
        pass

def measure(function, number):
    start = time.perf_counter()
    for _ in range(number):
        function()
    compss_barrier()
    return time.perf_counter() - start

empty, busy = int(sys.argv[1]), int(sys.argv[2])
measure(nothing, 500), measure(millisecond, 50)
print("measured", min(measure(nothing, empty) for _ in range(5)), min(measure(millisecond, busy) for _ in range(3)))
"""


def figures(_engine: str, workers: int, scale: float) -> dict[str, float | str]:
    """Times as long as without."""
    plain: list[tuple[float, float]] = []
    observed: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(prefix="pycompss-bench-") as folder:
        program = os.path.join(folder, "app.py")
        with open(program, "w", encoding="utf-8") as file:
            file.write(PROGRAM)
        for _ in range(TURNS):
            plain.append(_run(program, workers, scale, ()))
            observed.append(_run(program, workers, scale, ON))
    names = ("observed empty", "observed 1 ms")
    return {name: _median(observed, place) / _median(plain, place) for place, name in enumerate(names)}


def _median(measured: list[tuple[float, float]], place: int) -> float:
    return statistics.median(one[place] for one in measured)


def _run(program: str, workers: int, scale: float, flags: tuple[str, ...]) -> tuple[float, float]:
    folder = os.path.dirname(program)
    command = [sys.executable, "-m", "pycompss", "run", f"--log_dir={folder}", f"--cpus_per_node={workers}", *flags]
    sizes = (str(int(10_000 * scale)), str(int(2000 * scale)))
    done = subprocess.run([*command, program, *sizes], capture_output=True, text=True, cwd=folder, check=True)
    words = next(line.split() for line in done.stdout.splitlines() if line.startswith(MARK))
    return float(words[1]), float(words[2])
