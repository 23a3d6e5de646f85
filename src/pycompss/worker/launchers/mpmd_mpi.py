"""`@mpmd_mpi`: several programs that are one MPI world."""

from __future__ import annotations

from pycompss.worker.launchers import trial
from pycompss.worker.launchers.launch import Launch
from pycompss.worker.launchers.runner import Runner


def run(launch: Launch) -> int:
    options = launch.options
    mpirun = Runner(launch)
    programs = [
        (program["processes"], [mpirun.program(program["binary"]), *launch.words(program.get("args") or "")])
        for program in options["programs"]
    ]
    trial.check(mpirun, options["processes"], [words[0] for _, words in programs])
    return mpirun.start(programs)
