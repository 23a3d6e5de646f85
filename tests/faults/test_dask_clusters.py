"""Programs whose nodes are the workers of a Dask cluster that others have started, and that may change meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from distributed import Security

from tests.faults.watched import Watched
from tests.support import components, dask, processes
from tests.support.dask import DaskCluster
from tests.support.launch import Result
from tests.support.rendezvous import await_true

pytestmark = pytest.mark.timeout(120)

PRELUDE = """\
import os, sys
import numpy as np
from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task
from tests.support.rendezvous import await_mark, mark, reached

@task(returns=1)
def large(x):
    return np.full(100_000, float(x))

@task(a=INOUT)
def increase(a):
    a += 1

@task(returns=1)
def total(a, b):
    return float(a.sum() + b.sum())

@task(returns=1)
def meet(mine, *others):
    mark(mine)
    for other in others:
        await_mark(other)
    return os.environ["COMPSS_NODES"]
"""
PROGRAM = f"""{PRELUDE}
print("nodes:", *sorted(compss_wait_on([meet("a", "b"), meet("b", "a")])))
xs = [large(x) for x in range(8)]
for x in xs:
    increase(x)
print("totals:", *set(compss_wait_on([total(a, b) for a, b in zip(xs, reversed(xs))])))
"""
ANSWER = "nodes: first second\ntotals: 900000.0\n"
Run = Callable[..., Result]
Watch = Callable[..., Watched]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask.cluster(tmp_path_factory.mktemp("dask"), "first", "second") as found:
        yield found


def on(cluster: DaskCluster) -> dict[str, str | None]:
    """Variables of a program that runs there."""
    return {"PYCOMPSS_ENGINE": None, "PYCOMPSS_WORKERS": None, "PYCOMPSS_SCHEDULER_FILE": str(cluster.file)}


def children(cluster: DaskCluster) -> set[int]:
    """Processes that its workers have started."""
    pids = {process.pid for process in cluster.started.values()}
    found = filter(None, map(processes.look, processes.pids()))
    return {process.pid for process in found if process.parent in pids and process.state != "Z"}


def test_its_workers_are_the_nodes_and_are_left_as_they_were(cluster: DaskCluster, run: Run) -> None:
    before, own = cluster.look(), children(cluster)
    flags = ["--engine=dask", f"--scheduler-file={cluster.file}"]
    result = run(PROGRAM, launcher="runcompss", flags=flags, engine=None, workers=None).succeeded()
    assert ANSWER in result.stdout
    assert "Nodes: the workers of the Dask cluster" in result.stdout
    assert cluster.look() == before
    assert before[1] == 3
    assert children(cluster) == own


def test_two_programs_share_it(cluster: DaskCluster, run: Run, watch: Watch) -> None:
    """One begins and ends while the other has all nodes."""
    source = f"""{PRELUDE}
found = [meet("a", "b", "go on"), meet("b", "a", "go on")]
print(*sorted(compss_wait_on(found)))
"""
    first = watch(source, env=on(cluster))
    first.reached("a")
    first.reached("b")
    assert run(PROGRAM, env=on(cluster)).succeeded().stdout == ANSWER
    (first.folder / "go on").touch()
    assert first.ended().succeeded().stdout == "first second\n"


def test_nothing_of_a_program_that_is_killed_stays_there(cluster: DaskCluster, watch: Watch) -> None:
    before, own = cluster.look(), children(cluster)
    program = watch(PRELUDE + 'compss_wait_on([meet("a", "b", "never"), meet("b", "a", "never")])', env=on(cluster))
    program.reached("a")
    program.reached("b")
    program.send(signal.SIGKILL)
    assert program.ended().returncode == -signal.SIGKILL
    await_true(lambda: children(cluster) == own, "processes of the program did not end")
    assert cluster.look() == before


CHANGES = f"""{PRELUDE}
import time
from pycompss.api.api import compss_barrier, compss_get_number_of_resources
from pycompss.api.constraint import constraint
from tests.support.rendezvous import note, notes

