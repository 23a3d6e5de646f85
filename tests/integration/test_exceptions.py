"""What a task raises reaches the program as it was; what the program sets in its environment, tasks see."""

from __future__ import annotations

import errno
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pycompss import errors
from pycompss.api.api import compss_wait_on
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
