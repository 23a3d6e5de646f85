"""What a task raises reaches the program as it was; what the program sets in its environment, tasks see."""

from __future__ import annotations

from typing import Any

import pytest

from pycompss import errors
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task


class WithItsOwnConstructorError(Exception):
    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left}{right}")
        self.left = left


@task(returns=1, on_failure="FAIL")
def fails() -> int:
    raise WithItsOwnConstructorError("a", "b")


def test_an_exception_with_a_constructor_of_its_own_arrives(session: Any) -> None:
    with pytest.raises(errors.TaskError) as caught:
        compss_wait_on(fails())
    cause = caught.value.__cause__
    assert isinstance(cause, WithItsOwnConstructorError)
    assert (str(cause), cause.left) == ("ab", "a")


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