@constraint(computing_units=3)
@task(returns=1)
def wide():
    return os.environ["COMPSS_NODES"], os.environ["OMP_NUM_THREADS"]

@constraint(computing_units=3)
@task(returns=1)
def made_there(i):
    note("made", "once")
    return np.full(100_000, float(i))

mark("begun")
while compss_get_number_of_resources() < 3:
    time.sleep(0.01)
print(compss_wait_on(wide()))
values = [made_there(i) for i in range(4)]
compss_barrier()
running = [meet(name, "go on") for name in ("a", "b", "c", "d", "e")]
for name in ("a", "b", "c", "d", "e"):
    await_mark(name)
mark("all run")
while compss_get_number_of_resources() > 2:
    time.sleep(0.01)
mark("go on")
print(*sorted(compss_wait_on(running)))
await_mark("it is gone")
print(sum(float(value.sum()) for value in compss_wait_on(values)), len(notes("made")))
"""


def installed(folder: Path, *packages: str) -> str:
    """A folder with traces of packages, such as `numpy-9.0`."""
    for package in packages:
        trace = folder / "other" / f"{package}.dist-info"
        trace.mkdir(parents=True)
        name, version = package.split("-")
        (trace / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return str(folder / "other")


def test_a_worker_joins_and_leaves_in_order(cluster: DaskCluster, watch: Watch, tmp_path: Path) -> None:
    """Its threads are computing units; what runs there ends there, and what was made there is not made again."""
    program = watch(CHANGES, env=on(cluster))
    program.reached("begun")
    series = np.__version__.partition(".")[0]
    cluster.worker("third", "--nthreads=3", PYTHONPATH=installed(tmp_path, f"numpy-{series}.99"))
    program.reached("all run")
    cluster.retire("third")
    (program.folder / "it is gone").touch()
    ended = program.ended().succeeded()
    assert ended.stdout == "('third', '3')\nfirst second third third third\n600000.0 4\n"
    assert ended.stderr.startswith(
        f"WARNING: node third (on {os.uname().nodename}) has other versions than the program"
    )
    assert f"    asked: numpy {np.__version__}\n    found: numpy {series}.99\n    try:   " in ended.stderr
    assert len(ended.stderr.splitlines()) == 4


def test_keys_of_dasks_configuration_open_it(tmp_path: Path, run: Run) -> None:
    keys = Security.temporary()
    variables = {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true"}
    for name, text in (("ca", keys.tls_ca_file), ("key", keys.tls_worker_key), ("cert", keys.tls_worker_cert)):
        (tmp_path / name).write_text(str(text))
    variables["DASK_DISTRIBUTED__COMM__TLS__CA_FILE"] = str(tmp_path / "ca")
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        for part in ("key", "cert"):
            variables[f"DASK_DISTRIBUTED__COMM__TLS__{role}__{part.upper()}"] = str(tmp_path / part)
    (tmp_path / "cluster").mkdir()
    with dask.cluster(tmp_path / "cluster", **variables) as cluster:
        address = cluster.address
        flags = [f"--scheduler_address={address}"]
        assert address.startswith("tls://")
        refused = run(PROGRAM, launcher="runcompss", flags=flags, engine=None, env=variables)
        assert refused.returncode == 1
        assert f"the Dask cluster at {address} has no workers; start one: dask worker {address}" in refused.stderr
        cluster.worker("first", "--nthreads=2")
        result = run(PROGRAM, launcher="runcompss", flags=flags, engine=None, env=variables).succeeded()
        assert ANSWER.replace("second", "first") in result.stdout
        refused = run(PROGRAM, launcher="runcompss", flags=flags, engine=None)
        assert refused.returncode == 1
        assert f"{address} wants keys, and Dask's configuration has none: set" in refused.stderr
        (tmp_path / "ca").write_text(str(Security.temporary().tls_ca_file))
        refused = run(PROGRAM, launcher="runcompss", flags=flags, engine=None, env=variables)
        assert refused.returncode == 1
        assert f"no Dask scheduler answers at {address}: " in refused.stderr
        assert "Traceback" not in refused.stderr


# -- what cannot be a node


def plugins(cluster: DaskCluster) -> list[str]:
    """What its workers have been given; they take leave of it after the program has ended."""
    return [name for worker in cluster.look()[0] for name in worker[0]]


def test_workers_that_do_not_fit_are_named_and_the_rest_goes_on(
    cluster: DaskCluster, run: Run, watch: Watch, tmp_path: Path
) -> None:
    """One has other packages, one does not see the program's folders, one an old copy of a module of the program's own.

    At the start that ends the run.
    """
    components.need("unshare", "mount")
    if os.geteuid() != 0:
        components.unusable("unshare", "only root may mount")
    source = f"""{PRELUDE}
