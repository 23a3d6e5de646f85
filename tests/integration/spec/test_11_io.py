"""Programming model, section 11.4: `@IO`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.constraint import constraint
from pycompss.api.IO import IO, io
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import FILE_OUT
from pycompss.api.task import task
from pycompss.errors import PyCOMPSsException, UnschedulableTask
from pycompss.runtime.config import NodeSpec
from tests.support.rendezvous import await_mark, counted, mark, meet

GIGABYTE = 1 << 30


@task(returns=1)
def compute_until(path):
    await_mark(path)
    return "computed"


@IO()
@task(returns=1)
def meet_waiting(folder, name, others):
    return meet(folder, name, others)


@IO()
@task(returns=1)
def count_waiting(folder, number):
    with counted(folder, str(number)) as inside:
        return inside


@IO()
@task(returns=1)
def environment():
    return {name: os.environ.get(name) for name in ("COMPSS_NUM_CPUS", "COMPSS_BINDED_CPUS", "OMP_NUM_THREADS")}


@io()
@task(path=FILE_OUT)
def save(path, text):
    Path(path).write_text(text)


@constraint(computing_units="units")
@task(returns=1)
def count_without_units(folder, number, units):
    with counted(folder, str(number)) as inside:
        return inside


def test_the_names_are_one() -> None:
    assert IO is io


def test_it_starts_at_once_while_the_core_is_busy(fresh: Any, folder: Path) -> None:
    """Given one core busy for 5 s and an @IO task, then the IO task starts at once."""
    fresh(workers=1)
    busy = compute_until(str(folder / "done"))
    save("a.txt", "text")
    assert compss_wait_on(meet_waiting(str(folder), "here", [])) == "here"
    mark(folder / "done")  # the core was busy until now
    assert compss_wait_on(busy) == "computed"
    compss_barrier()


def test_several_run_beside_each_other(fresh: Any, folder: Path) -> None:
    fresh(workers=1)
    busy = compute_until(str(folder / "done"))
    names = ["a", "b", "c", "d"]
    assert compss_wait_on([meet_waiting(str(folder), name, names) for name in names]) == names
    mark(folder / "done")
    compss_wait_on(busy)


def test_as_many_as_there_are_executors(fresh: Any, folder: Path) -> None:
    fresh(workers=2, io_executors=1)
    assert set(compss_wait_on([count_waiting(str(folder), n) for n in range(5)])) == {1}


def test_a_task_that_asks_for_no_units_takes_an_executor_too(fresh: Any, folder: Path) -> None:
    """Else as many worker processes as there are such tasks would start."""
    fresh(workers=2, io_executors=1)
    assert set(compss_wait_on([count_without_units(str(folder), n, 0) for n in range(5)])) == {1}


def test_cores_are_left_to_the_others(fresh: Any, folder: Path) -> None:
    fresh(workers=1, io_executors=1)
    waiting = meet_waiting(str(folder), "waiting", ["computing"])
    assert compss_wait_on(task(returns=1)(meet)(str(folder), "computing", ["waiting"])) == "computing"
    compss_wait_on(waiting)


def test_it_runs_on_one_thread_and_is_bound_to_no_core(local: Any) -> None:
    assert compss_wait_on(environment()) == {
        "COMPSS_NUM_CPUS": "0",
        "COMPSS_BINDED_CPUS": "",
        "OMP_NUM_THREADS": "1",
    }


def test_memory_counts_and_computing_units_do_not(fresh: Any, folder: Path) -> None:
    fresh(nodes=[NodeSpec("localhost", 1, 3 * GIGABYTE)])

    @io()
    @on_failure(management="IGNORE")
    @constraint(computing_units=64, memory_size=2)
    @task(returns=1)
    def large(folder, number):
        with counted(folder, str(number)) as inside:
            return inside

    @constraint(memory_size=64)
    @IO()
    @task()
    def too_large():
        pass

    assert compss_wait_on([large(str(folder), n) for n in range(3)]) == [1, 1, 1]
    with pytest.raises(UnschedulableTask, match="asks for memory_size=64 GB"):
        too_large()


def test_a_limit_of_tasks_is_one_of_those_that_compute(fresh: Any, folder: Path) -> None:
    fresh(nodes=[NodeSpec("localhost", 2, limit_of_tasks=1)])
    busy = compute_until(str(folder / "done"))
    assert compss_wait_on(meet_waiting(str(folder), "here", [])) == "here"
    mark(folder / "done")
    compss_wait_on(busy)


def test_a_task_may_call_one(fresh: Any, folder: Path) -> None:
    fresh(workers=1)

    def outer(folder):
        inner = meet_waiting(folder, "inner", ["outer"])
        meet(folder, "outer", ["inner"])  # while it has the only core
        return compss_wait_on(inner)

    assert compss_wait_on(task(returns=1)(outer)(str(folder))) == "inner"


def test_in_sequence_the_body_runs(inline: Any, folder: Path) -> None:
    assert meet_waiting(str(folder), "here", []) == "here"


def test_arguments_are_ignored_after_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    IO(threads=3)(task()(len))
    assert capsys.readouterr().err.startswith("WARNING: Unexpected argument: threads Found in @IO decorator.\n")


def test_without_parentheses_it_says_so() -> None:
    with pytest.raises(PyCOMPSsException, match=r"@IO on <task .*environment>: write @IO\(\) with parentheses"):
        IO(environment)


def test_what_is_no_task_is_refused() -> None:
    with pytest.raises(PyCOMPSsException, match="@IO on len, which is no task"):
        IO()(len)


def test_the_number_of_executors_is_an_option(run_program, tmp_path: Path) -> None:
    program = """
        import sys
        from pycompss.api.api import compss_wait_on
        from pycompss.api.IO import IO
        from pycompss.api.task import task
        from tests.support.rendezvous import meet

        @IO()
        @task(returns=1)
        def waiting(folder, name, names):
            return meet(folder, name, names)

        if __name__ == "__main__":
            names = [f"n{k}" for k in range(6)]
            print(len(compss_wait_on([waiting(sys.argv[1], name, names) for name in names])))
    """
    repository = Path(__file__).parents[3]
    flags = ["--io_executors=6", f"--pythonpath={repository}"]
    done = run_program(program, tmp_path, launcher="pycompss", engine=None, workers=1, flags=flags)
    assert done.succeeded().stdout.splitlines().count("6") == 1
