"""Programming model, sections 13 and 17: sequential mode, and that it agrees with the runtime."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import (
    TaskGroup,
    compss_barrier,
    compss_barrier_group,
    compss_delete_object,
    compss_file_exists,
    compss_get_number_of_resources,
    compss_open,
    compss_wait_on,
    compss_wait_on_directory,
    compss_wait_on_file,
)
from pycompss.api.constraint import constraint
from pycompss.api.container import container
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import FILE_OUT, INOUT
from pycompss.api.task import task

PROGRAM = """
import sys
from pycompss.api.task import task
from pycompss.api.constraint import constraint
from pycompss.api.parameter import *
from pycompss.api.api import *


class Account:
    def __init__(self, owner="nobody"):
        self.owner, self.balance = owner, 0

    @task()
    def deposit(self, amount):
        self.balance += amount

    @task(returns=1, target_direction=IN)
    def report(self):
        return f"{self.owner}: {self.balance}"


@constraint(computing_units=1)
@task(returns=1)
def square(x):
    return x * x


@task(c=COLLECTION_IN, returns=1)
def total(c):
    return sum(c)


@task(returns=2)
def divide(a, b):
    return a // b, a % b


@task(f=FILE_OUT)
def write(f, text):
    with open(f, "w") as file:
        file.write(text)


@task(f=FILE_INOUT)
def extend(f, text):
    with open(f, "a") as file:
        file.write(text)


@task(words=INOUT)
def add_word(words, word):
    words.append(word)


@task(returns=1)
def nested(n):
    return compss_wait_on(total([square(i) for i in range(n)]))


def main():
    print("squares", compss_wait_on([square(i) for i in range(5)]))
    print("total", compss_wait_on(total([square(i) for i in range(5)])))
    quotient, rest = divide(square(5), 7)
    print("divide", compss_wait_on(quotient), compss_wait_on(rest))
    account = Account("Ada")
    for amount in (1, 2, 3):
        account.deposit(amount)
    print("account", compss_wait_on(account.report()))
    account = compss_wait_on(account)
    print("balance", account.balance)
    write("notes.txt", "one\\n")
    extend("notes.txt", "two\\n")
    print("exists", compss_file_exists("notes.txt"))
    with compss_open("notes.txt") as file:
        print("notes", file.read().split())
    words = ["a"]
    with TaskGroup("words"):
        for word in "bcd":
            add_word(words, word)
    words = compss_wait_on(words)
    print("words", words)
    print("nested", compss_wait_on(nested(4)))
    print("mixed", compss_wait_on({"k": [square(3), 4]}), compss_wait_on(7), compss_wait_on())
    compss_barrier()
    print("arguments", sys.argv[1:])


if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("launcher", ["python", "pycompss"])
def test_a_program_prints_the_same_everywhere(run_program: Any, launcher: str) -> None:
    """Given any program using only task/constraint/API, then sequence and runtime print the same results."""
    sequential = run_program(PROGRAM, "a b", "c", engine="inline", launcher="python")
    assert sequential.returncode == 0, sequential.stderr
    parallel = run_program(PROGRAM, "a b", "c", engine="local", launcher=launcher)
    assert parallel.returncode == 0, parallel.stderr
    lines = sequential.stdout.splitlines()
    assert len(lines) == 11
    assert [line for line in parallel.stdout.splitlines() if line.split()[:1] and line in lines] == lines
    assert sequential.stderr == ""


def test_a_program_without_the_runtime_needs_no_guard_of_its_own(run_program: Any) -> None:
    """Section 17: workers never run the program's module-level code, so an unguarded program is right, too."""
    program = """
        from pycompss.api.task import task
        from pycompss.api.api import compss_wait_on

        @task(returns=1)
        def double(x):
            return 2 * x

        print(compss_wait_on([double(n) for n in range(3)]))
    """
    result = run_program(program)
    assert (result.returncode, result.stdout) == (0, "[0, 2, 4]\n"), result.stderr


@task(returns=2)
def pair():
    return 1, 2


@task(x=INOUT)
def append(x, value):
    x.append(value)


@constraint(computing_units=1000)
@task(returns=1)
def constrained():
    return os.getpid()


@on_failure(management="IGNORE", returns=0)
@task(returns=1)
def fails():
    raise ValueError("as in sequence")


@task(f=FILE_OUT)
def write(f):
    Path(f).write_text("text")


@container(engine="DOCKER", image="an/image")
@task(returns=1)
def contained():
    return 1


def test_a_call_gives_the_functions_own_value(inline: Any) -> None:
    """Call the function, return its real value (tuple stays tuple)."""
    assert pair() == (1, 2)
    assert type(pair()) is tuple


def test_other_decorators_of_a_task_change_nothing(inline: Any) -> None:
    """constraint, on_failure: call the function; exceptions propagate."""
    assert constrained() == os.getpid()
    with pytest.raises(ValueError, match="as in sequence"):
        fails()


def test_wait_on_is_the_identity(inline: Any) -> None:
    """wait_on identity (n → list)."""
    x, y = [1], (2, [3])
    assert compss_wait_on(x) is x
    both = compss_wait_on(x, y)
    assert type(both) is list
    assert both[0] is x
    assert both[1] is y


def test_synchronisations_are_no_operations(inline: Any) -> None:
    """Barriers, groups: no-ops."""
    x: list[int] = []
    with TaskGroup("g"):
        append(x, 1)
    compss_barrier()
    compss_barrier_group("g")
    assert x == [1]


def test_files_are_files(inline: Any) -> None:
    """file_exists = os.path.exists; open = builtin; wait_on_file returns name(s)."""
    assert compss_file_exists("f") is False
    write("f")
    assert compss_file_exists("f") is True
    with compss_open("f") as file:
        assert file.name == "f"
        assert file.read() == "text"
    assert compss_wait_on_file("f") == "f"
    assert compss_wait_on_directory("d") == "d"


def test_the_rest_of_the_api_in_sequence(inline: Any) -> None:
    """delete_* True; get_number_of_resources 1."""
    assert compss_delete_object([1]) is True
    assert compss_get_number_of_resources() == 1


def test_a_decorator_of_another_place_runs_the_body_in_sequence(inline: Any) -> None:
    """Section 17: decorators that section 13 makes raise run the body or program on inline."""
    assert contained() == 1
