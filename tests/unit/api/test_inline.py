"""The sequential engine: the oracle of every other test."""

from __future__ import annotations

import sys

import pytest

from pycompss.api.api import TaskGroup, compss_wait_on
from pycompss.api.constraint import constraint
from pycompss.api.exceptions import COMPSsException
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import COLLECTION_IN, INOUT
from pycompss.api.reduction import reduction
from pycompss.api.task import task


@task(c=INOUT)
def append(c, x):
    c.append(x)


@task(returns=2)
def pair():
    return 1, 2


@task(returns=1)
def default(a, b=5, *rest, key=0, **kw):
    return a, b, rest, key, kw


@task(pirority=True)
def misspelt():
    return 3


def test_a_result_is_the_functions_own(inline):
    assert pair() == (1, 2)
    assert default(1, 2, 3, key=4, other=5) == (1, 2, (3,), 4, {"other": 5})
    assert default(a=1) == (1, 5, (), 0, {})


def test_inout_changes_the_programs_object(inline):
    values = [1]
    append(values, 2)
    assert values == [1, 2]
    assert compss_wait_on(values) is values


def test_a_task_that_gives_its_argument_back_can_be_chained(inline):
    @task(c=INOUT, returns="{{c}}")
    def chained(x, c):
        c.append(x)

    @task(returns="{{x.real}}")
    def part(x):
        pass

    values = []
    assert chained(2, c=chained(1, values)) is values
    assert values == [1, 2]
    assert part(3) == 3


def test_call_keywords_do_not_reach_the_function(inline):
    given = {"returns": 3, "on_failure": "IGNORE", "defaults": {}, "computing_nodes": 2, "processes_per_node": 1}
    assert default(1, **given, is_reduce=True, chunk_size=2) == (1, 5, (), 0, {})


def test_exceptions_propagate_whatever_the_policy(inline):
    @on_failure(management="IGNORE", returns=0)
    @task(returns=1)
    def fail():
        raise COMPSsException("x", 3)

    with pytest.raises(COMPSsException, match=r"^x$") as caught, TaskGroup("g"):
        fail()
    assert (caught.value.message, caught.value.target_direction) == ("x", 3)


def test_wrong_arguments_raise_as_in_python(inline):
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'a'"):
        default()


def test_unexpected_decorator_arguments_are_said_at_every_call(inline, capsys):
    assert misspelt() + misspelt() == 6
    line = "WARNING: Unexpected argument: pirority Found in @task decorator.\n"
    assert capsys.readouterr().err.count(line) == 2


def test_stacked_decorators_leave_a_plain_call(inline):
    @on_failure(management="RETRY")
    @constraint(computing_units="${NOPE}")
    @reduction(chunk_size="2")
    @task(returns=1, values=COLLECTION_IN)
    def total(values):
        return sum(values)

    assert total([1, 2, 3]) == 6


def test_tasks_call_tasks(inline):
    @task(returns=1)
    def factorial(n):
        return 1 if n == 0 else n * compss_wait_on(factorial(n - 1))

    assert factorial(5) == 120


def test_a_program_runs_sequentially_when_the_environment_says_so(run_program):
    program = """
        import os
        from pycompss.api.task import task
        from pycompss.api.api import compss_wait_on

        @task(returns=1)
        def pid():
            return os.getpid()

        if __name__ == "__main__":
            print(pid() == compss_wait_on(pid()) == os.getpid())
    """
    result = run_program(program, engine="inline")
    assert (result.returncode, result.stdout) == (0, "True\n")
    assert sys.executable
