"""Programming model, sections 10.4 and 10.5: time-outs of tasks and the wall clock of the program."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import INOUT
from pycompss.api.task import task
from pycompss.errors import TaskError, TaskWarning
from pycompss.util.exceptions import TimeOutError
from tests.support.rendezvous import note, notes


def work_for(seconds):
    """Work that any exception interrupts."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)


@task(returns=1, time_out=1, on_failure="CANCEL_SUCCESSORS")
def too_long(path):
    begun = time.monotonic()
    try:
        work_for(20)
    except TimeOutError:
        note(path, f"{time.monotonic() - begun}")
        raise


@task(returns=1)
def successor(path, x):
    note(path, "ran")
    return x


@task(returns=1, time_out=30)
def short_enough(x):
    return x


@task(returns=1, time_out=1, on_failure="IGNORE", defaults={"returns": "default"})
def too_long_ignored():
    work_for(20)


@on_failure(management="IGNORE", returns="default")
@task(returns=1, time_out=1)
def one_long_sleep():
    time.sleep(20)  # in one piece: a single call of the system is interrupted, too


@task(returns=1, timeOut=1)
def too_long_at_first(path):
    note(path, "ran")
    if len(notes(path)) < 2:
        work_for(20)
    return "done"


@task(returns=1, time_out=1)
def swallows():
    try:
        work_for(20)
    except Exception:  # noqa: BLE001
        return "swallowed"


@task(x=INOUT)
def append(x, value):
    x.append(value)


@task(x=INOUT, time_out=1, on_failure="IGNORE")
def append_and_hang(x, value):
    x.append(value)
    work_for(20)


def test_a_task_ends_in_time_and_its_successors_are_cancelled(local: Any, folder: Path) -> None:
    """time_out=1, CANCEL_SUCCESSORS and a long sleep: ends after ≈1 s and the successors are cancelled."""
    result = too_long(str(folder / "times"))
    after = successor(str(folder / "log"), result)
    compss_barrier()
    (seconds,) = map(float, notes(folder / "times"))  # once, and it was a TimeOutError
    assert 0.8 < seconds < 5
    assert notes(folder / "log") == []
    with pytest.warns(TaskWarning):
        assert compss_wait_on(after) is None


def test_a_task_that_is_in_time_is_not_disturbed(engine: str) -> None:
    assert compss_wait_on([short_enough(n) for n in range(10)]) == list(range(10))


def test_a_time_out_counts_as_a_failure_that_can_be_ignored(local: Any) -> None:
    """Time-outs under IGNORE count as ignored too."""
    assert compss_wait_on([too_long_ignored(), one_long_sleep()]) == ["default", "default"]


def test_a_time_out_is_measured_per_execution(local: Any, folder: Path) -> None:
    """Measured per execution; counts as failure (default RETRY)."""
    assert compss_wait_on(too_long_at_first(str(folder / "log"))) == "done"
    assert notes(folder / "log") == ["ran", "ran"]


def test_a_broad_except_can_swallow_a_time_out(local: Any) -> None:
    """A broad `except Exception` in the task can swallow it."""
    assert compss_wait_on(swallows()) == "swallowed"


def test_changes_before_an_ignored_time_out_are_kept(local: Any) -> None:
    """IGNORE: INOUT objects keep the state at the exception."""
    x = [0]
    append_and_hang(x, 1)
    append(x, 2)
    assert compss_wait_on(x) == [0, 1, 2]


@task(returns=1, time_out=1, on_failure="FAIL")
def fails_late():
    work_for(20)


def test_a_time_out_is_told_as_such(fresh: Callable[..., Any]) -> None:
    fresh(workers=1)
    with pytest.raises(TaskError, match="fails_late") as caught:
        compss_wait_on(fails_late())
    assert "TimeOutError" in f"{caught.value} {caught.value.__cause__!r}"


WALL_CLOCK = """
    import sys, time
    from pycompss.api.task import task
    from pycompss.api.parameter import INOUT
    from pycompss.api.api import compss_barrier, compss_set_wall_clock

    @task(x=INOUT)
    def step(x, log):
        time.sleep(0.5)
        with open(log, "a") as file:
            file.write("step\\n")

    if __name__ == "__main__":
        log = sys.argv[1]
        x = [0]
        {set_wall_clock}
        for _ in range(50):
            step(x, log)
        compss_barrier()
        print("never")
"""


@pytest.mark.parametrize("how", ["call", "flag"])
def test_the_wall_clock_ends_the_program(run_program: Any, tmp_path: Path, how: str) -> None:
    """50 chained tasks and a limit: only the first few finish, the rest are cancelled, the exit is an error."""
    log = tmp_path / "log"
    if how == "call":
        result = run_program(WALL_CLOCK.format(set_wall_clock="compss_set_wall_clock(2)"), log)
    else:
        program = WALL_CLOCK.format(set_wall_clock="pass")
        result = run_program(program, log, launcher="pycompss", flags=["--wall_clock_limit=2"])
    assert result.returncode == 1
    assert "wall clock limit" in result.stderr
    assert "never" not in result.stdout
    assert 1 <= len(notes(log)) <= 10


def test_a_program_that_the_wall_clock_ends_while_its_last_tasks_run_says_so_in_one_line(
    run_program: Any, tmp_path: Path
) -> None:
    program = WALL_CLOCK.format(set_wall_clock="compss_set_wall_clock(2)").replace("compss_barrier()", "pass")
    result = run_program(program, tmp_path / "log")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "wall clock limit (2 s)" in result.stderr


def test_the_wall_clock_is_an_exception_in_the_program(run_program: Any, tmp_path: Path) -> None:
    """When reached the main gets PyCOMPSsException "…wall clock limit"."""
    program = """
        import time
        from pycompss.api.task import task
        from pycompss.api.api import compss_set_wall_clock, compss_wait_on
        from pycompss.util.exceptions import PyCOMPSsException

        @task(returns=1)
        def sleep():
            time.sleep(20)

        if __name__ == "__main__":
            result = sleep()
            compss_set_wall_clock(1)
            try:
                compss_wait_on(result)
            except PyCOMPSsException as error:
                print("caught", "wall clock limit" in str(error))
                raise
    """
    result = run_program(program)
    assert result.returncode == 1
    assert result.stdout == "caught True\n"
