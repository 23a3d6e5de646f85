"""Tasks that must end before they are done: cancelled ones, and those that run longer than their time-out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.watched import Watched
from tests.support.launch import Result

PRELUDE = """\
import os, signal, subprocess, sys, threading, time
from pycompss.api.task import task
from pycompss.api.api import TaskGroup, compss_barrier, compss_barrier_group, compss_cancel_group, compss_wait_on
from pycompss.api.on_failure import on_failure
from pycompss.errors import CancelError, TimeOutError
from tests.support.rendezvous import await_mark, mark, note, notes, reached

@task(returns=1)
def increment(x):
    return x + 1

STUCK = "import itertools; sum(itertools.repeat(0))"  # in C code that never looks for signals
"""


def test_a_running_task_gets_the_cancellation(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def runs():
    mark("running")
    try:
        time.sleep(100)
    except CancelError as error:
        note("log", f"CancelError {error}")
        raise
    finally:
        note("log", "cleaned up")

with TaskGroup("group", implicit_barrier=False):
    value = runs()
    after = increment(value)
await_mark("running")
compss_cancel_group("group")
print(notes("log"), compss_wait_on(value), compss_wait_on(increment(1)))
"""
    )
    result = run(source, timeout=20).succeeded()
    assert "CancelError" in result.stdout
    assert "'cleaned up'] None 2" in result.stdout


def test_a_task_that_swallows_its_cancellation_may_finish(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def swallows():
    mark("running")
    try:
        time.sleep(100)
    except CancelError:
        return "finished all the same"

with TaskGroup("group", implicit_barrier=False):
    value = swallows()
await_mark("running")
compss_cancel_group("group")
print(compss_wait_on(value), compss_wait_on(increment(1)))
"""
    )
    result = run(source, timeout=20).succeeded()
    assert result.stdout in ("finished all the same 2\n", "None 2\n")


def test_a_task_stuck_in_c_code_is_killed_when_cancelled(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def stuck():
    mark("running")
    exec(STUCK)

with TaskGroup("group", implicit_barrier=False):
    value = stuck()
await_mark("running")
start = time.monotonic()
compss_cancel_group("group")
assert time.monotonic() - start < 12
print(compss_wait_on(value), compss_wait_on(increment(1)))
"""
    )
    result = run(source, workers=1, timeout=30).succeeded()
    assert result.stdout == "None 2\n"
    assert "attempt" not in result.stderr  # it was cancelled, it did not fail


def test_a_task_that_waits_for_its_own_tasks_is_cancelled(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def inner():
    mark("running")
    time.sleep(100)

@task(returns=1)
def outer():
    return compss_wait_on(inner())

with TaskGroup("group", implicit_barrier=False):
    value = outer()
await_mark("running")
compss_cancel_group("group")
print(compss_wait_on(value), compss_wait_on(increment(1)))
"""
    )
    result = run(source, timeout=20).succeeded()
    assert result.stdout == "None 2\n"


def test_tasks_that_have_not_begun_are_cancelled_at_once(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def blocks():
    mark("running")
    await_mark("cancelled")

@task(returns=1)
def noted(x):
    note("ran", str(x))
    return x

first = blocks()
await_mark("running")
with TaskGroup("group", implicit_barrier=False):
    values = [noted(i) for i in range(50)]
compss_cancel_group("group")
mark("cancelled")
print(set(compss_wait_on(values)), notes("ran"), compss_wait_on(increment(1)))
"""
    )
    result = run(source, workers=1, timeout=20).succeeded()
    assert result.stdout == "{None} [] 2\n"


def test_a_task_over_its_time_out_gets_the_error_and_is_tried_four_times(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1, time_out=0.2)
def slow():
    note("attempts", "one")
    try:
        time.sleep(100)
    except TimeOutError as error:
        note("errors", str(error))
        raise

try:
    compss_wait_on(slow())
except Exception as error:
    print("told:", error, type(error.__cause__).__name__)
print(len(notes("attempts")), len(notes("errors")), compss_wait_on(increment(1)))
"""
    )
    result = run(source, timeout=30).succeeded()
    assert "time_out" in result.stdout
    assert "TimeOutError" in result.stdout
    assert result.stdout.endswith("4 4 2\n")


@pytest.mark.parametrize("body", ["exec(STUCK)", "swallow()"])
def test_a_task_that_ignores_its_time_out_is_killed(run: Callable[..., Result], body: str) -> None:
    source = (
        PRELUDE
        + f"""
def swallow():
    while True:
        try:
            time.sleep(100)
        except TimeOutError:
            pass

@on_failure(management="IGNORE", returns=33)
@task(returns=1, time_out=0.2)
def ignores():
    note("attempts", "one")
    {body}

print(compss_wait_on(ignores()), notes("attempts"), compss_wait_on(increment(1)))
"""
    )
    result = run(source, workers=1, timeout=30).succeeded()
    assert result.stdout == "33 ['one'] 2\n"
    assert "time_out (0.2 s)" in result.stderr


def test_programs_started_by_a_task_that_is_killed_end_with_it(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@on_failure(management="IGNORE")
@task(returns=1, time_out=0.2)
def ignores():
    child = subprocess.Popen(["sleep", "1000"])
    note("child", str(child.pid))
    while True:
        try:
            child.wait()
        except TimeOutError:
            pass

compss_wait_on(ignores())
compss_wait_on(increment(1))
pid = notes("child")[0]
print(os.path.exists(f"/proc/{pid}") and "Z" not in open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0])
"""
    )
    result = run(source, workers=1, timeout=30).succeeded()
    assert result.stdout == "False\n"


def test_the_time_out_of_one_task_does_not_hit_the_next(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1, time_out=5)
def quick(x):
    return x

@task(returns=1)
def long(x):
    time.sleep(0.01)
    return x

assert compss_wait_on([quick(i) for i in range(100)] + [long(i) for i in range(100)]) == 2 * list(range(100))
print("right")
"""
    )
    assert run(source, workers=1).succeeded().stdout == "right\n"


def test_a_program_may_end_while_a_stuck_task_runs(watch: Callable[..., Watched]) -> None:
    program = watch(
        PRELUDE
        + """
@task(returns=1)
def stuck():
    mark("running")
    exec(STUCK)

stuck()
await_mark("running")
sys.exit(3)
"""
    )
    assert program.ended(10).returncode == 3
