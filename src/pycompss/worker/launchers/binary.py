"""`@binary`: a program and its arguments."""

from __future__ import annotations

from pycompss.worker.launchers.launch import Launch


def run(launch: Launch) -> int:
    return launch.execute([launch.options["binary"], *launch.arguments()])
