"""Programming model, sections 11.3 and 11.4: tasks that take several nodes, on two of two computing units each."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import TaskGroup, compss_cancel_group, compss_wait_on, compss_wait_on_file
from pycompss.api.binary import binary
from pycompss.api.compss import compss
from pycompss.api.constraint import constraint
from pycompss.api.implement import implement
from pycompss.api.mpi import mpi
from pycompss.api.mpmd_mpi import mpmd_mpi
from pycompss.api.multinode import multinode
from pycompss.api.parameter import FILE_OUT_STDOUT
from pycompss.api.task import task
from pycompss.errors import TaskError, UnschedulableTask
from pycompss.runtime.config import NodeSpec
from pycompss.util.exceptions import PyCOMPSsException
from tests.integration.spec import mpi_tasks
from tests.support.answers import answering, running_aside
from tests.support.mpi import FAMILIES, installed
from tests.support.rendezvous import await_mark, mark

TWO = (NodeSpec("east", 2), NodeSpec("west", 2))
NODES = 2  # for `computing_nodes="NODES"`
VARIABLES = ("COMPSS_NUM_NODES", "COMPSS_HOSTNAMES", "COMPSS_NODES", "COMPSS_NUM_THREADS", "OMP_NUM_THREADS")


@pytest.fixture(scope="module")
def two_nodes_session(no_leaks_of_module: None) -> Iterator[Any]:
    with running_aside(nodes=TWO) as session, answering(session):
        yield session


@pytest.fixture
def two_nodes(two_nodes_session: Any) -> Iterator[Any]:
    with answering(two_nodes_session):
        yield two_nodes_session
        two_nodes_session.barrier()
        assert [node.free_units for node in two_nodes_session.core.nodes] == [2, 2]


def seen() -> list[str]:
    return [os.environ[name] for name in VARIABLES]


# ---------------------------------------------------------------- who may have how many


@pytest.mark.parametrize("given", [2, "2", "$N", "${N}", "NODES"])
def test_a_multinode_task_runs_once_and_knows_its_nodes(two_nodes, folder, given, monkeypatch):
    @constraint(computing_units=2)
    @multinode(computing_nodes=given)
    @task(returns=1)
    def body(folder):
        with open(os.path.join(folder, "runs"), "a") as file:
            file.write("once\n")
        return seen(), os.environ["SLURM_JOB_NUM_NODES"], os.environ["SLURM_NODELIST"]

    monkeypatch.setenv("N", "2")
    variables, slurm_nodes, slurm_list = compss_wait_on(body(str(folder)))
    assert variables[0] == slurm_nodes == "2"
    assert variables[1] == variables[2] == slurm_list
    assert sorted(slurm_list.split(",")) == ["east", "west"]
    assert variables[3:] == ["2", "2"]
    assert Path("runs").read_text() == "once\n"


def test_a_task_may_ask_for_nodes_itself_or_its_call_may(two_nodes):
    @task(returns=1, computing_nodes=2)
    def of_task():
        return seen()[0]

    @task(returns=1)
    def of_call():
        return seen()[0]

    assert compss_wait_on([of_task(), of_call(), of_call(computing_nodes="2"), of_call()]) == ["2", "1", "2", "1"]
    assert compss_wait_on(of_task(computing_nodes=1)) == "1"


def test_a_binary_finds_them_too(two_nodes):
    @multinode(computing_nodes=2)
    @binary(binary="sh", args="-c 'echo $COMPSS_NUM_NODES $SLURM_NNODES $COMPSS_NUM_PROCS'")
    @task(out=FILE_OUT_STDOUT)
    def tell(out):
        pass

    tell("out")
    compss_wait_on_file("out")
    assert Path("out").read_text() == "2 2 1\n"


def test_while_it_runs_nobody_else_has_what_it_took(two_nodes, folder):
    """What came later begins when it has ended, on whichever node."""

    @constraint(computing_units=2)
    @multinode(computing_nodes=2)
    @task(returns=1)
    def wide(folder):
        mark(os.path.join(folder, "wide"))
        await_mark(os.path.join(folder, "go"))
        return os.path.exists(os.path.join(folder, "small"))

    @task(returns=1)
    def small(folder):
        mark(os.path.join(folder, "small"))
        return seen()[0]

    result = wide(str(folder))
    await_mark("wide")
    others = [small(str(folder)) for _ in range(8)]
    assert [node.free_units for node in two_nodes.core.nodes] == [0, 0]
    mark("go")
    assert compss_wait_on(result) is False
    assert compss_wait_on(others) == ["1"] * 8


def test_a_task_inside_a_task_may_have_several_nodes(two_nodes):
    @constraint(computing_units=2)
    @multinode(computing_nodes=2)
    @task(returns=1)
    def inner():
        return seen()[0]

    @task(returns=1, computing_nodes=2)
    def outer():
        return seen()[0], compss_wait_on(inner()), seen()[0]

    assert compss_wait_on(outer()) == ("2", "2", "2")


@constraint(computing_units=3)  # more than a node has
@task(returns=1)
def narrow():
    return "one"


@implement(source_class=__name__, method="narrow")
@constraint(computing_units=2)
@multinode(computing_nodes=2)
@task(returns=1)
def wide_version():
    return seen()[0]


def test_a_version_of_a_task_may_have_several_nodes(two_nodes):
    assert compss_wait_on(narrow()) == "2"


# ---------------------------------------------------------------- what is refused where it is called


def test_more_nodes_than_there_are_are_refused_with_what_there_is(two_nodes):
    @task(computing_nodes=3)
    def far():
        pass

    with pytest.raises(
        UnschedulableTask, match=r"far asks for 3 nodes with 1 computing unit each; there are 2 \(east, west\)"
    ) as caught:
        far()
    assert "declared at" in str(caught.value)
    assert "called from test_11_several_nodes.py:" in str(caught.value)


def test_nodes_that_are_too_small_are_named(fresh):
    fresh(nodes=[NodeSpec("big", 2), NodeSpec("small", 1)])

    @constraint(computing_units=2)
    @multinode(computing_nodes=2)
    @task()
    def wide():
        pass

    @task(returns=1)
    def outer():
        try:
            wide()
        except UnschedulableTask as error:
            return error.message
        return "not refused"

    said = (
        "wide asks for 2 nodes with 2 computing units each; there are 2, of which only 1 could hold that (big); "
        "small has 1 computing unit\n"
    )
    with pytest.raises(UnschedulableTask) as caught:
        wide()
    assert said in str(caught.value)
    assert said in compss_wait_on(outer())


@pytest.mark.parametrize("given", [0, "nothing", None])
def test_what_is_no_number_of_nodes_is_refused(two_nodes, given):
    @task(computing_nodes=given)
    def body():
        pass

    with pytest.raises(PyCOMPSsException, match=r"@task\(computing_nodes=.*it is a positive number"):
        body()


def test_a_task_on_every_node_cannot_have_several_each_time(two_nodes):
    @task(is_replicated=True, computing_nodes=2)
    def body():
        pass

    with pytest.raises(PyCOMPSsException, match="is_replicated runs the task on every node by itself"):
        body()


# ---------------------------------------------------------------- however it ends


@pytest.fixture(scope="module")
def doomed_session(no_leaks_of_module: None) -> Iterator[Any]:
    with running_aside(nodes=TWO) as session, answering(session):
        yield session


@pytest.fixture
def doomed(doomed_session: Any) -> Iterator[Any]:
    """Two nodes on which tasks do not end well; afterwards, another task gets both."""
    with answering(doomed_session):
        yield doomed_session
        assert compss_wait_on(all_there_is()) == "2"


@constraint(computing_units=2)
@task(returns=1, computing_nodes=2)
def all_there_is():
    return seen()[0]


def test_a_task_that_fails_gives_all_nodes_back(doomed):
    @constraint(computing_units=2)
    @multinode(computing_nodes=2)
    @task(returns=1, on_failure="FAIL")
    def fails():
        raise ValueError("no")

    with pytest.raises(TaskError, match="no"):
        compss_wait_on(fails())


def test_so_does_one_whose_worker_is_killed_and_it_is_tried_again(doomed, folder):
    @constraint(computing_units=2)
    @task(returns=1, computing_nodes=2)
    def killed_once(folder):
        path = os.path.join(folder, "tried")
        if not os.path.exists(path):
            mark(path)
            os.kill(os.getpid(), signal.SIGKILL)
        return seen()[0]

    assert compss_wait_on(killed_once(str(folder))) == "2"


def test_so_does_one_that_takes_too_long(doomed):
    @constraint(computing_units=2)
    @task(returns=1, computing_nodes=2, time_out=1, on_failure="IGNORE", defaults={"returns": "late"})
    def slow():
        threading.Event().wait()

    assert compss_wait_on(slow()) == "late"


def test_so_does_one_that_is_cancelled(doomed, folder):
    @constraint(computing_units=2)
    @task(computing_nodes=2)
    def endless(folder):
        mark(os.path.join(folder, "begun"))
        threading.Event().wait()

    with TaskGroup("g", implicit_barrier=False):
        endless(str(folder))
    await_mark("begun")
    compss_cancel_group("g")


# ---------------------------------------------------------------- a program of this model inside


def test_a_nested_program_has_the_nodes_of_the_task(two_nodes):
    Path("inner.py").write_text("""
