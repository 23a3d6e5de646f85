"""A node is lost in the middle of a program: what ran there runs elsewhere, what lay there is made again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.support.launch import Result

PRELUDE = """\
import os, signal, time
import numpy as np
import psutil
from pycompss.api.task import task
from pycompss.api.parameter import INOUT
from pycompss.api.api import compss_barrier, compss_wait_on
from tests.support.rendezvous import await_mark, mark, note, notes

SIZE = 100_000

@task(returns=1)
def make(i):
    return np.full(SIZE, float(i))

@task(a=INOUT)
def increase(a):
    a += 1

@task(returns=1)
def add(a, b):
    return a + b

@task(returns=1)
def where_it_may_stay(node, log):
    # never ends on one node
    note(log, os.environ["COMPSS_NODES"])
    while os.environ["COMPSS_NODES"] == node:
        time.sleep(1)
    return os.environ["COMPSS_NODES"]

@task(returns=1, on_failure="IGNORE")
def made_once():
    return np.ones(SIZE)

@task(returns=2)
def whoami():
    return os.environ["COMPSS_NODES"], psutil.Process(os.getppid()).ppid()

def agents():
    found = {}
    while len(found) < 2:
        found.update(compss_wait_on([[name, pid] for name, pid in [whoami() for _ in range(8)]]))
    return found
"""

PROGRAM = f"""{PRELUDE}
here = os.getcwd()
pids = agents()
xs = [make(i) for i in range(8)]
for x in xs:
    increase(x)
ys = [add(a, b) for a, b in zip(xs[::2], xs[1::2])]
compss_barrier()
os.kill(pids["localhost-1"], signal.SIGNAL)
assert [float(x[0]) for x in compss_wait_on(xs)] == [i + 1.0 for i in range(8)]
assert [float(y.sum()) for y in compss_wait_on(ys)] == [SIZE * (4.0 * i + 3) for i in range(4)]
print("right")
"""


@pytest.mark.parametrize("signal", ["SIGKILL", "SIGSTOP"])
def test_values_of_a_node_that_dies_or_hangs_are_made_again(run: Callable[..., Result], signal: str) -> None:
    source = PROGRAM.replace("SIGNAL", signal)
    result = run(source, engine="dask", env={"PYCOMPSS_NODE_TIMEOUT": "3"}).succeeded()
    assert "right" in result.stdout
    assert "WARNING: node localhost-1 was lost" in result.stderr


def test_a_node_that_was_cut_off_and_answers_again_takes_part_again(run: Callable[..., Result]) -> None:
    """Silence is all that the other nodes see of a broken network; what it still has is not used any more."""
    source = f"""{PRELUDE}
@task(returns=1)
def here():
    time.sleep(0.01)
    return os.environ["COMPSS_NODES"]

pids = agents()
xs = [make(i) for i in range(8)]
compss_barrier()
os.kill(pids["localhost-1"], signal.SIGSTOP)
assert [float(x[0]) for x in compss_wait_on(xs)] == [float(i) for i in range(8)]
late = make(9)
compss_barrier()
print({{compss_wait_on(here()) for _ in range(5)}})
os.kill(pids["localhost-1"], signal.SIGCONT)
deadline = time.monotonic() + 60
while len(set(compss_wait_on([here() for _ in range(8)]))) < 2:
    assert time.monotonic() < deadline
assert float(compss_wait_on(add(late, late))[0]) == 18.0
print("back")
"""
    result = run(source, engine="dask", env={"PYCOMPSS_NODE_TIMEOUT": "3"}).succeeded()
    assert result.stdout == "{'localhost-2'}\nback\n"
    assert result.stderr.count("was lost") == 1


def test_what_ran_on_a_lost_node_is_tried_again_on_another(run: Callable[..., Result]) -> None:
    source = f"""{PRELUDE}
pids = agents()
log = os.path.abspath("log")
results = [where_it_may_stay("localhost-2", log) for _ in range(4)]
while "localhost-2" not in notes(log):
    time.sleep(0.01)
os.kill(pids["localhost-2"], signal.SIGKILL)
print(sorted(set(compss_wait_on(results))))
"""
    result = run(source, engine="dask").succeeded()
    assert result.stdout == "['localhost-1']\n"
    assert "where_it_may_stay(node='localhost-2'" in result.stderr
    assert "its agent ended with SIGKILL" in result.stderr


def test_the_run_ends_with_a_lost_node_where_that_is_asked(run: Callable[..., Result]) -> None:
    source = f"""{PRELUDE}
