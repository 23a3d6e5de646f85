"""Programming model, section 11.4: `@implement`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_barrier, compss_open, compss_wait_on
from pycompss.api.binary import binary
from pycompss.api.constraint import constraint
from pycompss.api.implement import implement
from pycompss.api.IO import IO
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import COLLECTION_IN, FILE_OUT, FILE_OUT_STDOUT, INOUT
from pycompss.api.task import task
from pycompss.errors import TaskError, UnschedulableTask
from pycompss.runtime.config import NodeSpec
from tests.support.rendezvous import await_mark, mark, meet, note, notes

HERE = __name__


@task(returns=1)
def compute_until(path):
    await_mark(path)


# ---------------------------------------------------------------- functions and their versions


@constraint(computing_units=1)
@task(returns=1)
def modest(x):
    return "modest", x


@implement(source_class=HERE, method="modest")
@constraint(processors=[{"processorType": "GPU", "computingUnits": 64}])
@task(returns=1)
def impossible(x):
    return "impossible", x


@constraint(computing_units=99)
@task(returns=1)
def greedy(x, offset=1):
    return "greedy", x + offset


@implement(source_class=HERE, method="greedy")
@constraint(computing_units="2")
@task(returns=1)
def small_greedy(x, offset=1):
    return "small", x + offset


@constraint(computing_units=1)
@task(returns=1)
def meeting(folder, name, others):
    return meet(folder, name, others), "core"


@implement(source_class=HERE, method="meeting")
@IO()
@task(returns=1)
def meeting_beside(folder, name, others):
    return meet(folder, name, others), "beside"


@constraint(computing_units=99)
@task(numbers=INOUT, more=COLLECTION_IN, returns=1)
def extend(numbers, more):
    raise NotImplementedError


@implement(source_class=HERE, method="extend")
@task(numbers=INOUT, more=COLLECTION_IN, returns=1)
def really_extend(numbers, more):
    numbers += more
    return len(numbers)


@constraint(computing_units=99)
@task(out=FILE_OUT)
def say(text, out):
    Path(out).write_text(text)


@implement(source_class=HERE, method="say")
@binary(binary="echo", args="said {{text}}")
@task(out=FILE_OUT_STDOUT)
def say_aloud(text, out):
    pass


@constraint(computing_units="units")
@task(returns=1)
def wide(units):
    return "wide"


@implement(source_class=HERE, method="wide")
@constraint(computing_units="units - 1")
@task(returns=1)
def narrow(units):
    return "narrow"


@constraint(computing_units=99)
@task(returns=1)
def failing(log):
    raise NotImplementedError


@implement(source_class=HERE, method="failing")
@task(returns=1)
def failing_version(log):
    note(log, "attempt")
    raise ValueError("no")


@constraint(computing_units=99)
@task(returns=1)
def hopeless(x):
    return x


@implement(source_class=HERE, method="hopeless")
@constraint(computing_units=98)
@task(returns=1)
def hopeless_version(x):
    return x


class Shape:
    size = 2

    @constraint(computing_units=99)
    @task(returns=1)
    def area(self):
        return None


class Elsewhere:
    @implement(source_class=f"{HERE}.Shape", method="area")
    @task(returns=1)
    def area(self):
        return self.size**2


@task(returns=1)
def calls_versions(x):
    return compss_wait_on([greedy(x), modest(x)])


@task(returns=1)
def calls_hopeless(x):
    return compss_wait_on(hopeless(x))


# ---------------------------------------------------------------- which one runs


def test_a_version_whose_constraint_cannot_be_met_does_not_run(local: Any) -> None:
    """Given base with computing_units=1, an @implement variant whose constraint cannot be met, then calls run the
    base."""
    assert compss_wait_on([modest(n) for n in range(4)]) == [("modest", n) for n in range(4)]


def test_a_version_runs_where_the_base_cannot(local: Any) -> None:
    found = compss_wait_on([greedy(1), greedy(x=1, offset=5), small_greedy(1)])
    assert found == [("small", 2), ("small", 6), ("small", 2)]


def test_one_that_can_start_now_is_preferred(fresh: Any, folder: Path) -> None:
    fresh(workers=1)
    busy = compute_until(str(folder / "done"))
    assert compss_wait_on(meeting(str(folder), "here", [])) == ("here", "beside")
    mark(folder / "done")
    compss_wait_on(busy)


def test_calls_share_what_there_is(fresh: Any, folder: Path) -> None:
    """One core and one I/O executor: two calls meet, one as each version."""
    fresh(workers=1, io_executors=1)
    calls = [meeting(str(folder), "a", ["b"]), meeting(str(folder), "b", ["a"])]
    assert sorted(how for _, how in compss_wait_on(calls)) == ["beside", "core"]


def test_the_base_runs_where_both_can(local: Any) -> None:
    assert compss_wait_on(calm(1)) == "base"


@task(returns=1)
def calm(x):
    return "base"


@implement(source_class=HERE, method="calm")
@IO()
@task(returns=1)
def calm_beside(x):
    return "beside"


def test_constraints_may_depend_on_the_call(fresh: Any) -> None:
    fresh(workers=2)
    assert compss_wait_on([wide(2), wide(3)]) == ["wide", "narrow"]


def test_nothing_that_no_node_can_run_is_accepted(local: Any) -> None:
    with pytest.raises(UnschedulableTask, match="hopeless asks for 99 computing units"):
        hopeless(1)


def test_a_version_can_be_called_as_a_task_of_its_own(local: Any) -> None:
    assert compss_wait_on(small_greedy(1)) == ("small", 2)
    with pytest.raises(UnschedulableTask, match="hopeless_version asks for 98"):
        hopeless_version(1)


@constraint(computing_units=99)
@task(is_distributed=True, returns=1)
def spread():
    return "base"


@implement(source_class=HERE, method="spread")
@task(returns=1)
def spread_version():
    return os.environ["COMPSS_NODES"]


@constraint(computing_units=99)
@task(is_replicated=True)
def everywhere(log):
    raise NotImplementedError


@implement(source_class=HERE, method="everywhere")
@task()
def everywhere_version(log):
    note(log, os.environ["COMPSS_NODES"])


def test_a_distributed_or_replicated_task_runs_its_first_possible_version(fresh: Any, folder: Path) -> None:
    fresh(nodes=[NodeSpec("a", 2), NodeSpec("b", 2)])
    assert sorted(compss_wait_on([spread() for _ in range(4)])) == ["a", "a", "b", "b"]
    everywhere(str(folder / "log"))
    compss_barrier()
    assert sorted(notes(folder / "log")) == ["a", "b"]
    assert compss_wait_on(spread_version()) in ("a", "b")
    everywhere_version(str(folder / "log"))
    compss_barrier()
    assert len(notes(folder / "log")) == 3


# ---------------------------------------------------------------- what a version gets and makes


def test_directions_and_collections_hold_for_versions(local: Any) -> None:
    numbers = [1]
    lengths = [extend(numbers, [2, 3]), extend(numbers, [modest_number(4)])]
    assert compss_wait_on(numbers) == [1, 2, 3, 4]
    assert compss_wait_on(lengths) == [3, 4]


@task(returns=1)
def modest_number(n):
    return n


def test_a_version_may_be_a_program(local: Any) -> None:
    say("hello", "out.txt")
    with compss_open("out.txt") as file:
        assert file.read() == "said hello\n"


def test_methods_have_versions(local: Any) -> None:
    assert compss_wait_on(Shape().area()) == 4


def test_tasks_may_call_tasks_with_versions(local: Any) -> None:
    assert compss_wait_on(calls_versions(1)) == [("small", 2), ("modest", 1)]


def test_a_task_learns_that_no_version_can_run(fresh: Any) -> None:
    fresh()
    with pytest.raises(TaskError) as caught:
        compss_wait_on(calls_hopeless(1))
    assert "hopeless asks for 99 computing units" in str(caught.value.__cause__)


def test_a_version_that_fails_is_named_and_tried_again(fresh: Any, folder: Path) -> None:
    fresh()
    with pytest.raises(TaskError, match="failing_version"):
        compss_wait_on(failing(str(folder / "log")))
    assert notes(folder / "log") == ["attempt"] * 4


def test_defaults_of_the_original_count(local: Any) -> None:
    assert compss_wait_on(ignoring(1)) == 7


def test_a_version_that_is_a_program_ignores_defaults(local: Any) -> None:
    assert compss_wait_on(ignoring_program()) is None
    assert compss_wait_on(calls_ignoring()) == [None, 7]


@on_failure(management="IGNORE", returns=7)
@constraint(computing_units=99)
@task(returns=1)
def ignoring_program():
    raise NotImplementedError


@implement(source_class=HERE, method="ignoring_program")
@binary(binary="false")
@task(returns=1)
def program_version():
    pass


@task(returns=2)
def calls_ignoring():
    return ignoring_program(), ignoring(1)


@on_failure(management="IGNORE", returns=7)
@constraint(computing_units=99)
@task(returns=1)
def ignoring(x):
    raise NotImplementedError


@implement(source_class=HERE, method="ignoring")
@task(returns=1)
def ignoring_version(x):
    raise ValueError(x)


def test_the_program_itself_may_have_versions(run_program) -> None:
    program = """
        from pycompss.api.api import compss_wait_on
        from pycompss.api.constraint import constraint
        from pycompss.api.implement import implement
        from pycompss.api.task import task

        @implement(source_class="app", method="f")
        @task(returns=1)
        def g(x):
            return "g", x

        @constraint(computing_units=99)
        @task(returns=1)
        def f(x):
            return "f", x

        if __name__ == "__main__":
            print(compss_wait_on(f(1)))
    """
    assert run_program(program).succeeded().stdout == "('g', 1)\n"
    assert "('g', 1)" in run_program(program, launcher="pycompss", engine=None).succeeded().stdout
    assert run_program(program, engine="inline").succeeded().stdout == "('f', 1)\n"


def test_a_wrong_name_ends_the_program_with_one_clear_error(run_program) -> None:
    program = """
        from pycompss.api.implement import implement
        from pycompss.api.task import task

        @implement(source_class="__main__", method="nothing")
        @task(returns=1)
        def g(x):
            return "g", x

        @task(returns=1)
        def f(x):
            return x

        f(1)
    """
    done = run_program(program)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "@implement(source_class='__main__', method='nothing') of app.g" in last
    assert "app.py:5): module __main__ has no 'nothing'" in last


def test_versions_do_not_disturb_each_other(local: Any) -> None:
    calls = [(modest(n), greedy(n)) for n in range(20)]
    compss_barrier()
    assert compss_wait_on([list(pair) for pair in calls]) == [[("modest", n), ("small", n + 1)] for n in range(20)]
