"""`@mpi`: a program, or the task's own function, in every rank."""

from __future__ import annotations

from typing import Any

from pycompss.worker.launchers import trial
from pycompss.worker.launchers.launch import Launch
from pycompss.worker.launchers.runner import Runner


def run(launch: Launch) -> Any:
    options = launch.options
    mpirun = Runner(launch)
    ranks = options["processes"]
    if "binary" not in options:
        from pycompss.worker.launchers import ranks as python  # noqa: PLC0415  (the other form)

        return python.run(launch, mpirun, ranks)
    program = mpirun.program(options["binary"])
    trial.check(mpirun, ranks, [program])
    return mpirun.start([(ranks, [program, *launch.arguments()])])