pids = agents()
results = [where_it_may_stay("localhost-2", os.path.abspath("log")) for _ in range(4)]
while "localhost-2" not in notes("log"):
    time.sleep(0.01)
os.kill(pids["localhost-2"], signal.SIGKILL)
compss_wait_on(results)
"""
    result = run(source, engine="dask", env={"PYCOMPSS_SHUTDOWN_IN_NODE_FAILURE": "true"})
    assert result.returncode == 1
    assert "was lost: its agent ended with SIGKILL; the run ends, as shutdown_in_node_failure asks" in result.stderr


def test_what_cannot_be_had_any_more_is_named_with_its_node(run: Callable[..., Result]) -> None:
    source = f"""{PRELUDE}
pids = agents()
values = [made_once() for _ in range(8)]
compss_barrier()
os.kill(pids["localhost-1"], signal.SIGKILL)
try:
    compss_wait_on(values)
except Exception as error:
    print(error)
os.kill(pids["localhost-2"], signal.SIGKILL)
print(compss_wait_on(make(1)).sum())
"""
    result = run(source, engine="dask")
    assert re.search(r"d\d+v2, a value that app\.made_once \(task \d+\) made, was lost\n", result.stdout), result
    assert "called from  " in result.stdout
    assert "node localhost-1 was lost: " in result.stdout
    assert "; the task is not run again, because its on_failure='IGNORE' says so" in result.stdout
    assert "failed on" not in result.stdout
    assert result.returncode == 1, result
    assert "no node is left" in result.stderr
    assert "node localhost-2 was lost" in result.stderr


def test_arrays_of_the_program_that_tasks_update_are_made_again(run: Callable[..., Result]) -> None:
    """Tasks of a group change a copy, so that what the program gave is further away than the value before."""
    source = f"""{PRELUDE}
from pycompss.api.api import TaskGroup

pids = agents()
arrays = [np.full(SIZE, float(i)) for i in range(8)]
for array in arrays:
    increase(array)
    with TaskGroup("copied", False):
        increase(array)
    increase(array)
compss_barrier()
os.kill(pids["localhost-1"], signal.SIGKILL)
print([float(array[0]) - i for i, array in enumerate(compss_wait_on(arrays))])
"""
    assert run(source, engine="dask").succeeded().stdout == f"{[3.0] * 8}\n"


LEFT = f"""{PRELUDE}
from pycompss.api.exceptions import COMPSsException

@task(a=INOUT, on_failure="IGNORE")
def ignored(a):
    a += 1
    raise ValueError("ignored")

@task(a=INOUT)
def raising(a):
    a += 1
    raise COMPSsException("raised")

pids = agents()
values = [make(i) for i in range(8)]
for value in values:
    NAME(value)
compss_barrier()
os.kill(pids["localhost-1"], signal.SIGKILL)
told = 0
for i, result in enumerate(READ):
    try:
        assert float(compss_wait_on(result)[0]) in (i + 1.0, 2 * i + 2.0)
    except Exception as error:
        told += "made, was lost" in str(error) and "the task is not run again, because it failed" in str(error)
print("told" if told else "not told")
"""


@pytest.mark.parametrize("read", ["values", "[add(value, value) for value in values]"])
@pytest.mark.parametrize("name", ["ignored", "raising"])
def test_what_a_failed_task_left_on_a_lost_node_is_named(run: Callable[..., Result], name: str, read: str) -> None:
    """Who waits for it, or reads it, does not wait for ever."""
    result = run(LEFT.replace("NAME", name).replace("READ", read), engine="dask").succeeded()
    assert result.stdout == "told\n"


def test_what_a_task_that_was_lost_later_handed_to_another_is_named(run: Callable[..., Result]) -> None:
    """The one that it called, and has not waited for, lives on."""
    source = f"""{PRELUDE}
@task(returns=1)
def after(log):
    await_mark(log)
    return 1

@task(returns=1)
def late(x, gate):
    return float(x.sum())

@task(returns=2)
def caller(log):
    here = os.environ["COMPSS_NODES"]
    return (late(np.ones(SIZE), after(log)) if here == "localhost-1" else None), here

pids, log = agents(), os.path.abspath("log")
results = []
while not results:
    results = [result for result, name in [caller(log), caller(log)] if compss_wait_on(name) == "localhost-1"]
