"""However a program ends: its exit code is right, its tasks end, and within two seconds nothing of the run is left."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.watched import Watched
from tests.support.launch import Result
from tests.support.rendezvous import mark

PRELUDE = """\
import os, signal, subprocess, sys, threading, time
import numpy as np
from pycompss.api.task import task
from pycompss.api.api import TaskGroup, compss_barrier, compss_wait_on
from pycompss.api.parameter import FILE_OUT, INOUT
from tests.support.rendezvous import await_mark, mark, note, notes

@task(returns=1)
def increment(x):
    return x + 1

@task(returns=1)
def forever(name="running"):
    subprocess.Popen(["sleep", "1000"])
    mark(name)
    while True:
        time.sleep(0.01)

@task(returns=1)
def large(n):
    return np.ones(n)

assert compss_wait_on(increment(1)) == 2
kept = compss_wait_on(large(1_000_000))  # shared memory is mapped
"""

RUNNING_AND_PENDING = (
    PRELUDE
    + """
tasks = [forever(f"running{i}") for i in range(2)]
pending = [increment(task) for task in tasks] + [increment(i) for i in range(100)]
await_mark("running0"), await_mark("running1")
"""
)

both = pytest.mark.parametrize("command", ["python", "pycompss"])


def nothing_temporary_is_left(result: Result) -> None:
    assert not list(result.run_folder.glob("tmpFiles")), list(result.run_folder.rglob("*"))


@both
@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("", 0),
        ("sys.exit(0)", 0),
        ("sys.exit(3)", 3),
        ("sys.exit('sorry')", 1),
        ("raise ValueError('mistake')", 1),
        ("raise KeyboardInterrupt", 130),
    ],
)
def test_the_exit_code_is_what_the_program_says(
    watch: Callable[..., Watched], command: str, ending: str, code: int
) -> None:
    program = watch(
        f"{PRELUDE}\nfor i in range(200): increment(i)\nif True:\n    {ending or 'pass'}\n", command=command
    )
    result = program.ended()
    expected = {code, -signal.SIGINT} if code == 130 else {code}
    assert result.returncode in expected, str(result)
    nothing_temporary_is_left(result)


@both
@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("sys.exit(3)", 3),
        ("raise ValueError('mistake')", 1),
        ("with TaskGroup('g'): forever(); sys.exit(3)", 3),
    ],
)
def test_a_program_that_ends_badly_does_not_wait_for_its_tasks(
    watch: Callable[..., Watched], command: str, ending: str, code: int
) -> None:
    result = watch(RUNNING_AND_PENDING + ending, command=command).ended(10)
    assert result.returncode == code, str(result)
    nothing_temporary_is_left(result)


def test_a_program_that_leaves_by_os_exit_leaves_nothing(watch: Callable[..., Watched]) -> None:
    result = watch(RUNNING_AND_PENDING + "os._exit(7)").ended(10)
    assert result.returncode == 7
    nothing_temporary_is_left(result)


def test_a_killed_program_leaves_nothing(watch: Callable[..., Watched]) -> None:
    program = watch(RUNNING_AND_PENDING + "mark('there')\ncompss_barrier()")
    program.reached("there")
    program.send(signal.SIGKILL)
    result = program.ended(10)
    assert result.returncode == -signal.SIGKILL
    nothing_temporary_is_left(result)


@both
@pytest.mark.parametrize("where", ["compss_barrier()", "compss_wait_on(tasks[0])", "time.sleep(100)"])
def test_a_terminated_program_leaves_nothing(watch: Callable[..., Watched], command: str, where: str) -> None:
    program = watch(RUNNING_AND_PENDING + f"mark('there')\n{where}", command=command)
    program.reached("there")
    program.send(signal.SIGTERM)
    result = program.ended(10)
    assert result.returncode in {143, -signal.SIGTERM}, str(result)
    nothing_temporary_is_left(result)


INTERRUPTED = {
    "wait_on": "compss_wait_on(tasks[0])",
    "barrier": "compss_barrier()",
    "user code": "time.sleep(100)",
    "body of a group": "with TaskGroup('g'): forever(); time.sleep(100)",
    "submitting": "while True: increment(1)",
    "submitting and waiting": "while True: compss_wait_on([increment(i) for i in range(10)])",
}


@both
@pytest.mark.parametrize("where", INTERRUPTED)
def test_ctrl_c_ends_the_program_and_its_tasks(watch: Callable[..., Watched], command: str, where: str) -> None:
    setting = RUNNING_AND_PENDING if "submitting" not in where else PRELUDE
    program = watch(setting + f"mark('there')\n{INTERRUPTED[where]}", command=command)
    program.reached("there")
    program.interrupt()
    result = program.ended(10)
    assert result.returncode in {130, -signal.SIGINT}, str(result)
    assert "internal error" not in result.stderr
    assert "pycompss-engine" not in result.stderr
    nothing_temporary_is_left(result)


def test_a_program_that_catches_ctrl_c_goes_on(watch: Callable[..., Watched]) -> None:
    program = watch(
        PRELUDE
        + """
