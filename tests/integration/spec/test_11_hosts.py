"""Programming model, section 11.3: ranks on several hosts, which MPI's runners reach through a real ssh.

The hosts are spaces of this machine, each with a name, an address, processes and an sshd of its own (`scripts/sshd`).
A job of a batch system has them both: its agents are started there by what stands for PBS's `pbs_tmrsh`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycompss.errors import LaunchError
from pycompss.worker.launchers import mpi, trial
from pycompss.worker.launchers.launch import Body, Launch
from tests.support import components, processes
from tests.support.cluster import free_ports
from tests.support.launch import REPOSITORY
from tests.support.mpi import FAMILIES, Mpi, installed
from tests.support.rendezvous import await_true

pytestmark = pytest.mark.timeout(400)  # the first run installs MPI

# What PBS has: it runs a command on another host of the job, in the same environment.
TMRSH = """#!/bin/sh
host=$1 here=$(dirname "$0")
shift
export -p > "$here/environment.$host"
exec "$here/ssh" "$host" ". '$here/environment.$host'; cd '$PWD'; exec $*"
"""


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """East and west; the folder has `ssh`, `pbs_tmrsh` and their list."""
    components.need("sshd", "ssh", "ssh-keygen", "unshare", "hostname")
    if os.geteuid() != 0:
        components.unusable("sshd", "only root can start it")
    script, state = str(REPOSITORY / "scripts/sshd"), tmp_path_factory.mktemp("hosts")
    environment = {name: value for name, value in os.environ.items() if name != processes.MARK}
    subprocess.run([script, "up", str(state), str(free_ports(1)), "east", "west"], env=environment, check=True)
    (state / "pbs_tmrsh").write_text(TMRSH)
    (state / "pbs_tmrsh").chmod(0o755)
    (state / "nodes").write_text("east\nwest\n")
    yield state
    subprocess.run([script, "down", str(state)], env=environment, check=True)


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Mpi:
    return installed(request.param)


@pytest.fixture
def job(hosts: Path, family: Mpi) -> dict[str, str]:
    """The environment of a job that has both hosts."""
    found = {**family.environment, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{family.packages}"}
    return {
        **found,
        "PATH": f"{hosts}{os.pathsep}{found['PATH']}",
        "PBS_NODEFILE": str(hosts / "nodes"),
        "PBS_JOBID": "1",
        "NCPUS": "2",
        "UCX_TLS": "tcp,self",  # it looks like one machine, but shared memory does not cross spaces
    }


PROGRAM = """
import os, socket, sys
from pycompss.api.api import TaskGroup, compss_cancel_group, compss_open, compss_wait_on
from pycompss.api.mpi import mpi
from pycompss.api.mpmd_mpi import mpmd_mpi
from pycompss.api.parameter import FILE_OUT_STDOUT
from pycompss.api.task import task
from tests.support.rendezvous import await_mark

SAY = 'hostname; test -n "$SSH_CONNECTION"; echo $COMPSS_NUM_NODES $COMPSS_NUM_PROCS $OMP_NUM_THREADS'
ONE_LINE = f"-c 'echo $({SAY})'"

@mpi(runner="mpirun", binary="sh", args=ONE_LINE, processes=4, processes_per_node=2)
@task(out=FILE_OUT_STDOUT)
def programs(out):
    pass

@mpmd_mpi(
    runner="mpirun",
    programs=[{"binary": "sh", "args": ONE_LINE, "processes": 2}, {"binary": "sh", "args": ONE_LINE, "processes": 2}],
    processes_per_node=2,
)
@task(out=FILE_OUT_STDOUT)
def several(out):
    pass

@mpi(runner="mpirun", processes=4, processes_per_node=2)
@task(returns=1)
def functions(numbers):
    from mpi4py import MPI

    world = MPI.COMM_WORLD
    return world.rank, world.allreduce(numbers[world.rank]), socket.gethostname()

@mpi(runner="mpirun", binary="sh", args="-c {{script}}", processes=2, processes_per_node=1)
@task()
def endless(script):
    pass

def lines(path):
    with compss_open(path) as file:
        return sorted(file.read().splitlines())

programs("programs")
several("several")
values = compss_wait_on(functions([1, 2, 3, 4]))
print(lines("programs"))
print(lines("several"))
print([value[:2] for value in values], sorted(host for *_, host in values))
with TaskGroup("g", False):
    endless(f"echo > {os.getcwd()}/sleeps-$(hostname); exec sleep {sys.argv[1]}")
for host in ("east", "west"):
    await_mark(f"sleeps-{host}")
compss_cancel_group("g")
"""


def test_ranks_run_on_the_hosts_of_the_task(job: dict[str, str], run_program) -> None:
    seconds = 100_000 + os.getpid()  # nobody else sleeps as long
    result = run_program(PROGRAM, seconds, engine=None, workers=None, env=job).succeeded()
    each = sorted(2 * ["east 2 4 1", "west 2 4 1"])
    programs, several, functions = result.stdout.splitlines()
    assert programs == several == str(each)
    assert functions == f"{[(rank, 10) for rank in range(4)]} {sorted(2 * ['east', 'west'])}"
    await_true(lambda: not asleep(seconds), "ranks that were cancelled go on")


def asleep(seconds: int) -> list[int]:
    """Processes that sleep so long, on whichever host: we see them all."""
    return [pid for pid in processes.pids() if (found := processes.look(pid)) and found.command == f"sleep {seconds}"]


def test_a_host_that_ssh_cannot_reach_is_named(family: Mpi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the program is started anywhere, with what ssh or the runner said."""
    family.use(monkeypatch)
    monkeypatch.setenv("PYCOMPSS_ADDRESSES", f"{os.uname().nodename},no-such-host.invalid")
    monkeypatch.setattr(trial, "_passed", set())
    options = {"runner": "mpirun", "binary": "touch", "args": "started", "processes": 2, "threads": 1}
    launch = Launch(options, {}, {}, str(tmp_path), Body("f", lambda: print, b"", (), {}, ()))
    with pytest.raises(LaunchError, match=r"(?s)does not start MPI programs: asked for 2 ranks.*no-such-host"):
        mpi.run(launch)
    assert not (tmp_path / "started").exists()
