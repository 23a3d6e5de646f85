"""Programs that use all nodes of their job."""

from __future__ import annotations

import os
import sys
import time

import pytest

from tests.support import processes
from tests.support.cluster import Cluster
from tests.support.launch import REPOSITORY

pytestmark = pytest.mark.timeout(150)  # a job has 100 seconds (tests/support/cluster.py)

WHERE = """\
import socket, time
from pathlib import Path
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

@task(returns=1)
def where(x, others):
    Path(f"here-{x}").touch()  # the nodes share the folder: every task waits until as many run as there are units
    while len(list(Path(".").glob("here-*"))) < others:
        time.sleep(0.01)
    return x, socket.gethostname()

@task(returns=1)
def total(values, more):
    return sum(values) + sum(more)

@task(returns=1)
def large(x):
    return [x] * 100_000

found = compss_wait_on([where(x, UNITS) for x in range(UNITS)])
print("hosts:", *sorted(host for _, host in found))
parts = [large(x) for x in range(8)]
print("total:", compss_wait_on(total(compss_wait_on(total(parts[1], parts[2])) and parts[3], parts[7])))
print("on", socket.gethostname())
"""


def test_a_job_of_four_nodes_uses_them_all(cluster: Cluster) -> None:
    job = cluster.submit("--num_nodes=4", "--exec_time=5", cluster.program("app.py", WHERE.replace("UNITS", "8")))
    cluster.wait(job, "COMPLETED")
    hosts = "node1 node1 node2 node2 node3 node3 node4 node4"
    assert f"hosts: {hosts}\ntotal: 1000000\non node1\n" in cluster.out(job)
    assert cluster.err(job) == ""


def test_a_plain_program_in_an_allocation_uses_it(cluster: Cluster) -> None:
    program = cluster.program("app.py", WHERE.replace("UNITS", "4"))
    done = cluster.run("salloc", "-Q", "--nodes=2", "--exclusive", "--time=5", sys.executable, program)
    assert done.returncode == 0, done.stderr
    assert len(set(done.stdout.splitlines()[0].split()[1:])) == 2


RANKS = """\
import os
from pycompss.api.api import compss_wait_on, compss_wait_on_file
from pycompss.api.constraint import constraint
from pycompss.api.mpi import mpi
from pycompss.api.multinode import multinode
from pycompss.api.parameter import FILE_OUT_STDOUT
from pycompss.api.task import task

@mpi(runner="srun", flags="--mpi=pmi2", binary="hostname", processes=4, processes_per_node=2)
@task(out=FILE_OUT_STDOUT)
def ranks(out):
    pass

@constraint(computing_units=2)
@multinode(computing_nodes=2)
@task(returns=1)
def wide():
    return [os.environ[name] for name in ("COMPSS_NUM_NODES", "COMPSS_HOSTNAMES", "COMPSS_NUM_THREADS")]

number, names, threads = compss_wait_on(wide())
print("nodes:", number, *sorted(names.split(",")), threads)
ranks("hosts")
compss_wait_on_file("hosts")
with open("hosts") as file:
    print("ranks:", *sorted(file.read().split()))
"""


def test_ranks_of_a_task_are_on_all_its_nodes(cluster: Cluster) -> None:
    """Two on each of two, started by `srun` beside the agents, which have the same cores."""
    job = cluster.submit("--num_nodes=2", "--exec_time=5", cluster.program("app.py", RANKS))
    cluster.wait(job, "COMPLETED")
    nodes, ranks = [line.split()[1:] for line in cluster.out(job).splitlines() if line.startswith(("nodes:", "ranks:"))]
    assert nodes == ["2", *sorted(set(ranks)), "2"]
    assert len(set(ranks)) == 2
    assert ranks == sorted(2 * list(set(ranks)))


def test_nodes_of_several_types_work_in_one_job(cluster: Cluster) -> None:
    """One unit on the first node, two and a GPU on each of the others."""
    (cluster.folder / "types.cfg").write_text(
        "type_first(){ cpus_per_node=1; }\ntype_other(){\n cpus_per_node=2\n gpus_per_node=1\n}\n"
    )
    types = ("--heterogeneous", "--types_cfg=types.cfg", "--master=first", "--workers=other:2")
    job = cluster.submit(*types, "--exec_time=5", cluster.program("app.py", WHERE.replace("UNITS", "5")))
    cluster.wait(job, "COMPLETED")
    out = cluster.out(job)
    hosts = next(line for line in out.splitlines() if line.startswith("hosts:")).split()[1:]
    assert sorted(map(hosts.count, set(hosts))) == [1, 2, 2]
    assert "(1 computing unit)" in out
    assert out.count("(2 computing units, 1 GPU)") == 2