@task(returns=1)
def slow():
    mark("running")
    await_mark("go on")
    return 42

value = slow()
await_mark("running")
mark("there")
try:
    compss_wait_on(value)
except KeyboardInterrupt:
    print("caught", flush=True)
mark("go on")
print(compss_wait_on(value), compss_wait_on([increment(i) for i in range(100)]) == list(range(1, 101)))
"""
    )
    program.reached("there")
    program.interrupt()
    result = program.ended()
    assert result.returncode == 0, str(result)
    assert result.stdout == "caught\n42 True\n"


def test_many_interrupts_while_submitting_and_waiting_do_not_spoil_the_run(watch: Callable[..., Watched]) -> None:
    program = watch(
        PRELUDE
        + """
values, caught = [], 0
while caught < 100:
    try:
        mark(f"round{caught}")
        while True:
            x = len(values)
            values.append(increment(x))
            if caught % 2:
                compss_wait_on(values[-1])
    except KeyboardInterrupt:
        caught += 1
compss_barrier()
found = compss_wait_on(values)
assert found == list(range(1, len(values) + 1))
print("right")
"""
    )
    for number in range(100):
        program.reached(f"round{number}")
        program.send(signal.SIGINT)
    result = program.ended()
    assert result.returncode == 0, str(result)
    assert result.stdout == "right\n"


def test_a_second_ctrl_c_ends_a_program_that_still_waits_at_its_end(watch: Callable[..., Watched]) -> None:
    program = watch(RUNNING_AND_PENDING + "mark('there')")
    program.reached("there")
    program.interrupt()
    program.interrupt()
    result = program.ended(10)
    assert result.returncode in {130, -signal.SIGINT}, str(result)
    nothing_temporary_is_left(result)


def test_an_exception_in_a_thread_ends_only_the_thread(watch: Callable[..., Watched]) -> None:
    result = watch(
        PRELUDE
        + """
def submits():
    values = [increment(i) for i in range(50)]
    assert compss_wait_on(values)[-1] == 50
    raise ValueError("only this thread")

thread = threading.Thread(target=submits)
thread.start()
thread.join()
print(compss_wait_on(increment(41)))
"""
    ).ended()
    assert result.returncode == 0
    assert result.stdout == "42\n"
    assert "only this thread" in result.stderr


def test_threads_that_still_submit_when_the_main_one_ends_are_waited_for(watch: Callable[..., Watched]) -> None:
    result = watch(
        PRELUDE
        + """
def submits():
    await_mark("main is over")
    print(compss_wait_on([increment(i) for i in range(50)]) == list(range(1, 51)))

threading.Thread(target=submits).start()
mark("main is over")
"""
    ).ended()
    assert result.returncode == 0, str(result)
    assert result.stdout == "True\n"


def test_programs_that_tasks_started_do_not_survive_a_killed_worker(watch: Callable[..., Watched]) -> None:
    program = watch(
        PRELUDE
        + """
@task(returns=1, on_failure="IGNORE")
def leaves_a_process():
    child = subprocess.Popen(["sleep", "1000"])
    mark("child", str(child.pid))
    os.kill(os.getpid(), signal.SIGKILL)

compss_wait_on(leaves_a_process())
compss_wait_on(increment(1))
mark("after")
await_mark("looked")
"""
    )
    program.reached("after")
    child = int(program.reached("child"))
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"
    mark(program.folder / "looked")
    assert program.ended().returncode == 0


def test_no_shared_memory_with_a_name_is_ever_made(watch: Callable[..., Watched]) -> None:
    before = set(os.listdir("/dev/shm")) if sys.platform == "linux" else set()
    program = watch(PRELUDE + "mark('there'); await_mark('looked')")
    program.reached("there")
    assert set(os.listdir("/dev/shm")) <= before
    mark(program.folder / "looked")
    assert program.ended().returncode == 0


@pytest.mark.parametrize("streams", [(0,), (1,), (2,), (0, 1, 2)])
def test_a_program_with_closed_standard_streams_runs(watch: Callable[..., Watched], streams: tuple[int, ...]) -> None:
    program = watch(f"""
import os, sys
if len(sys.argv) < 2:
    for stream in {streams}:
        os.close(stream)
    os.execv(sys.executable, [sys.executable, __file__, "closed"])
{PRELUDE}
if __name__ == "__main__":
    mark("sum", str(sum(compss_wait_on([increment(i) for i in range(100)]))))
""")
    result = program.ended()
    assert program.reached("sum") == "5050"
    assert result.returncode == 0, str(result)