import os, sys
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

@task(returns=1, computing_nodes=2)
def wide():
    return os.environ["COMPSS_NUM_NODES"] + os.environ["COMPSS_NUM_THREADS"]

if __name__ == "__main__":
    sys.exit(7 if compss_wait_on(wide()) == "21" else 1)
""")

    @multinode(computing_nodes=2)
    @compss(app_name="inner.py", fail_by_exit_value=False)
    @task(returns=int)
    def by_multinode():
        pass

    @compss(app_name="inner.py", computing_nodes=2, fail_by_exit_value=False)
    @task(returns=int)
    def by_its_own():
        pass

    assert compss_wait_on([by_multinode(), by_its_own()]) == [7, 7]


# ---------------------------------------------------------------- MPI


@pytest.fixture(scope="module", params=FAMILIES)
def mpi_session(request: pytest.FixtureRequest, no_leaks_of_module: None) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        installed(request.param).use(patch)
        with running_aside(nodes=TWO) as session, answering(session):
            yield session


@pytest.fixture
def real(mpi_session: Any) -> Iterator[Any]:
    with answering(mpi_session):
        yield mpi_session
        mpi_session.barrier()


@pytest.mark.timeout(400)
class TestRealMpi:
    def test_ranks_are_divided_among_nodes_and_all_of_them_run(self, real):
        found = compss_wait_on(mpi_tasks.on_two_nodes())
        assert [rank for rank, *_ in found] == [0, 1, 2, 3]
        assert all(size == 4 for _, size, *_ in found)
        assert all(told == ["2", "4"] for *_, told in found)
        assert [node.free_units for node in real.core.nodes] == [2, 2]

    def test_so_they_are_where_nodes_are_counted(self, real):
        @multinode(computing_nodes=2)
        @mpi(runner="mpirun", binary="sh", processes=2, args="-c 'echo $COMPSS_NUM_NODES $COMPSS_NUM_PROCS'")
        @task(out=FILE_OUT_STDOUT)
        def tell(out):
            pass

        tell("out")
        compss_wait_on_file("out")
        assert Path("out").read_text() == "2 2\n" * 2

    def test_several_programs_are_one_world_on_two_nodes(self, real):
        part = {"binary": "sh", "args": "-c 'echo $COMPSS_NUM_NODES'", "processes": 2}

        @mpmd_mpi(runner="mpirun", programs=[part, part], processes_per_node=2)
        @task(out=FILE_OUT_STDOUT)
        def tell(out):
            pass

        tell("out")
        compss_wait_on_file("out")
        assert Path("out").read_text() == "2\n" * 4
