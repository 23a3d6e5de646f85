"""A worker process ends while it should not: the task that did it is named, and nothing else suffers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.faults.watched import Watched, await_gone
from tests.support.launch import Result
from tests.support.rendezvous import mark

PRELUDE = """\
import ctypes, os, signal, sys, time
from pycompss.api.task import task
from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import INOUT
from tests.support.rendezvous import await_mark, mark, note, notes

@task(returns=1)
def increment(x):
    return x + 1
"""

DEADLY = {
    "ctypes.string_at(0)": "SIGSEGV",
    "os.abort()": "SIGABRT",
    "os._exit(7)": "exit code 7",
    "os.kill(os.getpid(), signal.SIGKILL)": "SIGKILL",
}


def dying(body: str, options: str = "") -> str:
    return f"""{PRELUDE}
@task(returns=1{options})
def dies(x):
    note("attempts", str(os.getpid()))
    {body}
    return x

before = [increment(i) for i in range(20)]
bad = dies(1)
after = [increment(i) for i in range(20)]
"""


@pytest.mark.parametrize("body", DEADLY)
def test_a_task_that_ends_its_worker_is_named_with_the_cause(run: Callable[..., Result], body: str) -> None:
    source = dying(body) + (
        "try:\n"
        "    compss_wait_on(bad)\n"
        "except Exception as error:\n"
        "    print('told:', error)\n"
        "assert compss_wait_on(before) == compss_wait_on(after) == list(range(1, 21))\n"
        "print('attempts', len(notes('attempts')))\n"
    )
    result = run(source).succeeded()
    assert "dies(x=1) failed" in result.stdout
    assert "attempt 4 of 4" in result.stdout
    assert DEADLY[body] in result.stdout
    assert "bad = dies(1)" in result.stdout
    assert "attempts 4" in result.stdout


def test_the_last_words_of_a_worker_are_reported(run: Callable[..., Result]) -> None:
    result = run(dying("print('half done'); ctypes.string_at(0)") + "compss_wait_on(bad)\n")
    assert result.returncode == 1
    assert "Fatal Python error: Segmentation fault" in result.stderr
    assert "in dies" in result.stderr  # faulthandler's traceback names the task's function
    jobs = {path.name: path.read_text() for path in (result.run_folder / "jobs").iterdir()}
    number = next(name.partition("_")[0] for name in jobs)
    assert jobs[f"{number}_NEW.out"] == "half done\n"
    assert "Segmentation fault" in jobs[f"{number}_NEW.err"]
    assert f"{number}_RESCHEDULED_RESUBMITTED.err" in jobs
    assert f"{number}_RESCHEDULED_RESUBMITTED.err" in result.stderr


@pytest.mark.parametrize(("policy", "expected"), [("FAIL", 1), ("IGNORE", 0), ("CANCEL_SUCCESSORS", 0)])
def test_a_dead_worker_counts_as_a_failure_by_policy(run: Callable[..., Result], policy: str, expected: int) -> None:
    source = PRELUDE + (
        "from pycompss.api.on_failure import on_failure\n"
        f"@on_failure(management='{policy}', returns=33)\n"
        "@task(returns=1)\n"
        "def dies(x):\n"
        "    note('attempts', 'one')\n"
        "    os._exit(1)\n"
        "print('value', compss_wait_on(dies(1)))\n"
    )
    result = run(source)
    assert result.returncode == expected, str(result)
    assert (result.folder / "attempts").read_text() == "one\n"
    if policy == "IGNORE":
        assert "value 33" in result.stdout


def test_a_mistake_of_the_runtime_ends_every_wait_and_is_told(run: Callable[..., Result]) -> None:
    """Even where what was known of the tasks is wrong from then on."""
    result = run(
        PRELUDE
        + """
from pycompss.errors import TaskError
from pycompss.runtime.wiring import Wiring

def mistaken(*_arguments):
    raise AttributeError("a mistake")

Wiring._died_with_its_worker = mistaken

@task(returns=1)
def dies(x):
    os.kill(os.getpid(), signal.SIGKILL)

lost = dies(1)
for wait in (lambda: compss_wait_on(lost), compss_barrier):
    try:
        wait()
    except TaskError as error:
        print("told", "report it" in str(error), "a mistake" in str(error))
"""
    )
    assert result.stdout == "told True True\n" * 2
    assert result.returncode == 1


def test_a_worker_that_dies_once_is_replaced(run: Callable[..., Result]) -> None:
    source = dying("if len(notes('attempts')) < 2: os._exit(1)") + "print(compss_wait_on([bad, *after]))\n"
    result = run(source, workers=1).succeeded()
    assert result.stdout == f"{[1, *range(1, 21)]}\n"


def test_tasks_that_wait_behind_a_deadly_one_run_once(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def noted(x):
    note("ran", str(x))
    return x

@task(returns=1)
def dies(x):
    note("attempts", "one")
    os._exit(1)

@task(returns=1)
def quick(x):
    return x

compss_wait_on([quick(x) for x in range(50)])  # from now on short tasks travel in bundles
before = [noted(x) for x in range(20)]
bad = dies(0)
after = [noted(x) for x in range(20, 40)]
try:
    compss_wait_on(bad)
except Exception:
    pass
assert compss_wait_on(before + after) == list(range(40))
ran = notes("ran")
assert len(notes("attempts")) == 4
print(sorted(map(int, ran)) == list(range(40)), len(ran))
"""
    )
    result = run(source, workers=1).succeeded()
    assert result.stdout.startswith("True")


