"""`@compss`: a program of this programming model, run by a runtime of its own on the cores of the task."""

from __future__ import annotations

import os
import sys

from pycompss.worker.launchers.launch import Launch


def run(launch: Launch) -> int:
    options = launch.options
    runner = (
        launch.words(options["runcompss"]) if options.get("runcompss") else [sys.executable, "-m", "pycompss", "run"]
    )
    flags = launch.words(options.get("flags") or "")
    units = {"PYCOMPSS_WORKERS": os.environ.get("COMPSS_NUM_THREADS", "1")}
    return launch.execute([*runner, *flags, launch.path(options["app_name"]), *launch.arguments()], units)
