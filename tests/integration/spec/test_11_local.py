"""Programming model, section 11.4: `@local`."""

from __future__ import annotations

import os
from typing import Any

import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.local import Local, local
from pycompss.api.parameter import INOUT
from pycompss.api.task import task
from pycompss.errors import TaskError
from pycompss.runtime.future import Future


@task(returns=1)
def double(n):
    return 2 * n


@task(numbers=INOUT)
def append(numbers, n):
    numbers.append(n)


@task(returns=1)
def length(numbers):
    return len(numbers)


@local
def types_here(*args, **kwargs):
    return os.getpid(), [type(value).__name__ for value in (*args, *kwargs.values())]


def test_a_future_is_printed_as_its_value(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Given @local def show(x): print(x) with a future, then the value prints."""

    @local
    def show(x):
        print(x)

    show(double(21))
    assert capsys.readouterr().out == "42\n"


def test_it_runs_in_the_process_of_the_program_with_values(local: Any) -> None:
    assert types_here(double(1), "text", n=double(2)) == (os.getpid(), ["int", "str", "int"])


def test_what_tasks_have_written_is_there(engine: str) -> None:
    numbers = [1]
    append(numbers, 2)
    assert Local(lambda x: list(x))(numbers) == [1, 2]


def test_only_the_arguments_themselves_are_waited_for(local: Any) -> None:
    assert Local(lambda x: type(x[0]))([double(1)]) is Future


def test_a_list_that_no_task_has_written_is_the_very_list(engine: str) -> None:
    numbers = [1, 2]
    assert compss_wait_on(length(numbers)) == 2
    Local()(lambda x: x.append(3))(numbers)
    assert numbers == [1, 2, 3]
    assert compss_wait_on(length(numbers)) == 3  # the next task sees what the function did


def test_methods_may_be_local(engine: str) -> None:
    class Counter:
        n = 0

        @task()
        def step(self):
            self.n += 1

        @Local
        def show(self, label):
            return f"{label}{self.n}"

    counter = Counter()
    counter.step()
    assert counter.show("n=") == "n=1"


def test_a_local_function_inside_a_task_waits_there(engine: str) -> None:
    def outer(n):
        return types_here(double(n))[1] == ["int"] and Local(lambda x: x)(double(n))

    assert compss_wait_on(task(returns=1)(outer)(4)) == 8


def test_the_failure_of_a_task_is_raised_at_the_call(fresh) -> None:
    fresh()

    @task(returns=1, on_failure="FAIL")
    def fail():
        raise ValueError("no")

    with pytest.raises(TaskError, match="fail"):
        types_here(fail())


def test_an_exception_of_the_function_is_the_callers(engine: str) -> None:
    with pytest.raises(ZeroDivisionError):
        Local(lambda x: 1 // x)(double(0))