DIES = """
@task(returns=1)
def dies(x):
    if str(x) not in notes("dead"):
        note("dead", str(x))
        os._exit(1)
    return x
"""  # with its worker, once for each number


@pytest.mark.parametrize("policy", ["IGNORE", "CANCEL_SUCCESSORS", "FAIL"])
@pytest.mark.parametrize("nested", [False, True])
def test_a_task_that_is_not_tried_again_runs_once_though_its_worker_dies_right_after_it(
    run: Callable[..., Result], policy: str, *, nested: bool
) -> None:
    source = (
        PRELUDE
        + DIES
        + f"""
@task(returns=1, on_failure={policy!r})
def noted(x):
    note("ran", str(x))
    return x

@task(returns=1)
def all_of(numbers):
    return compss_wait_on([f(x) for x in numbers for f in (noted, dies)])

[note("dead", str(x)) for x in range(100)]
call = all_of if {nested} else all_of.__wrapped__
compss_wait_on(call(range(100)))  # from now on these short tasks travel in bundles
assert compss_wait_on(call(range(100, 150))) == [x for x in range(100, 150) for _ in "12"]
print(sorted(map(int, notes("ran"))) == list(range(150)))
"""
    )
    assert run(source, workers=2).succeeded().stdout == "True\n"


@pytest.mark.parametrize(("error", "executions"), [("ValueError", 4), ("COMPSsException", 1)])
def test_an_attempt_that_failed_counts_though_its_worker_dies_right_after_it(
    run: Callable[..., Result], error: str, executions: int
) -> None:
    source = (
        PRELUDE
        + DIES
        + f"""
from pycompss.api.exceptions import COMPSsException
from pycompss.errors import TaskError

@task(returns=1)
def noted(x):
    if x >= 100:
        note("ran", str(x))
        raise {error}("no")
    return x

[note("dead", str(x)) for x in range(100)]
compss_wait_on([f(x) for x in range(100) for f in (noted, dies)])  # from now on these travel in bundles
[f(x) for x in range(100, 130) for f in (noted, dies)]
for _ in range(31):
    try:
        compss_barrier()
    except TaskError:
        pass
ran = notes("ran")
print({{ran.count(str(x)) for x in range(100, 130)}})
"""
    )
    assert run(source, workers=2).succeeded().stdout == f"{{{executions}}}\n"


def test_a_worker_that_is_killed_while_idle_is_not_missed(watch: Callable[..., Watched]) -> None:
    program = watch(
        PRELUDE
        + """
assert compss_wait_on([increment(i) for i in range(10)]) == list(range(1, 11))
mark("idle")
await_mark("killed")
assert compss_wait_on([increment(i) for i in range(10)]) == list(range(1, 11))
"""
    )
    program.reached("idle")
    for worker in program.workers():
        os.kill(worker.pid, signal.SIGKILL)
        await_gone(worker.pid)
    mark(program.folder / "killed")
    result = program.ended()
    assert result.returncode == 0, str(result)
    assert result.stderr == ""


def test_a_killed_fork_server_is_replaced_and_its_tasks_run_again(watch: Callable[..., Watched]) -> None:
    program = watch(
        PRELUDE
        + """
@task(returns=1)
def waits(x):
    note("attempts", "one")
    mark("running")
    await_mark("killed")
    return x * 2

done = [increment(i) for i in range(10)]
compss_wait_on(done[0])
print(compss_wait_on(waits(21)), compss_wait_on(done), compss_wait_on([increment(i) for i in range(3)]))
"""
    )
    program.reached("running")
    server = program.fork_server()
    workers = program.workers()
    os.kill(server.pid, signal.SIGKILL)
    for worker in workers:
        await_gone(worker.pid)
    mark(program.folder / "killed")
    result = program.ended().succeeded()
    assert result.stdout == f"42 {list(range(1, 11))} [1, 2, 3]\n"
    assert (program.folder / "attempts").read_text() == "one\none\n"
    assert "attempt 1 of 4" in result.stderr


