"""Small programs that use a bit of everything, and what they print."""

from __future__ import annotations

from typing import Any

import pytest

TASKS = """
import sys, time
from pycompss.api.task import task
from pycompss.api.parameter import *
from pycompss.api.exceptions import COMPSsException
from pycompss.api.on_failure import on_failure
from pycompss.api.api import *

@task(returns=1)
def inc(x): return x+1
@task(c=INOUT)
def app(c, v): c.append(v)
@task(f=FILE_OUT)
def wr(f, t): open(f,'w').write(t)
@task(f=FILE_IN, returns=1)
def rd(f): return open(f).read()
@task()
def two(): return [1, 2]
@task(col=COLLECTION_IN, returns=1)
def tot(col): return sum(col)
@task(returns=1, priority=True)
def ln(l): return len(l)
@task(returns=1)
def bad(x):
    raise ValueError("boom")
@on_failure(management="IGNORE", returns=7)
@task(returns=1)
def ign(x): raise ValueError("ign")
@task(f=FILE_INOUT, on_failure="CANCEL_SUCCESSORS")
def cs(f):
    v=int(open(f).read()); open(f,'w').write(str(v+1)); raise ValueError("cs")
@task(x=INOUT)
def cex(x):
    x.append(1); raise COMPSsException("group_failed here")
@task(returns=1)
def after(x): return x
@task(returns=1)
def slow(): time.sleep(0.2); return 1
@task(returns=1)
def slower(x): time.sleep(30); return 1
"""

FIRST = """
if __name__ == "__main__":
    a = inc(1); b = inc(a); print("b", compss_wait_on(b)); print("second", compss_wait_on(b))
    l = [0]; app(l, 1); app(l, 2); print("l", compss_wait_on(l), l)
    wr("out.txt", "hello"); r = rd("out.txt"); print("exists", compss_file_exists("out.txt")); print(compss_wait_on(r))
    print("wof", compss_wait_on_file("out.txt"))
    t = two(); print("two", type(t).__name__, len(t), compss_wait_on(t))
    with TaskGroup("g1"):
        xs = [inc(i) for i in range(3)]
    s = tot(xs); compss_barrier(); print("tot", compss_wait_on(s))
    m = [1]; n1 = ln(m); m.append(2); n2 = ln(m); print("ln", compss_wait_on(n1), compss_wait_on(n2))
    compss_delete_object(m); print(compss_wait_on(ln(m)))
    print("del", compss_delete_file("out.txt"))
"""

PRINTED = """
b 3
second 3
l [0, 1, 2] [0]
exists True
hello
wof out.txt
two list 2 [1, 2]
tot 6
ln 1 1
2
del False
"""


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.mark.parametrize("launcher", ["python", "pycompss"])
def test_a_bit_of_everything(run_program: Any, launcher: str) -> None:
    result = run_program(TASKS + FIRST, launcher=launcher)
    assert result.returncode == 0, result.stderr
    assert [line for line in result.stdout.splitlines() if line in lines(PRINTED)] == lines(PRINTED)


def test_failures_of_all_sorts_and_the_program_goes_on(run_program: Any) -> None:
    """Ignored, successors cancelled, a group's exception: the program goes on to its end."""
    result = run_program(
        TASKS
        + """
if __name__ == "__main__":
    print("ign", compss_wait_on(ign(1)))
    open("n.txt","w").write("1"); cs("n.txt"); cs("n.txt"); compss_barrier(); print("cs", compss_open("n.txt").read())
    try:
        with TaskGroup("g_1"):
            l = [0]; cex(l); app(l, 2)
            y = slower(ln(l))
        print("no exception")
    except COMPSsException as e: print("caught", type(e).__name__, e)
    print("l", compss_wait_on(l))
    cex([1]); compss_barrier(); print("lost ok")
"""
    )
    assert result.returncode == 0, result.stderr
    printed = lines(result.stdout)
    assert printed[:2] == ["ign 7", "cs 2"]
    assert printed[2].startswith("caught COMPSsException")
    assert "group_failed here" in printed[2]
    assert printed[3:] == ["l [0, 1]", "lost ok"]


def test_a_task_that_always_raises(run_program: Any) -> None:
    """The value is not printed, the exception is; exit 1."""
    result = run_program(TASKS + 'r = bad(1); print("submitted"); print("value", compss_wait_on(r)); print("after")')
    assert (result.returncode, result.stdout) == (1, "submitted\n")
    assert "ValueError: boom" in result.stderr


def test_an_exit_with_a_code_while_a_task_runs(run_program: Any) -> None:
    """Exit 3 at once."""
    result = run_program(TASKS + "slower(1); sys.exit(3)", timeout=15)
    assert result.returncode == 3


def test_futures_are_used_like_values(run_program: Any) -> None:
    """Section 17: a program that is right in sequence is right in parallel."""
    body = """
x = slow()
print("value", bool(x), x + 1, [10, 20][x], f"{x:03d}", int(x), x > 0)
print([one + 0 for one in two()], max(inc(1), inc(2)))
try: slow(1)
except TypeError as e: print(type(e).__name__)
print(compss_wait_on((x,))[0] == 1, compss_wait_on({"k": [slow()]}), compss_wait_on(1, 2))
"""
    result = run_program(TASKS + body)
    assert result.returncode == 0, result.stderr
    assert lines(result.stdout) == [
        "value True 2 20 001 1 True",
        "[1, 2] 3",
        "TypeError",
        "False {'k': [1]} [1, 2]",
    ]
    assert "SynchronisationWarning" in result.stderr
