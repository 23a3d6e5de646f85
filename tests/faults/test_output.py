"""What tasks print: one pair of files a task, and on the terminal as it is written when that is asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.watched import Watched
from tests.support.launch import Result
from tests.support.rendezvous import await_true, mark

PRELUDE = """\
import os, subprocess, sys, time
from pycompss.api.task import task
from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import FILE_OUT, INOUT
from tests.support.rendezvous import await_mark, mark, note, notes

@task(returns=1)
def prints(x):
    print("out", x)
    print("err", x, file=sys.stderr)
    return x

@task(returns=1, on_failure="IGNORE")
def fails(x):
    print("before the failure", x)
    raise ValueError(f"on purpose {x}")

@task(returns=1)
def silent(x):
    return x
"""

DEBUG = {"PYCOMPSS_LOG_LEVEL": "debug"}
LIVE = {"PYCOMPSS_TASK_OUTPUT": "live"}


def jobs(result: Result) -> dict[str, str]:
    folder = result.run_folder / "jobs"
    return {path.name: path.read_text() for path in folder.iterdir()} if folder.exists() else {}


def test_only_failed_tasks_leave_their_output(run: Callable[..., Result]) -> None:
    result = run(PRELUDE + "compss_wait_on([prints(1), fails(2), silent(3)])").succeeded()
    found = jobs(result)
    assert set(found) == {"job2_NEW.out", "job2_NEW.err"}
    assert found["job2_NEW.out"] == "before the failure 2\n"
    assert "ValueError: on purpose 2" in found["job2_NEW.err"]
    assert "in fails" in found["job2_NEW.err"]
    assert "out 1" not in result.stdout


def test_with_log_level_debug_every_task_leaves_its_output(run: Callable[..., Result]) -> None:
    source = PRELUDE + "compss_wait_on([prints(i) for i in range(1, 41)] + [silent(41)])"
    found = jobs(run(source, env=DEBUG).succeeded())
    for i in range(1, 41):
        assert found[f"job{i}_NEW.out"] == f"out {i}\n"
        assert found[f"job{i}_NEW.err"] == f"err {i}\n"
    assert found["job41_NEW.out"] == found["job41_NEW.err"] == ""


def test_attempts_leave_files_of_their_own(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def fails_again_and_again():
    note("attempts", "one")
    print("attempt", len(notes("attempts")))
    raise ValueError("on purpose")

try:
    compss_wait_on(fails_again_and_again())
except Exception:
    pass
"""
    )
    found = jobs(run(source).succeeded())
    for number, history in enumerate(("NEW", "RESUBMITTED", "RESCHEDULED", "RESCHEDULED_RESUBMITTED"), 1):
        assert found[f"job1_{history}.out"] == f"attempt {number}\n"


def test_output_of_programs_that_a_task_runs_is_its_own(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def runs(x):
    subprocess.run(["echo", f"from echo {x}"], check=True)
    return x

compss_wait_on([runs(i) for i in range(1, 4)])
"""
    )
    found = jobs(run(source, env=DEBUG).succeeded())
    assert [found[f"job{i}_NEW.out"] for i in (1, 2, 3)] == [f"from echo {i}\n" for i in (1, 2, 3)]


def test_output_without_an_end_of_line_and_of_any_bytes_is_kept(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def writes():
    sys.stdout.write("no end")
    sys.stdout.flush()
    os.write(1, bytes(range(256)))

compss_wait_on(writes())
"""
    )
    result = run(source, env=DEBUG).succeeded()
    path = result.run_folder / "jobs" / "job1_NEW.out"
    assert path.read_bytes() == b"no end" + bytes(range(256))


def test_large_output_of_a_failed_task_is_kept_whole(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1, on_failure="IGNORE")
def talks():
    for i in range(100_000):
        print("line", i)
    raise ValueError

compss_wait_on(talks())
"""
    )
    lines = jobs(run(source).succeeded())["job1_NEW.out"].splitlines()
    assert lines == [f"line {i}" for i in range(100_000)]


def test_the_files_of_workers_do_not_grow_for_ever(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def talks():
    print("x" * 1_000_000)

compss_wait_on([talks() for _ in range(30)])
"""
    )
    result = run(source).succeeded()
    assert sum(path.stat().st_size for path in result.run_folder.glob("workers/*")) < 10_000_000


def test_live_output_is_shown_while_the_task_runs(watch: Callable[..., Watched]) -> None:
    program = watch(
        PRELUDE
        + """
@task(returns=1)
def talks():
    print("first line")
    print("a complaint", file=sys.stderr)
    mark("said")
    await_mark("seen")
    print("last line")

compss_wait_on(talks())
""",
        env=LIVE,
    )
    program.reached("said")
    await_true(lambda: program.out.read_text() == "first line\n", "the line did not appear")
    await_true(lambda: program.err.read_text() == "a complaint\n", "the complaint did not appear")
    mark(program.folder / "seen")
    result = program.ended().succeeded()
    assert result.stdout == "first line\nlast line\n"


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_live_output_is_complete_when_the_value_is_there(run: Callable[..., Result], size: int) -> None:
    source = (
        PRELUDE
        + f"""
@task(returns=1)
def talks(x):
    print("<" + "x" * {size} + ">")
    return x

for i in range(5):
    compss_wait_on(talks(i))
    print("program", i, flush=True)
"""
    )
    result = run(source, env=LIVE, workers=1).succeeded()
    expected = "".join(f"<{'x' * size}>\nprogram {i}\n" for i in range(5))
    assert result.stdout == expected


def test_live_output_is_kept_in_files_all_the_same(run: Callable[..., Result]) -> None:
    result = run(PRELUDE + "compss_wait_on([prints(1), fails(2)])", env={**LIVE, **DEBUG}).succeeded()
    assert jobs(result)["job1_NEW.out"] == "out 1\n"
    assert jobs(result)["job2_NEW.out"] == "before the failure 2\n"
    assert "out 1" in result.stdout


def test_live_output_of_a_task_that_kills_its_worker_is_shown(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1, on_failure="IGNORE")
def dies():
    print("famous last words")
    os._exit(1)

compss_wait_on(dies())
"""
    )
    assert run(source, env=LIVE).succeeded().stdout == "famous last words\n"