def test_values_survive_the_worker_that_made_them(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
import numpy as np

@task(returns=1)
def large(n):
    return np.arange(n, dtype=np.float64)

@task(returns=1)
def total(a):
    return float(a.sum())

@task(returns=1)
def pid():
    return os.getpid()

made = large(1_000_000)
os.kill(compss_wait_on(pid()), signal.SIGKILL)
compss_barrier()
print(compss_wait_on(total(made)), compss_wait_on(made)[-1])
"""
    )
    result = run(source, workers=1).succeeded()
    assert result.stdout == "499999500000.0 999999.0\n"


CHAIN = (
    PRELUDE
    + """
import numpy as np

@task(a=INOUT)
def add(a, k):
    half = len(a) // 2
    a[:half] += k
    if k in DEADLY and notes("died").count(str(k)) < TIMES:
        note("died", str(k))
        os.kill(os.getpid(), signal.SIGKILL)
    a[half:] += k

@task(returns=1)
def fresh(n):
    return np.zeros(n)

a = np.zeros(1_000_000) if FROM_PROGRAM else fresh(1_000_000)
for k in range(10):
    add(a, k)
a = compss_wait_on(a)
assert (a == 45).all(), (a.min(), a.max())
print("died", len(notes("died")))
"""
)


@pytest.mark.parametrize("from_program", [True, False])
@pytest.mark.parametrize(("deadly", "times"), [((0,), 1), ((5,), 1), ((5,), 3), ((0, 3, 4, 9), 2)])
def test_an_array_updated_in_place_starts_again_from_its_original(
    run: Callable[..., Result], deadly: tuple[int, ...], times: int, from_program: bool
) -> None:
    settings = f"DEADLY, TIMES, FROM_PROGRAM = {deadly!r}, {times}, {from_program}\n"
    result = run(settings + CHAIN, workers=1).succeeded()
    assert result.stdout == f"died {len(deadly) * times}\n"


BUNDLED = (
    PRELUDE
    + """
import numpy as np

@task(a=INOUT, on_failure=POLICY)
def add(a, index, k):
    note("ran", f"{index} {k}")
    a += k
    if (index, k) == (3, 5) and not notes("died"):
        note("died", "once")
        os.kill(os.getpid(), signal.SIGKILL)

@task(returns=1)
def fresh(n):
    return np.zeros(n)

arrays = [fresh(20_000) for _ in range(8)]
for k in range(10):
    for index, a in enumerate(arrays):
        add(a, index, k)
    if k == 4:
        compss_barrier()  # from now on it is known how little they take, and they travel together
arrays = compss_wait_on(arrays)
for index, a in enumerate(arrays):
    assert (a == 45).all() or (POLICY == "IGNORE" and index == 3), (index, a.min(), a.max())
ran = notes("ran")
print("again:", len(ran) - len(set(ran)) > 1)
"""
)


@pytest.mark.parametrize(("policy", "again"), [("RETRY", True), ("IGNORE", False)])
def test_updates_in_place_that_ended_unheard_in_the_same_message_count_once(
    run: Callable[..., Result], policy: str, again: bool
) -> None:
    """Those that could not be made again were reported at once."""
    result = run(f"POLICY = {policy!r}\n{BUNDLED}", workers=1).succeeded()
    assert result.stdout == f"again: {again}\n"


@pytest.mark.parametrize(
    ("environment", "says"),
    [("os.environ['PYTHONHOME'] = '/nonexistent'", "PYTHONHOME"), ("sys.executable = '/bin/false'", "/bin/false")],
)
def test_workers_that_cannot_start_are_one_clear_error(run: Callable[..., Result], environment: str, says: str) -> None:
    result = run(PRELUDE + f"{environment}\nprint(compss_wait_on(increment(1)))\n", timeout=20)
    assert result.returncode == 1
    assert "no worker process can be started" in result.stderr
    assert says in result.stderr
    assert result.stderr.count("Traceback") == 1, result.stderr
    assert result.stderr.count("Fatal Python error") <= 1, result.stderr  # of the interpreter that could not start


def test_a_task_that_dies_while_it_waits_for_its_own_tasks_runs_again(watch: Callable[..., Watched]) -> None:
    program = watch(
        PRELUDE
        + """
@task(returns=1)
def inner(x):
    mark("inner")
    await_mark("killed")
    return x + 1

@task(returns=1)
def outer(x):
    note("attempts", "one")
    mark("outer", str(os.getpid()))
    return compss_wait_on(inner(x)) * 10

print(compss_wait_on(outer(1)), compss_wait_on(increment(1)))
"""
    )
    program.reached("inner")
    worker = int(program.reached("outer"))
    os.kill(worker, signal.SIGKILL)
    await_gone(worker)
    mark(program.folder / "killed")
    result = program.ended().succeeded()
    assert result.stdout == "20 2\n"
    assert (program.folder / "attempts").read_text() == "one\none\n"


def test_a_task_that_its_caller_waits_for_dies_and_runs_again(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def inner(x):
    note("attempts", "one")
    if len(notes("attempts")) < 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return x + 1

@task(returns=1)
def outer(x):
    return compss_wait_on(inner(x)) * 10

print(compss_wait_on(outer(1)))
"""
    )
    assert run(source, workers=1).succeeded().stdout == "20\n"
