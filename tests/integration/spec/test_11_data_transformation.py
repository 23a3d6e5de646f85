"""Programming model, section 11.4: `@dt`, `DTObject`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_open, compss_wait_on
from pycompss.api.constraint import constraint
from pycompss.api.data_transformation import (
    COLLECTION_TO_DIRECTORY,
    COLLECTION_TO_FILE,
    COLLECTION_TO_OBJECT,
    DIRECTORY_TO_OBJECT,
    FILE_TO_COLLECTION,
    FILE_TO_OBJECT,
    OBJECT_TO_DIRECTORY,
    OBJECT_TO_FILE,
    dt,
    dto,
)
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import COLLECTION_IN, DIRECTORY_IN, FILE_IN, FILE_INOUT, FILE_OUT, INOUT
from pycompss.api.task import task
from pycompss.errors import TaskError


def to_str(value):
    return str(value)


def scale(value, by=2):
    return value * by


def read(path):
    return Path(path).read_text()


def write(value, path):
    Path(path).write_text(str(value))


def tasks_of(session: Any, call: Any) -> int:
    """How many tasks a call takes."""
    before = session.statistics().total
    compss_wait_on(call())
    return session.statistics().total - before


@task(returns=1)
def kind_of(x):
    return x, type(x).__name__


@dt("x", to_str)
@task(returns=1)
def f(x):
    return x


@task(returns=1)
def double(n):
    return 2 * n


def test_the_task_sees_the_transformed_value_and_two_tasks_run(engine: str, local_session: Any) -> None:
    """Given @dt("x", to_str) @task(returns=1) def f(x), f(5), then f sees "5" and two tasks ran."""
    assert compss_wait_on(f(5)) == "5"
    if engine == "local":
        assert tasks_of(local_session, lambda: f(5)) == 2


def test_a_future_is_transformed_too(engine: str) -> None:
    assert compss_wait_on(f(double(4))) == "8"
    assert compss_wait_on(f(x=double(4))) == "8"


def test_arguments_of_the_function_come_from_the_decorator_or_the_call(engine: str) -> None:
    @dt(target="x", function=scale, by="{{n}}")
    @task(returns=1)
    def g(x, n):
        return x, n

    assert compss_wait_on(g(3, 5)) == (15, 5)
    assert compss_wait_on(g(3, n=double(5))) == (30, 10)


def test_several_transform_from_top_to_bottom(engine: str, local_session: Any) -> None:
    @dt("x", scale, by=10)
    @dt("x", to_str)
    @dt("y", to_str)
    @task(returns=1)
    def g(x, y=7):
        return x, y

    assert compss_wait_on(g(1)) == ("10", "7")
    if engine == "local":
        assert tasks_of(local_session, lambda: g(1)) == 4


def test_a_call_brings_its_own(engine: str) -> None:
    """Given @dt() and the call keyword dt=dto(…), or a list of them."""

    @dt()
    @task(returns=1)
    def g(x):
        return x

    assert compss_wait_on(g(1)) == 1
    assert compss_wait_on(g(1, dt=dto("x", to_str))) == "1"
    assert compss_wait_on(g(1, dt=[dto("x", scale, by=3), dto(target="x", function=to_str)])) == "3"


def test_a_workflow_runs_in_the_program_and_calls_tasks(engine: str, local_session: Any) -> None:
    def add_up(numbers, by):
        assert os.getpid() == program
        return double(sum(compss_wait_on([double(n) for n in numbers])) * by)

    program = os.getpid()

    @dt("x", add_up, is_workflow=True, by=2)
    @task(returns=1)
    def g(x):
        return x

    assert compss_wait_on(g([1, 2])) == 24
    if engine == "local":
        assert tasks_of(local_session, lambda: g([1, 2])) == 4


# ---------------------------------------------------------------- types


@dt(target="path", function=write, type=OBJECT_TO_FILE, destination="written.txt")
@task(path=FILE_IN, returns=1)
def content(path):
    return os.path.basename(path), read(path)


@dt("text", read, type=FILE_TO_OBJECT)
@task(returns=1)
def reversed_text(text):
    return text[::-1]


@task(path=FILE_OUT)
def make_file(path, text):
    Path(path).write_text(text)


def test_object_to_file(engine: str) -> None:
    assert compss_wait_on(content(double(21))) == ("written.txt", "42")
    with compss_open("written.txt") as file:
        assert file.read() == "42"


def test_each_call_has_its_own_file_of_the_same_name(engine: str) -> None:
    calls = [content(n) for n in range(3)]
    assert [text for _, text in compss_wait_on(calls)] == ["0", "1", "2"]


def test_the_file_has_a_usual_name(engine: str) -> None:
    @dt("path", write, type=OBJECT_TO_FILE)
    @task(path=FILE_INOUT, returns=1)
    def extended(path):
        with open(path, "a") as file:
            file.write("!")
        return os.path.basename(path)

    assert compss_wait_on(extended("hello")) == "dt_file_out"
    with compss_open("dt_file_out") as file:
        assert file.read() == "hello!"


def test_the_name_of_the_file_may_depend_on_a_parameter(engine: str) -> None:
    @dt("path", write, type=OBJECT_TO_FILE, destination="of_{{n}}.txt")
    @task(path=FILE_IN, returns=1)
    def named(path, n):
        return os.path.basename(path), read(path)

    assert compss_wait_on([named("a", 1), named("b", n=2)]) == [("of_1.txt", "a"), ("of_2.txt", "b")]


def test_file_to_object_waits_for_who_writes_the_file(engine: str) -> None:
    make_file("a.txt", "abc")
    assert compss_wait_on(reversed_text("a.txt")) == "cba"


def test_file_to_collection_has_as_many_elements_as_its_size(engine: str) -> None:
    def lines(path, upper=False):
        found = read(path).split()
        return [line.upper() for line in found] if upper else found

    @dt(target="words", function=lines, type=FILE_TO_COLLECTION, size=3, upper=True)
    @task(words=COLLECTION_IN, returns=1)
    def joined(words):
        return "-".join(words)

    @dt("words", lines, type=FILE_TO_COLLECTION, size="{{n}}")
    @task(words=COLLECTION_IN, returns=1)
    def counted(words, n):
        return type(words).__name__, list(words), n

    make_file("a.txt", "x y z")
    make_file("b.txt", "one")
    assert compss_wait_on(joined("a.txt")) == "X-Y-Z"
    assert compss_wait_on(counted("a.txt", 3)) == ("list", ["x", "y", "z"], 3)
    assert compss_wait_on(counted("b.txt", 1)) == ("list", ["one"], 1)


def test_collection_to_object(engine: str) -> None:
    @dt("x", sum, type=COLLECTION_TO_OBJECT)
    @task(returns=1)
    def g(x):
        return x

    assert compss_wait_on(g([double(n) for n in range(4)])) == 12


def test_collection_to_file(engine: str) -> None:
    def save_all(values, path, separator=","):
        Path(path).write_text(separator.join(map(str, values)))

    @dt("path", save_all, type=COLLECTION_TO_FILE, destination="all.csv", separator=";")
    @task(path=FILE_IN, returns=1)
    def g(path):
        return read(path)

    assert compss_wait_on(g([double(1), double(2)])) == "2;4"


def fill(values, folder):
    os.mkdir(folder)
    for number, value in enumerate(values):
        (Path(folder) / f"{number}").write_text(str(value))


@pytest.mark.parametrize(("type_", "first"), [(OBJECT_TO_DIRECTORY, 2), (COLLECTION_TO_DIRECTORY, None)])
def test_something_to_directory(engine: str, type_: int, first: int | None) -> None:
    @dt("folder", fill, type=type_, destination="filled")
    @task(folder=DIRECTORY_IN, returns=1)
    def g(folder):
        return sorted((path.name, path.read_text()) for path in Path(folder).iterdir())

    values = [2, 4] if first else [double(1), double(2)]
    assert compss_wait_on(g(values)) == [("0", "2"), ("1", "4")]


def test_directory_to_object(engine: str, folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "a").write_text("text")

    @dt("x", os.listdir, type=DIRECTORY_TO_OBJECT)
    @task(returns=1)
    def g(x):
        return x

    assert compss_wait_on(g("in")) == ["a"]


def test_a_keyword_may_be_a_file_of_the_task(engine: str) -> None:
    def with_unit(value, unit):
        return f"{value} {read(unit)}"

    @dt("x", with_unit, unit="{{unit}}")
    @task(unit=FILE_IN, returns=1)
    def g(x, unit):
        return x

    make_file("unit.txt", "metres")
    assert compss_wait_on(g(5, "unit.txt")) == "5 metres"


# ---------------------------------------------------------------- together with others


def test_it_stacks_with_constraints_and_policies(engine: str) -> None:
    @on_failure(management="IGNORE", returns=-1)
    @dt("x", scale)
    @constraint(computing_units=2)
    @task(returns=1)
    def g(x):
        return 12 // x

    assert compss_wait_on(g(3)) == 2
    if engine == "local":
        assert compss_wait_on(g(0)) == -1


def test_methods_are_transformed_too(engine: str) -> None:
    class C:
        n = 1

        @dt("x", scale, by="{{y}}")
        @task(self=INOUT)
        def add(self, x, y=3):
            self.n += x

    c = C()
    c.add(2)
    assert compss_wait_on(c).n == 7


def test_a_transformed_task_inside_a_task(engine: str) -> None:
    def outer(n):
        return compss_wait_on(f(double(n)))

    assert compss_wait_on(task(returns=1)(outer)(4)) == "8"


def test_a_transformation_that_fails_is_a_task_that_fails(fresh: Any) -> None:
    fresh()

    def refuse(value):
        raise ValueError(f"not {value}")

    with pytest.raises(TaskError, match="refuse") as caught:
        compss_wait_on(dt("value", refuse)(task(returns=1)(to_str))(5))
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_program_with_its_own_functions(run_program) -> None:
    program = """
        from pycompss.api.api import compss_wait_on
        from pycompss.api.data_transformation import dt
        from pycompss.api.task import task

        OFFSET = 10

        def shift(value):
            return value + OFFSET

        @dt("x", shift)
        @task(returns=1)
        def f(x):
            return x

        if __name__ == "__main__":
            print(compss_wait_on([f(n) for n in range(3)]))
    """
    for engine in ("local", "inline"):
        assert run_program(program, engine=engine).succeeded().stdout == "[10, 11, 12]\n"