# Stands in for Apptainer: what runs "inside" is marked, and has no commands of the batch system.
APPTAINER = """#!/bin/bash
echo "$*" >>APPTAINER_CALLS
while [ "$1" != /images/mine.sif ]; do shift; done
export INSIDE="$1" PATH="FOLDER/inside:$PATH"
shift
exec "$@"
"""


def test_program_and_agents_of_a_job_run_in_its_image(cluster: Cluster) -> None:
    stand_in, nothing = cluster.folder / "bin/apptainer", cluster.folder / "inside/srun"
    for path, text in ((stand_in, APPTAINER), (nothing, "#!/bin/sh\necho no srun inside >&2\nexit 9\n")):
        path.parent.mkdir()
        path.write_text(text.replace("FOLDER", str(cluster.folder)))
        path.chmod(0o755)
    inside = "    import os\n    assert os.environ['INSIDE'] == '/images/mine.sif'\n    return x, "
    program = cluster.program("app.py", WHERE.replace("UNITS", "4").replace("    return x, ", inside))
    options = ("--num_nodes=2", "--exec_time=5", "--container_image=/images/mine.sif", "--container_opts=--nv -B /data")
    path = f"{stand_in.parent}:{os.environ['PATH']}"
    job = cluster.submit("-e", f"PATH={path}", *options, f"--python_interpreter={sys.executable}", program)
    cluster.wait(job, "COMPLETED")
    line = next(line for line in cluster.out(job).splitlines() if line.startswith("hosts:"))
    assert len(set(line.split()[1:])) == 2
    calls = (cluster.folder / "APPTAINER_CALLS").read_text().splitlines()
    assert sorted(call.split(" -u -m ")[1].split()[0] for call in calls) == ["pycompss", "pycompss.engines.dask.agent"]
    assert all(call.startswith(f"exec --nv -B /data /images/mine.sif {sys.executable} -u -m ") for call in calls)
    assert cluster.err(job) == ""


DIES = """\
import os
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

@task(returns=1)
def same(x):
    return x

print(compss_wait_on(same(1)), flush=True)
os.kill(os.getpid(), 9)
"""


def test_when_the_program_is_killed_nothing_stays_on_any_node(cluster: Cluster) -> None:
    program = cluster.program("app.py", DIES)
    done = cluster.run("salloc", "-Q", "--nodes=3", "--exclusive", "--time=5", sys.executable, program)
    assert done.stdout == "1\n", done.stderr
    assert processes.left_after(60, str(cluster.mark)) == []


GROWS = """\
import os, time
import numpy as np
from pycompss.api.api import (
    compss_barrier, compss_free_resources, compss_get_number_of_resources, compss_request_resources, compss_wait_on,
)
from pycompss.api.task import task
from tests.support.rendezvous import await_mark, mark

@task(returns=2)
def meet(mine, *others):
    mark(mine)
    for other in others:
        await_mark(other)
    return os.environ["COMPSS_HOSTNAMES"], np.full(100_000, 1.0)

def until(count):
    while compss_get_number_of_resources() != count:
        time.sleep(0.01)

compss_request_resources(9, None)
until(3)
names = "abcdef"
hosts, values = zip(*[meet(name, *names) for name in names])
print("hosts:", *sorted(compss_wait_on(list(hosts))))
compss_free_resources(2, None)
until(1)
print("sum:", sum(float(value.sum()) for value in compss_wait_on(list(values))))
"""


def test_a_job_gets_more_nodes_and_gives_them_back(cluster: Cluster) -> None:
    """Two at most, each a job of its own and as large as ours; what was made there is moved before they go."""
    program = cluster.program("app.py", GROWS)
    options = ("--num_nodes=1", "--elasticity=2", "--automatic_scaling=false", "--exec_time=5")
    job = cluster.submit(*options, "-e", f"PYTHONPATH={REPOSITORY}", program)
    cluster.wait(job, "COMPLETED")
    hosts, total = (line.split()[1:] for line in cluster.out(job).splitlines() if line.startswith(("hosts:", "sum:")))
    assert hosts == sorted(2 * list(set(hosts)))  # those that were free
    assert (len(set(hosts)), total) == (3, ["600000.0"])
    assert cluster.err(job) == ""
    while cluster.run("squeue", "--noheader").stdout.strip():  # they end by themselves, or the test's time does
        time.sleep(0.1)
