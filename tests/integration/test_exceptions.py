"""What a task raises reaches the program as it was; what the program sets in its environment, tasks see."""

from __future__ import annotations

import errno
import re
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pycompss import errors
from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import COLLECTION_IN
from pycompss.api.task import task


class WithItsOwnConstructorError(Exception):
    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left}{right}")
        self.left = left


class NoSuchPartError(FileNotFoundError):
    def __init__(self, part: int) -> None:
        super().__init__(errno.ENOENT, "no such part", f"part{part}.dat")


class WithALockError(Exception):
    def __init__(self, text: str) -> None:
        super().__init__(text, threading.Lock())
        self.text = text
        self.lock = threading.Lock()


@task(returns=1, on_failure="FAIL")
def fails(make: Callable[[], BaseException]) -> int:
    raise make()


def what_arrives(make: Callable[[], BaseException]) -> Any:
    with pytest.raises(errors.TaskError) as caught:
        compss_wait_on(fails(make))
    return caught.value.__cause__


def test_an_exception_with_a_constructor_of_its_own_arrives(session: Any) -> None:
    cause = what_arrives(lambda: WithItsOwnConstructorError("a", "b"))
    assert isinstance(cause, WithItsOwnConstructorError)
    assert (str(cause), cause.left) == ("ab", "a")


def test_an_error_of_the_system_with_a_constructor_of_its_own_keeps_its_number_and_file(session: Any) -> None:
    cause = what_arrives(lambda: NoSuchPartError(3))
    assert (type(cause), cause.errno, cause.filename) == (NoSuchPartError, errno.ENOENT, "part3.dat")


def test_an_exception_arrives_without_what_it_holds_that_cannot_travel(session: Any) -> None:
    cause = what_arrives(lambda: WithALockError("locked"))
    assert (type(cause), cause.args[0], cause.text) == (WithALockError, "locked", "locked")
    assert "lock" in cause.args[1]
    assert "lock" in cause.lock


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python has no groups of exceptions")
def test_groups_of_exceptions_with_constructors_of_their_own_arrive(session: Any) -> None:
    def group() -> BaseException:
        inner = ExceptionGroup("inner", [NoSuchPartError(1)])  # type: ignore[name-defined,unused-ignore]  # noqa: F821
        return ExceptionGroup("outer", [WithALockError("x"), inner])  # type: ignore[name-defined,no-any-return,unused-ignore]  # noqa: F821

    cause = what_arrives(group)
    assert cause.message == "outer"
    assert [type(each) for each in cause.exceptions] == [WithALockError, type(cause)]
    assert cause.exceptions[1].exceptions[0].filename == "part1.dat"


class OnlyPickles:
    """Takes two arguments, and is pickled with one."""

    def __init__(self, left: int, right: int) -> None:
        self.left, self.right = left, right

    def __reduce__(self) -> Any:
        return OnlyPickles, (self.left,)


@task(returns=1, on_failure="FAIL")
def adds(number: int, thing: Any, *others: Any, name: Any = None) -> int:
    return number


@task(returns=1, numbers=COLLECTION_IN, on_failure="FAIL")
def counts(numbers: list[Any]) -> int:
    return len(numbers)


@task(returns=1)
def only_pickles() -> Any:
    return OnlyPickles(1, 2)


CALLS: dict[str, Callable[[], Any]] = {
    "argument 'thing'": lambda: adds(1, OnlyPickles(1, 2)),
    "argument 'name'": lambda: adds(1, 2, name=OnlyPickles(1, 2)),
    "argument 5": lambda: adds(1, 2, 3, 4, OnlyPickles(1, 2)),
    "argument 'numbers'": lambda: counts([0, OnlyPickles(1, 2)]),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_argument_that_cannot_be_unpickled_is_named(session: Any, name: str) -> None:
    with pytest.raises(errors.TaskError, match=rf"'right'   \[while {name} was unpickled\]") as caught:
        compss_wait_on(CALLS[name]())
    assert isinstance(caught.value.__cause__, TypeError)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions have no notes")
def test_a_value_that_cannot_be_unpickled_is_said_to_be_a_task_s(session: Any) -> None:
    with pytest.raises(TypeError, match="'right'") as caught:
        compss_wait_on(only_pickles())
    notes: list[str] = getattr(caught.value, "__notes__", [])
    assert re.fullmatch(r"\[while the value of .*only_pickles \(task \d+\) was unpickled\]", *notes)


@pytest.mark.parametrize("launcher", ["python", "pycompss"])
def test_tasks_see_the_environment_that_the_program_has_set(run_program: Any, launcher: str) -> None:
    source = """
    import os
    from pycompss.api.api import compss_wait_on
    from pycompss.api.task import task

    @task(returns=1)
    def see():
        return os.environ.get("OF_THE_PROGRAM")

    if __name__ == "__main__":
        os.environ["OF_THE_PROGRAM"] = "yes"
        print(compss_wait_on(see()))
    """
    assert "yes\n" in run_program(source, launcher=launcher).succeeded().stdout