with open(os.path.join(os.path.dirname(__file__), "of_our_own.py"), "w") as file:
    file.write("VERSION = 2")
import of_our_own, psutil
print(*sorted(compss_wait_on([meet("a", "go on"), meet("b", "go on")])))
"""
    program = watch(source, env=on(cluster))
    program.reached("a")
    program.reached("b")
    cluster.worker("odd", PYTHONPATH=installed(tmp_path, "cloudpickle-9.0", "psutil-99.0"))
    module = program.folder.parent / "of_our_own.py"
    (tmp_path / "old.py").write_text("VERSION = 1")
    old = f"mount --bind '{tmp_path}/old.py' '{module}' && exec \"$@\""
    cluster.worker("stale", before=("unshare", "--mount", "sh", "-c", old, "sh"))
    hide = f"mount -t tmpfs none '{program.log_dir}' && exec \"$@\""
    cluster.worker("blind", before=("unshare", "--mount", "sh", "-c", hide, "sh"))
    for name in ("odd", "blind", "stale"):
        said = f"WARNING: node {name} (on {os.uname().nodename}) "
        await_true(lambda said=said: said in program.err.read_text(), f"no word about {name}")
    (program.folder / "go on").touch()
    assert program.ended().succeeded().stdout == "first second\n"
    folder = next((program.log_dir / ".COMPSs").iterdir())
    assert f"does not see the program's folders\n    asked: {folder}, shared by all nodes\n" in program.err.read_text()
    assert "has another version of the program's own module of_our_own.py\n" in program.err.read_text()
    assert f"    asked: {module}\n    found: {module}, which differs\n    try:   run the pro" in program.err.read_text()
    cluster.end("blind")
    cluster.end("stale")
    refused = run(PROGRAM, launcher="runcompss", flags=[f"--scheduler_file={cluster.file}"], engine=None)
    await_true(
        lambda: not any("pycompss" in name for name in plugins(cluster)), "something of ours stays in its workers"
    )
    cluster.end("odd")
    for text in (program.err.read_text(), refused.stderr):
        assert "has other versions than the program\n    asked: cloudpickle " in text
        assert "    found: cloudpickle 9.0" in text
        assert "-m pip install cloudpickle==" in text
    assert "    found: cloudpickle 9.0, psutil 99.0\n" in program.err.read_text()
    assert refused.returncode == 1


# -- what cannot be a cluster


def test_a_worker_is_no_scheduler(cluster: DaskCluster, run: Run) -> None:
    log = (cluster.folder / "first.log").read_text()
    address = next(word for word in log.split() if word.startswith("tcp://"))
    result = run(PROGRAM, env={**on(cluster), "PYCOMPSS_SCHEDULER_FILE": None, "PYCOMPSS_SCHEDULER_ADDRESS": address})
    assert result.returncode == 1
    assert f"at {address} there is no Dask scheduler, but a Worker" in result.stderr
