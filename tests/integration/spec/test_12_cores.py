"""Runtime and tools, 5.3: a task with k computing units is pinned to k free cores, whatever kind of task it is.

While a Python task holds one core, the kernel itself is asked where another one may run: `sched_getaffinity`, and
`taskset -p` of a program. MPI tasks: `test_11_mpi.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_barrier, compss_open, compss_wait_on
from pycompss.api.binary import binary
from pycompss.api.compss import compss
from pycompss.api.constraint import constraint
from pycompss.api.epilog import epilog
from pycompss.api.IO import IO
from pycompss.api.parameter import FILE_OUT_STDOUT
from pycompss.api.prolog import prolog
from pycompss.api.task import task
from tests.support.rendezvous import await_mark, mark, meet

ALL = sorted(getattr(os, "sched_getaffinity", lambda _: range(2))(0))
FIRST = ALL[:2]  # the map of cores in these tests

pytestmark = pytest.mark.skipif(len(ALL) < 2, reason="nothing can be seen on a machine with one core")
ASK = "-c 'taskset -pc $$; echo $COMPSS_BINDED_CPUS of $COMPSS_NUM_CPUS, $OMP_NUM_THREADS'"


def cores() -> tuple[list[int], str | None, str | None, str]:
    """Where this process may run, and what it was told."""
    names = ("COMPSS_BINDED_CPUS", "COMPSS_NUM_CPUS", "OMP_NUM_THREADS")
    told, number, threads = (os.environ.get(name) for name in names)
    return sorted(os.sched_getaffinity(0)), told, number, str(threads)


@task(returns=1)
def holds(folder, name, others):
    meet(folder, name, others)
    return cores()


@task(returns=1)
def holds_until(path):
    mark(path + ".held")
    await_mark(path)
    return cores()[0]


@constraint(computing_units=2)
@task(returns=1)
def wide():
    return cores()


@IO()
@task(returns=1)
def waits():
    return cores()[0]


@binary(binary="sh", args=ASK)
@task(out=FILE_OUT_STDOUT)
def asks(out):
    pass


@prolog(binary="sh", args=ASK)
@epilog(binary="sh", args=ASK, fail_by_exit_value=True)
@task()
def surrounded():
    pass


@compss(app_name="app.py", flags="--log_level=off")
@task(returns=int, out=FILE_OUT_STDOUT)
def nested(out):
    pass


@pytest.fixture
def two_cores(fresh: Callable[..., Any]) -> Any:
    return fresh(workers=2, cpu_affinity=",".join(map(str, FIRST)), log_level="debug")


@pytest.fixture
def other(two_cores: Any, folder: Path) -> Any:
    """The core that is left while a task holds one; it goes on afterwards."""
    path = str(folder / "go")
    held = holds_until(path)
    await_mark(path + ".held")

    class Left:
        """Known when the other one is asked for, which ends the wait."""

        def __call__(self) -> int:
            mark(path)
            (own,) = compss_wait_on(held)
            (left,) = {*FIRST} - {own}
            return left

    left = Left()
    yield left
    mark(path)


def said(path: str) -> str:
    with compss_open(path) as file:
        return file.read()


def asked_by_kernel(text: str) -> list[str]:
    """What `taskset` says of where it may run, and the line of what it was told."""
    affinity, told = text.splitlines()
    return [affinity.rpartition(": ")[2], told]


def test_python_tasks_that_run_together_have_cores_of_their_own(two_cores: Any, folder: Path) -> None:
    names = ["a", "b"]
    found = compss_wait_on([holds(str(folder), name, names) for name in names])
    assert sorted(own for own, *_ in found) == [[FIRST[0]], [FIRST[1]]]
    for (core,), *told in found:
        assert told == [str(core), "1", "1"]


def test_a_task_of_two_units_has_two_cores_and_the_next_one_again(two_cores: Any, folder: Path) -> None:
    both = ",".join(map(str, FIRST))
    assert compss_wait_on(wide()) == (FIRST, both, "2", "2")
    assert len(compss_wait_on(holds(str(folder), "a", []))[0]) == 1
    assert compss_wait_on(wide()) == (FIRST, both, "2", "2")


def test_a_program_has_the_core_of_its_task(other: Any) -> None:
    asks("out")
    text = said("out")
    left = other()
    assert asked_by_kernel(text) == [str(left), f"{left} of 1, 1"]


def test_a_prolog_and_an_epilog_have_the_core_of_their_task(other: Any, two_cores: Any) -> None:
    compss_wait_on(surrounded())
    left = other()
    compss_barrier()
    texts = [path.read_text() for path in Path(two_cores.folder.path, "jobs").glob("*.out")]
    (lines,) = [text.splitlines() for text in texts if text]
    assert [asked_by_kernel("\n".join(pair)) for pair in (lines[:2], lines[2:])] == [[str(left), f"{left} of 1, 1"]] * 2


def test_a_program_of_its_own_has_the_core_of_its_task(other: Any, folder: Path) -> None:
    (folder / "app.py").write_text(
        "import os\n"
        "from pycompss.api.api import compss_wait_on\n"
        "from pycompss.api.task import task\n"
        "@task(returns=1)\n"
        "def inside():\n"
        "    return sorted(os.sched_getaffinity(0))\n"
        "print('inside', compss_wait_on(inside()))\n"
    )
    assert compss_wait_on(nested("out")) == 0
    text = said("out")
    assert f"inside [{other()}]\n" in text


def test_a_task_that_waits_for_io_is_bound_to_none(two_cores: Any) -> None:
    assert compss_wait_on(waits()) == ALL


def test_a_map_says_which_cores_there_are(fresh: Callable[..., Any], folder: Path) -> None:
    fresh(workers=1, cpu_affinity=str(FIRST[1]))
    assert compss_wait_on(holds(str(folder), "a", [])) == ([FIRST[1]], str(FIRST[1]), "1", "1")


def test_a_balancer_is_told_of_cores_that_are_not_bound(fresh: Callable[..., Any], folder: Path) -> None:
    """`dlb` pins softly: tasks are told their cores and may lend them."""
    fresh(workers=2, cpu_affinity="dlb")
    own, told, number, _ = compss_wait_on(holds(str(folder), "a", []))
    assert (own, number) == (ALL, "1")
    assert told in map(str, ALL)


def test_switched_off_nothing_is_bound_or_told(fresh: Callable[..., Any], folder: Path) -> None:
    fresh(workers=2, cpu_affinity="disabled")
    own, told, _, threads = compss_wait_on(holds(str(folder), "a", []))
    assert (own, told or "", threads) == (ALL, "", "1")
