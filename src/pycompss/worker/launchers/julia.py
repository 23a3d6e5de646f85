"""`@julia`: a script and its arguments, by way of `julia` or whatever `executor` says."""

from __future__ import annotations

from pycompss.worker.launchers.launch import Launch


def run(launch: Launch) -> int:
    options = launch.options
    return launch.execute([options["executor"], launch.path(options["script"]), *launch.arguments()])