os.kill(pids["localhost-1"], signal.SIGKILL)
mark(log)
for result in results:
    try:
        print(compss_wait_on(result))
    except Exception as error:
        print(error)
"""
    result = run(source, engine="dask").succeeded()
    assert re.search(r"d\d+v1, a value that app\.caller \(task \d+\) made, was lost\n", result.stdout), result
    assert "because it called tasks of its own" in result.stdout


def test_files_that_were_finished_on_a_lost_node_are_kept(run: Callable[..., Result]) -> None:
    """Also where tasks work on their node's own disk."""
    source = f"""{PRELUDE}
from pycompss.api.api import compss_open
from pycompss.api.parameter import FILE_IN, FILE_OUT

@task(out=FILE_OUT, on_failure="FAIL")
def write(log, out):
    note(log, os.environ["COMPSS_NODES"])
    with open(out, "w") as file:
        file.write(out)

@task(f=FILE_IN, returns=1)
def read(f):
    with open(f) as file:
        return file.read()

pids, log = agents(), os.path.abspath("log")
while set(notes(log)) != set(pids):
    for i in range(8):
        write(log, f"f{{i}}")
    compss_barrier()
os.kill(pids["localhost-1"], signal.SIGKILL)
texts = compss_wait_on([read(f"f{{i}}") for i in range(8)])
print([os.path.basename(text) for text in texts] == [f"f{{i}}" for i in range(8)])
for i in range(8):
    with compss_open(f"f{{i}}") as file:
        assert file.read() == texts[i]
"""
    env = {"PYCOMPSS_WORKER_WORKING_DIR": "local_disk"}
    result = run(source, engine="dask", env=env).succeeded()
    assert result.stdout == "True\n"
    assert "node localhost-1 was lost" in result.stderr


SEVERAL = f"""{PRELUDE}
@task(returns=1, computing_nodes=2, on_failure=POLICY)
def wide(log):
    note(log, os.environ["COMPSS_NODES"])
    try:
        while True:
            time.sleep(1)
    finally:
        mark(log + ".interrupted")

pids = agents()
log = os.path.abspath("log")
result = wide(log)
while not notes(log):
    time.sleep(0.01)
main, other = notes(log)[0].split(",")
os.kill(pids[LOST], signal.SIGKILL)
"""


@pytest.mark.parametrize("lost", ["main", "other"])
def test_a_task_on_several_nodes_that_loses_one_ends_and_is_told(run: Callable[..., Result], lost: str) -> None:
    """No two nodes are left, so it cannot be tried again; what ran on the one that is left does not go on."""
    source = f"""{SEVERAL.replace("LOST", lost).replace("POLICY", "'RETRY'")}
try:
    compss_wait_on(result)
except Exception as error:
    print(error)
if "{lost}" == "other":
    await_mark(log + ".interrupted")
print("lost", {lost}, "then", compss_wait_on(add(1, 2)), len(notes(log)))
"""
    result = run(source, engine="dask").succeeded()
    *_, last = result.stdout.splitlines()
    _, node, *rest = last.split()
    assert rest == ["then", "3", "1"]
    assert f"no node is left for it: node {node} was lost: its agent ended with SIGKILL" in result.stdout


def test_a_task_on_several_nodes_that_loses_one_may_be_ignored(run: Callable[..., Result]) -> None:
    source = f"""{SEVERAL.replace("LOST", "other").replace("POLICY", "'IGNORE'")}
print(compss_wait_on(result), compss_wait_on(add(1, 2)))
"""
    assert run(source, engine="dask").succeeded().stdout == "None 3\n"


def test_when_no_node_is_left_tasks_end_with_those_that_they_wait_for(run: Callable[..., Result]) -> None:
    """Whatever their own policy says: they never ran."""
    source = f"""{PRELUDE}
@task(returns=1, on_failure="IGNORE")
def itself(x):
    return x

@task(returns=1)
def endless():
    time.sleep(1000)

pids = agents()
results = [itself(endless()), itself(endless())]
for name in pids:
    os.kill(pids[name], signal.SIGKILL)
for result in results:
    try:
        compss_wait_on(result)
    except Exception as error:
        print(error)
"""
    result = run(source, engine="dask")
    assert result.stdout.count("no node is left for it: node ") == 2, result
    assert "internal error" not in result.stdout + result.stderr
