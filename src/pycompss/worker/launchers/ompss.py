"""`@ompss`: a program whose own runtime has as many threads as the task has computing units."""

from __future__ import annotations

import os

from pycompss.worker.launchers.launch import Launch


def run(launch: Launch) -> int:
    threads = os.environ.get("COMPSS_NUM_THREADS", "1")
    return launch.execute([launch.options["binary"], *launch.arguments()], {"NX_SMP_WORKERS": threads})
