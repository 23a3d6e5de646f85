"""k-means on the nodes of a real Slurm: the same numbers as on one machine, also when a node is lost on the way."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.cluster import Cluster
from tests.support.launch import REPOSITORY

pytestmark = pytest.mark.timeout(200)  # a job has 100 seconds (tests/support/cluster.py), a node as many to come back

OPTIONS = ("--fragments=8", "--iterations=6", "--save=centres.npy")

# Tasks of the fourth iteration wait, one on every unit, until the test has done what it has to do.
PAUSES = """\
import socket, sys, time
from pathlib import Path
import kmeans
from pycompss.api.task import task

iterations = 0

@task(returns=1)
def partial_sums(points, centres):
    if Path("middle").exists():
        Path(f"here-{socket.gethostname()}").touch()
        while not Path("goes-on").exists():
            time.sleep(0.02)
    return kmeans.sums(points, centres)

def means(total, centres):
    global iterations
    iterations += 1
    if iterations == 3:
        Path("middle").touch()
    return kmeans_means(total, centres)

kmeans.partial_sums = partial_sums
kmeans_means, kmeans.means = kmeans.means, means
sys.exit(kmeans.main())
"""


@pytest.fixture
def examples(cluster: Cluster) -> Cluster:
    shutil.copy(REPOSITORY / "examples/kmeans.py", cluster.folder)
    return cluster


@pytest.fixture
def lost(cluster: Cluster) -> Iterator[list[str]]:
    """Names of nodes that the test has lost; they come back."""
    names: list[str] = []
    yield names
    for name in names:
        cluster.regain(name)


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "centres.npy").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def on_one_machine(slurm: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the centres that the engine `local` finds."""
    alone = tmp_path_factory.mktemp("alone")
    shutil.copy(REPOSITORY / "examples/kmeans.py", alone)
    Cluster(slurm, alone).pycompss("run", "--engine=local", "kmeans.py", *OPTIONS)
    return digest(alone)


def test_kmeans_on_four_nodes_finds_the_same_numbers_as_on_one_machine(examples: Cluster, on_one_machine: str) -> None:
    job = examples.submit("--num_nodes=4", "--exec_time=5", "kmeans.py", *OPTIONS)
    examples.wait(job, "COMPLETED")
    assert "right: the same centres" in examples.out(job)
    assert digest(examples.folder) == on_one_machine


def test_kmeans_finds_them_also_when_a_node_is_lost_on_the_way(
    examples: Cluster, on_one_machine: str, lost: list[str]
) -> None:
    job = examples.submit("--num_nodes=4", "--exec_time=5", examples.program("app.py", PAUSES), *OPTIONS)
    examples.wait_for("here-node3")
    lost.append("node3")
    examples.lose("node3")
    examples.program("goes-on", "")
    examples.wait_for("centres.npy")
    examples.regain(lost.pop())  # only then does Slurm end the job
    examples.wait(job, "COMPLETED")
    assert "right: the same centres" in examples.out(job)
    assert "WARNING: node node3 was lost" in examples.err(job)
    assert digest(examples.folder) == on_one_machine


def test_when_the_node_of_the_program_is_lost_nothing_stays_on_the_others(examples: Cluster, lost: list[str]) -> None:
    job = examples.submit("--num_nodes=4", "--exec_time=5", examples.program("app.py", PAUSES), *OPTIONS)
    for number in (2, 3, 4):
        examples.wait_for(f"here-node{number}")
    lost.append("node1")
    examples.lose("node1")
    assert processes.left_after(60, str(examples.mark)) == []
    examples.pycompss("job", "cancel", job)  # Slurm itself would notice only half a minute after the loss
    examples.regain(lost.pop())
    examples.wait(job, "NODE_FAIL", "FAILED", "CANCELLED")
    assert not (examples.folder / "centres.npy").exists()


ALL = """\
import os, socket, time
from pathlib import Path
from pycompss.api.task import task

@task(returns=1)
def stay(x):
    Path(f"here-{socket.gethostname()}").touch()
    time.sleep(300)

results = [stay(x) for x in range(6)]
while not Path("dies").exists():
    time.sleep(0.02)
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("what", ["the program", "all of the batch script"])
def test_when_the_program_is_killed_in_its_job_nothing_stays_on_any_node(cluster: Cluster, what: str) -> None:
    """Its node and the others go on."""
    job = cluster.submit("--num_nodes=3", "--exec_time=5", cluster.program("app.py", ALL))
    for number in (1, 2, 3):
        cluster.wait_for(f"here-node{number}")
    ours = [process.command for process in processes.of_run(str(cluster.mark))]
    assert sum("-m pycompss.engines.dask.agent" in command and "srun" not in command for command in ours) == 2
    if what == "the program":
        cluster.program("dies", "")
    else:
        found = [process for process in map(processes.look, processes.pids()) if process]
        (step,) = [process for process in found if process.command == f"slurmstepd: [{job}.batch]"]
        processes.kill([step, *(process for process in found if processes.descends(process, step.pid))])
    assert processes.left_after(30, str(cluster.mark)) == []
    cluster.pycompss("job", "cancel", job)  # of what it cannot know Slurm hears late
    cluster.wait(job, "FAILED", "CANCELLED", "NODE_FAIL")
