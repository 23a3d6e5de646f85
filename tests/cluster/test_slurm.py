"""Jobs in a real Slurm, from `pycompss job submit` to their last line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.cluster import Cluster
from tests.support.launch import REPOSITORY

pytestmark = pytest.mark.timeout(150)  # a job has 100 seconds (tests/support/cluster.py)

ONE = "--num_nodes=1"
WAITS = """\
import time
from pathlib import Path
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

@task(returns=1)
def long(x):
    Path("begun").touch()
    time.sleep(300)

compss_wait_on(long(1))
"""


@pytest.fixture(scope="module")
def limited(slurm: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Cluster, str]:
    """A job of one minute whose task takes five, submitted before the other tests begin; not counted as theirs."""
    cluster = Cluster(slurm, tmp_path_factory.mktemp("limited"))
    return cluster, cluster.submit(ONE, "--exec_time=1", "--queue=debug", cluster.program("waits.py", WAITS))


@pytest.fixture(autouse=True)
def at_the_same_time(limited: tuple[Cluster, str]) -> None:
    """That job runs beside all others."""


def test_an_example_runs_as_a_job(cluster: Cluster) -> None:
    example = "merge_sort.py"
    shutil.copy(REPOSITORY / "examples" / example, cluster.folder)
    job = cluster.submit("-g", ONE, "--exec_time=2", "--job_name=my example", example)
    listed = cluster.pycompss("job", "list").stdout
    assert any(line.startswith(f"\t{job} - ") and line.endswith(" - my example") for line in listed.splitlines())
    cluster.wait(job, "COMPLETED")
    assert f"Executing {example}" in cluster.out(job)
    assert "Execution Finished" in cluster.out(job)
    assert (cluster.folder / ".COMPSs" / job / "monitor/complete_graph.dot").exists()


def test_a_program_gets_its_words_and_variables_and_is_on_a_node(cluster: Cluster) -> None:
    program = cluster.program(
        "app.py", "import os, socket, sys\nprint(sys.argv[1:], os.environ['KEY'], socket.gethostname())"
    )
    job = cluster.submit("-e", "KEY=it's $HOME", ONE, "--exec_time=2", program, "a b", "$HOME", "`id`")
    cluster.wait(job, "COMPLETED")
    assert "['a b', '$HOME', '`id`'] it's $HOME node" in cluster.out(job)


def test_commands_run_on_every_node_before_and_after(cluster: Cluster) -> None:
    program = cluster.program("app.py", "print('the program')")
    job = cluster.submit("--num_nodes=2", "--exec_time=2", "--prolog=hostname", "--epilog=echo,after", program)
    cluster.wait(job, "COMPLETED")
    lines = [line for line in cluster.out(job).splitlines() if line.startswith(("node", "the program", "after"))]
    assert len(set(lines[:2])) == 2
    assert lines[2:] == ["the program", "after", "after"]


def test_a_program_that_fails_is_a_job_that_failed(cluster: Cluster) -> None:
    job = cluster.submit(ONE, "--exec_time=2", cluster.program("app.py", "raise ValueError('why')"))
    cluster.wait(job, "FAILED")
    assert "ValueError: why" in cluster.err(job)
    assert "Master execution failed. Exiting job." in cluster.err(job)


def test_a_cancelled_job_ends_in_order(cluster: Cluster) -> None:
    job = cluster.submit(ONE, "--exec_time=2", cluster.program("waits.py", WAITS))
    cluster.wait_for("begun")
    assert cluster.pycompss("job", "cancel", job).stdout == f"Job `{job}` canceled\n"
    cluster.wait(job, "CANCELLED")
    _ended_in_order(cluster, job)


def test_a_program_that_is_told_that_its_time_is_nearly_over_ends_in_order(cluster: Cluster) -> None:
    job = cluster.submit(ONE, "--exec_time=2", cluster.program("waits.py", WAITS))
    cluster.wait_for("begun")
    assert cluster.run("scancel", "--batch", "--signal=USR1", job).returncode == 0  # as Slurm does before the end
    cluster.wait(job, "FAILED")
    _ended_in_order(cluster, job)


def _ended_in_order(cluster: Cluster, job: str) -> None:
    assert "Terminated." in cluster.err(job)
    assert "Execution Finished" in cluster.out(job)
    assert not (cluster.folder / ".COMPSs" / job / "tmpFiles").exists()


def test_a_job_starts_when_the_one_that_it_depends_on_has_ended_badly_or_well(cluster: Cluster) -> None:
    first = cluster.submit(ONE, "--exec_time=2", cluster.program("waits.py", WAITS))
    second = cluster.submit(ONE, f"--job_dependency={first}", cluster.program("app.py", "print('second')"))
    cluster.wait_for("begun")
    assert cluster.pycompss("job", "status", second).stdout == "SUCCESS:PENDING\n"
    cluster.pycompss("job", "cancel", first)
    cluster.wait(second, "COMPLETED")
    assert "second" in cluster.out(second)


@pytest.mark.parametrize(
    ("option", "found"),
    [
        ("--num_nodes=5", "at most 4 in queue batch"),
        ("--cpus_per_node=3", "at most 2 in queue batch"),
        ("--gpus_per_node=3", "at most 2 in queue batch"),
        ("--exec_time=61", "at most 60 in queue batch"),
        ("--queue=nightly", "Slurm has batch, debug"),
    ],
)
def test_more_than_there_is_is_refused_with_what_there_is(cluster: Cluster, option: str, found: str) -> None:
    done = cluster.pycompss("job", "submit", option, cluster.program("app.py", ""))
    assert done.returncode == 1
    assert found in done.stderr


def test_a_job_that_never_was_is_unknown(cluster: Cluster) -> None:
    assert "job 999999 is unknown" in cluster.pycompss("job", "status", "999999").stderr
    assert "cannot be cancelled" in cluster.pycompss("job", "cancel", "999999").stderr


def test_the_time_limit_ends_a_program_in_order(limited: tuple[Cluster, str]) -> None:
    cluster, job = limited
    cluster.wait(job, "FAILED")
    assert "Application has reached its wall clock limit (30 s)" in cluster.err(job)
    assert "Execution Finished" in cluster.out(job)
    assert Path(cluster.folder, ".COMPSs", job).is_dir()
