"""Four agents on one machine beside four workers of Dask, both with TLS: tasks, a large value, the start.

    python benchmarks/agents.py [--agents 4] [--tasks 10000] [--rounds 3] [--json FILE]

Every round runs both engines, one after the other, each in a process of its own. Numbers: empty tasks a second (Dask's
by `Client.map` of a tenth of the tasks), milliseconds in which a value of 100 MB that one worker has made comes to all
others at once, and seconds from the start of the program to the end of its first task.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import machine
import numpy as np

MEGABYTES = 100
ROWS = (("start", "s to the first task"), ("tasks", "empty tasks/s"), ("copies", "ms: 100 MB to all others"))
Figures = dict[str, float]


Array = np.ndarray[Any, np.dtype[np.float64]]


def large(megabytes: int) -> Array:
    return np.ones(megabytes * 125_000)


def meet(value: Array, folder: str, number: int, count: int) -> tuple[int, float]:
    """Wait until so many readers have the value, each on its own worker."""
    Path(folder, f"reader-{number}").touch()
    while len(list(Path(folder).glob("reader-*"))) < count:
        time.sleep(0.001)
    return value.nbytes, time.time()


def nothing(_number: int) -> None:
    pass


# -- the engines, each in a process that begins with this program


def pycompss(agents: int, tasks: int, megabytes: int, began: float) -> Figures:
    from pycompss.api.api import compss_barrier, compss_wait_on  # noqa: PLC0415  (one engine is loaded)
    from pycompss.api.task import task  # noqa: PLC0415  (the same)

    make, read, empty = task(returns=1)(large), task(returns=1)(meet), task()(nothing)
    compss_wait_on(make(0))
    figures = {"start": time.time() - began}
    for number in range(tasks // 10):
        empty(number)
    compss_barrier()
    start = time.perf_counter()
    for number in range(tasks):
        empty(number)
    compss_barrier()
    figures["tasks"] = tasks / (time.perf_counter() - start)

    def readers(folder: str) -> list[tuple[int, float]]:
        value = make(megabytes)
        compss_barrier()
        nonlocal start
        start = time.time()
        found: list[tuple[int, float]] = compss_wait_on([read(value, folder, n, agents) for n in range(agents)])
        return found

    figures["copies"] = _copies(readers, lambda: start, megabytes)
    return figures


def dask(agents: int, tasks: int, megabytes: int, began: float) -> Figures:
    from distributed import Client, LocalCluster, Security, wait  # noqa: PLC0415  (one engine is loaded)

    cluster = LocalCluster(
        n_workers=agents, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0,
        protocol="tls://", security=Security.temporary(),
    )  # fmt: skip
    client = Client(cluster)
    client.submit(large, 0, pure=False).result()
    figures = {"start": time.time() - began}
    tasks //= 10
    wait(client.map(nothing, range(tasks // 10), pure=False))
    clock = time.perf_counter()
    wait(client.map(nothing, range(tasks), pure=False))
    figures["tasks"] = tasks / (time.perf_counter() - clock)
    workers = list(client.scheduler_info(n_workers=-1)["workers"])
    start = 0.0

    def readers(folder: str) -> list[tuple[int, float]]:
        nonlocal start
        value = client.submit(large, megabytes, workers=workers[:1], pure=False)
        wait(value)
        start = time.time()
        futures = [
            client.submit(meet, value, folder, n, agents, workers=[address], pure=False)
            for n, address in enumerate(workers)
        ]
        return [future.result() for future in futures]

    figures["copies"] = _copies(readers, lambda: start, megabytes)
    client.close()
    cluster.close()
    return figures


def _copies(readers: Callable[[str], list[tuple[int, float]]], start: Callable[[], float], megabytes: int) -> float:
    """The best of three; the first takes memory from the system."""
    times = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            found = readers(folder)
        if any(size != megabytes * 1_000_000 for size, _ in found):
            raise ValueError(found)
        times.append(max(end for _, end in found) - start())
    return min(times) * 1000


ENGINES = {"pycompss": pycompss, "dask": dask}


# -- all of it


def measure(engine: str, agents: int, tasks: int, megabytes: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ, "PYCOMPSS_ENGINE": "dask", "PYCOMPSS_AGENTS": str(agents), "PYCOMPSS_WORKERS": str(agents),
            "PYCOMPSS_LOG_DIR": folder, "DASK_TEMPORARY_DIRECTORY": folder,
        }  # fmt: skip
        words = (sys.executable, __file__, "--engine", engine, "--agents", str(agents), "--tasks", str(tasks))
        done = subprocess.run(
            [*words, "--megabytes", str(megabytes), "--began", str(time.time())],
            env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=300,
        )  # fmt: skip
    found: Figures = json.loads(done.stdout.splitlines()[-1])
    return found


def table(rounds: list[dict[str, Figures]]) -> str:
    lines = ["| | this project | Dask | ratio |", "|---|---|---|---|"]
    for key, text in ROWS:
        ours, theirs = (statistics.median(round_[engine][key] for round_ in rounds) for engine in ENGINES)
        lines.append(f"| {text} | {ours:,.4g} | {theirs:,.4g} | {ours / theirs:.2f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--megabytes", type=int, default=MEGABYTES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", help="write everything there")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--began", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        what = (options.agents, options.tasks, options.megabytes)
        print(json.dumps(ENGINES[options.engine](*what, options.began)))
        return
    what = (options.agents, options.tasks, options.megabytes)
    rounds = [{engine: measure(engine, *what) for engine in ENGINES} for _ in range(options.rounds)]
    if options.json:
        Path(options.json).write_text(json.dumps({"machine": machine.description(), "rounds": rounds}, indent=1))
    print(table(rounds))


if __name__ == "__main__":
    main()
