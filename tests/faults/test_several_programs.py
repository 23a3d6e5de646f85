"""Processes beside the program: a second runtime, other programs, and forks of the program itself."""

from __future__ import annotations

from collections.abc import Callable

from tests.faults.watched import Watched
from tests.support.launch import Result
from tests.support.rendezvous import mark

PRELUDE = """\
import multiprocessing, os, signal, sys, time
from pycompss.api.task import task
from pycompss.api.api import compss_barrier, compss_wait_on
from tests.support.rendezvous import await_mark, mark, note, notes

@task(returns=1)
def increment(x):
    return x + 1

@task(returns=1)
def slow(x):
    await_mark("go on")
    return x
"""


def test_a_second_runtime_in_the_same_process_is_refused(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
from pycompss.runtime import config, start
assert compss_wait_on(increment(1)) == 2
try:
    start.start(config.build())
except Exception as error:
    print(error)
print(compss_wait_on(increment(2)))
"""
    )
    result = run(source).succeeded()
    assert "already running" in result.stdout
    assert result.stdout.endswith("3\n")


def test_two_programs_run_at_the_same_time(watch: Callable[..., Watched]) -> None:
    source = (
        PRELUDE
        + """
value = slow(1)
mark("there")
await_mark("go on")
print(compss_wait_on(value), compss_wait_on([increment(i) for i in range(200)])[-1])
"""
    )
    programs = [watch(source) for _ in range(2)]
    for program in programs:
        program.reached("there")
    for program in programs:
        mark(program.folder / "go on")
    for program in programs:
        result = program.ended()
        assert (result.returncode, result.stdout) == (0, "1 200\n"), str(result)
    assert len(programs[0].output().run_folders) == 2


def test_a_forked_child_that_exits_does_not_disturb_the_run(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
value = slow(1)
for leave in (os._exit, sys.exit):
    pid = os.fork()
    if pid == 0:
        leave(5)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
mark("go on")
print(compss_wait_on(value), compss_wait_on([increment(i) for i in range(100)])[-1])
"""
    )
    assert run(source).succeeded().stdout == "1 100\n"


def test_a_forked_child_that_fails_does_not_disturb_the_run(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
value = slow(1)
pid = os.fork()
if pid == 0:
    raise ValueError("only the child")
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
mark("go on")
print(compss_wait_on(value), compss_wait_on(increment(1)))
"""
    )
    result = run(source).succeeded()
    assert result.stdout == "1 2\n"
    assert result.stderr.count("only the child") == 2  # the line, and the message


def test_children_of_multiprocessing_do_not_disturb_the_run(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
if __name__ == "__main__":
    value = slow(1)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(abs, range(-50, 0)) == list(range(50, 0, -1))
    mark("go on")
    print(compss_wait_on(value), compss_wait_on([increment(i) for i in range(100)])[-1])
"""
    )
    assert run(source).succeeded().stdout == "1 100\n"


def test_a_forked_child_may_have_tasks_of_its_own(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
value = slow(1)
pid = os.fork()
if pid == 0:
    print("child", compss_wait_on(increment(1)), flush=True)
    sys.exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
mark("go on")
print("parent", compss_wait_on(value), compss_wait_on(increment(2)))
"""
    )
    result = run(source, timeout=30).succeeded()
    assert sorted(result.stdout.splitlines()) == ["child 2", "parent 1 3"]


def test_a_child_that_outlives_the_program_keeps_no_worker(watch: Callable[..., Watched]) -> None:
    program = watch(
        PRELUDE
        + """
assert compss_wait_on(increment(1)) == 2
pid = os.fork()
if pid == 0:
    mark("forked")
    await_mark("looked")
    os._exit(0)
await_mark("forked")
"""
    )
    program.process.wait(20)
    program.reached("forked")
    left = [process for process in program.others() if "forkserver" in process.command]
    mark(program.folder / "looked")
    assert not left, left
    assert program.ended().returncode == 0
