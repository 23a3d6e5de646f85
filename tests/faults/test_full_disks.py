"""A disk that is full on one node of several: what needs it goes to the others."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import components, dask
from tests.support.dask import DaskCluster
from tests.support.launch import Result

pytestmark = pytest.mark.timeout(120)

Run = Callable[..., Result]
PRELUDE = """\
import os, sys
import numpy as np
from pycompss.api.api import compss_barrier, compss_open, compss_wait_on
from pycompss.api.parameter import FILE_IN, FILE_OUT
from pycompss.api.task import task
from tests.support.rendezvous import note, notes

MEGABYTE = 1 << 20

@task(returns=1)
def make(i):
    return np.full(MEGABYTE // 8, float(i))

@task(returns=1)
def first(a):
    return float(a[0])

@task(returns=1, out=FILE_OUT, on_failure=POLICY)
def write(log, out):
    note(log, os.environ["COMPSS_NODES"])
    with open(out, "wb") as file:
        file.write(bytes(4 * MEGABYTE))
    return os.environ["COMPSS_NODES"]

@task(f=FILE_IN, returns=1)
def size(f):
    return os.environ["COMPSS_NODES"], os.path.getsize(f)
"""


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("disk")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, disk: Path) -> Iterator[DaskCluster]:
    """On the node `small` there are two megabytes below `disk`."""
    components.need("unshare", "mount")
    if os.geteuid() != 0:
        components.unusable("unshare", "only root may mount")
    with dask.cluster(tmp_path_factory.mktemp("dask"), "large", LOCAL_DISK_PREFIX=str(disk)) as found:
        mount = f"mount -t tmpfs -o size=2m none '{disk}' && exec \"$@\""
        found.worker("small", before=("unshare", "--mount", "sh", "-c", mount, "sh"))
        yield found


@pytest.fixture
def go(cluster: DaskCluster, run: Run) -> Run:
    def start(source: str, *flags: str, policy: str = "RETRY") -> Result:
        source = PRELUDE.replace("POLICY", repr(policy)) + source
        flags = ("--engine=dask", f"--scheduler-file={cluster.file}", *flags)
        return run(source, launcher="runcompss", flags=flags, engine=None, workers=None)

    return start


def test_tasks_that_find_the_disk_full_where_they_work_go_elsewhere_at_once(go: Run, disk: Path) -> None:
    source = """
log = os.path.abspath("log")
print(set(compss_wait_on([write(log, f"f{i}") for i in range(6)])))
print(notes(log).count("small") == len(notes(log)) - 6 > 0)
"""
    result = go(source, f"--worker_working_dir={disk}/work").succeeded()
    assert "{'large'}\nTrue\n" in result.stdout
    assert " failed on small (attempt 1 of 4): will be tried again (attempt 2 of 4)\n" in result.stderr
    assert "[Errno 28] No space left on device\n" in result.stderr
    assert re.search(rf"disk.* of {disk}/work", result.stderr)
    assert "free space there, or use another place: --worker_working_dir=FOLDER" in result.stderr


def test_a_task_that_is_not_tried_again_tells_the_program_which_disk_is_full(go: Run, disk: Path) -> None:
    source = """
try:
    compss_wait_on([write(os.path.abspath("log"), f"f{i}") for i in range(6)])
except Exception as error:
    print(error)
"""
    result = go(source, f"--worker_working_dir={disk}/work", policy="FAIL")
    assert re.search(rf"failed on small\n(.*\n)+.*No space left on device: .*disk.* of {disk}/work", result.stdout)
    assert f"on {os.uname().nodename} is full; free space there" in result.stdout


def test_a_node_whose_disk_has_no_room_for_copies_of_files_is_done_without(go: Run, disk: Path) -> None:
    source = """
with open("big", "wb") as file:
    file.write(bytes(4 * MEGABYTE))
print(set(compss_wait_on([size("big") for _ in range(6)])))
"""
    result = go(source, "--worker_working_dir=local_disk").succeeded()
    assert "{('large', 4194304)}\n" in result.stdout
    assert f"the disk of {disk} on {os.uname().nodename} is full; free space there" in result.stderr
    assert "staging.py" not in result.stderr


def test_values_for_which_a_node_has_neither_memory_nor_disk_are_made_elsewhere(go: Run, disk: Path) -> None:
    source = """
values = [make(i) for i in range(60)]
compss_barrier()
print(compss_wait_on([first(value) for value in values]) == [float(i) for i in range(60)])
"""
    result = go(source, "--store_limit=8MiB", f"--spill_directory={disk}/spill").succeeded()
    assert "True\n" in result.stdout
    assert result.stderr == ""
