"""MPI tasks end with their task, worker or program: ranks, daemons and what they keep in shared memory."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.faults.watched import Watched, await_gone
from tests.support.launch import REPOSITORY, Result
from tests.support.mpi import FAMILIES, installed

pytestmark = pytest.mark.timeout(400)  # the first run installs MPI

SOURCE = """
import os
from pycompss.api.api import TaskGroup, compss_barrier, compss_cancel_group
from pycompss.api.mpi import mpi
from pycompss.api.task import task
from tests.support.rendezvous import await_mark, mark

@mpi(runner="mpirun", processes=2)
@task({options})
def waits(folder):
    import time
    from mpi4py import MPI
    ranks = MPI.COMM_WORLD.gather((os.getpid(), os.getppid()))
    if ranks:
        mark(os.path.join(folder, "up"), " ".join(str(pid) for pids in ranks for pid in pids))
    time.sleep(1000)

with TaskGroup("g", False):
    waits(os.getcwd())
await_mark("up")
{body}
"""


@pytest.fixture(params=FAMILIES)
def environment(request) -> dict[str, str]:
    """In which a program finds MPI, and the tests' rendezvous."""
    found = installed(request.param).environment
    return {**found, "PYTHONPATH": f"{found['PYTHONPATH']}:{REPOSITORY}:{REPOSITORY}/src"}


def source(body: str, options: str = "") -> str:
    return SOURCE.format(body=body, options=options)


def test_a_time_out_ends_all_ranks_and_daemons(run: Callable[..., Result], environment: dict[str, str]) -> None:
    text = source("compss_barrier()", "time_out=4, on_failure='FAIL'")
    result = run(text, workers=2, env=environment)  # fails if a process is left
    assert result.returncode == 1
    assert "ran longer than its time_out" in result.stderr


def test_a_cancellation_ends_all_ranks_and_daemons(run: Callable[..., Result], environment: dict[str, str]) -> None:
    run(source("compss_cancel_group('g')\ncompss_barrier()"), workers=2, env=environment).succeeded()


def ranks(program: Watched) -> list[int]:
    return [int(pid) for pid in program.reached("up").split()]


def test_ranks_do_not_survive_their_worker(watch: Callable[..., Watched], environment: dict[str, str]) -> None:
    program = watch(source("compss_barrier()", "on_failure='FAIL'"), workers=2, env=environment)
    pids = ranks(program)
    for worker in program.workers():
        os.kill(worker.pid, signal.SIGKILL)
    assert program.ended().returncode == 1
    for pid in pids:
        await_gone(pid)


def test_ranks_do_not_survive_the_program(watch: Callable[..., Watched], environment: dict[str, str]) -> None:
    program = watch(source("compss_barrier()"), workers=2, env=environment)
    pids = ranks(program)
    program.send(signal.SIGKILL)
    program.ended()
    for pid in pids:
        await_gone(pid)
