"""A cluster of Dask that dask-jobqueue keeps in the batch system serves as nodes."""

from __future__ import annotations

import sys

import pytest

from tests.support.cluster import Cluster

pytestmark = pytest.mark.timeout(150)

JOBS = """\
import os, subprocess, sys
os.environ["DASK_TEMPORARY_DIRECTORY"] = "."
from dask_jobqueue import SLURMCluster

with SLURMCluster(
    cores=2, processes=1, memory="500MB", walltime="00:05:00", interface="lo", python=sys.executable,
    worker_command="dask worker", job_extra_directives=["--exclusive"],
) as jobs:
    jobs.scale(jobs=2)
    jobs.wait_for_workers(2)
    subprocess.run([sys.executable, "-m", "pycompss", "run", f"--scheduler_address={jobs.scheduler_address}", "app.py"])
"""
PROGRAM = """\
import os
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

@task(returns=1)
def square(x):
    return x * x, os.environ["SLURM_JOB_ID"]

found = compss_wait_on([square(x) for x in range(200)])
print(sum(value for value, _ in found), "in", len({job for _, job in found}), "jobs")
"""


def test_jobs_of_dask_jobqueue_are_nodes(cluster: Cluster) -> None:
    cluster.program("app.py", PROGRAM)
    done = cluster.run(sys.executable, cluster.program("jobs.py", JOBS))
    assert "2646700 in 2 jobs\n" in done.stdout, done.stdout + done.stderr
