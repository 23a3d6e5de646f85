"""Tasks that do to their process what a program may do to its own: the tasks after them must not suffer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.launch import Result

PRELUDE = """\
import multiprocessing, os, signal, subprocess, sys, threading, time
import numpy as np
from pycompss.api.task import task
from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import FILE_IN, FILE_OUT, INOUT
from tests.support.rendezvous import await_mark, mark, note, notes

@task(returns=1)
def increment(x):
    return x + 1

@task(f=FILE_OUT)
def writes(f, text):
    with open(f, "w") as file:
        file.write(text)

@task(returns=1, f=FILE_IN)
def reads(f):
    with open(f) as file:
        return file.read()

@task(returns=1)
def doubled(a):
    return a * 2
"""

CHECK = """
array = np.ones(1_000_000)
for _ in range(2):
    writes("out.txt", "hello")
    assert compss_wait_on(reads("out.txt")) == "hello"
    assert compss_wait_on([increment(i) for i in range(20)]) == list(range(1, 21))
    assert (compss_wait_on(doubled(array)) == 2).all()
print("fine")
"""

RUDE = {
    "closes its standard output": "os.close(1)",
    "closes its standard error": "os.close(2)",
    "closes the file objects": "sys.stdout.close(); sys.stderr.close()",
    "replaces the file objects": "sys.stdout = open(os.devnull, 'w'); sys.stderr = None",
    "changes the directory": "os.chdir('/')",
    "removes the directory": "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')",
    "changes the umask": "os.umask(0o777)",
    "ignores signals": "[signal.signal(n, signal.SIG_IGN) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)]",
    "empties the environment": "os.environ.clear()",
    "starts a thread that goes on": "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
    "starts a thread that is no daemon": "threading.Thread(target=time.sleep, args=(1000,)).start()",
    "starts a program that goes on": "subprocess.Popen(['sleep', '1000'])",
    "forks": "os.waitpid(pid, 0) if (pid := os.fork()) else os._exit(0)",
    "forks a child that exits": "assert os.waitpid(pid, 0)[1] == 3 << 8 if (pid := os.fork()) else sys.exit(3)",
    "uses multiprocessing": "assert multiprocessing.get_context('fork').Pool(2).map(abs, [-1, -2]) == [1, 2]",
    "prints much": "print('x' * 50_000_000)",
    "prints many lines": "[print('line', i) for i in range(100_000)]",
    "prints bytes that are no text": "os.write(1, b'\\xff\\xfe\\x00')",
    "sets a trace function": "sys.settrace(lambda *_: None)",
    "turns warnings into errors": "__import__('warnings').simplefilter('error')",
    "deletes modules": "[sys.modules.pop(n) for n in list(sys.modules) if n.startswith(('json', 'pickle', 'numpy'))]",
    "stops the collector": "__import__('gc').disable()",
    "takes over our signals": "[signal.signal(n, signal.SIG_DFL) for n in (signal.SIGALRM, signal.SIGUSR1)]",
    "exits": "sys.exit()",
    "raises KeyboardInterrupt": "raise KeyboardInterrupt",
    "raises GeneratorExit": "raise GeneratorExit",
}


@pytest.mark.parametrize("what", RUDE)
def test_what_a_task_does_to_its_process_does_not_hurt_the_next(run: Callable[..., Result], what: str) -> None:
    source = (
        PRELUDE
        + f"""
@task(returns=1, on_failure="IGNORE")
def rude(x):
    {RUDE[what]}
    return x

compss_wait_on(increment(0))
for i in range(3):
    compss_wait_on(rude(i))
{CHECK}"""
    )
    result = run(source, workers=1, timeout=40).succeeded()
    assert result.stdout == "fine\n"


def test_a_forked_child_of_a_task_that_returns_does_not_answer_for_it(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + f"""
@task(returns=1)
def forks(x):
    if os.fork() == 0:
        return -x
    return x

assert compss_wait_on([forks(i) for i in range(1, 4)]) == [1, 2, 3]
{CHECK}"""
    )
    result = run(source, workers=1, timeout=40).succeeded()
    assert result.stdout == "fine\n"


def test_a_task_deep_in_recursion_fails_as_in_a_sequential_program(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + f"""
@task(returns=1)
def recurses(x):
    return recurses.__wrapped__(x + 1) if hasattr(recurses, "__wrapped__") else (lambda f: f(f))(lambda f: f(f))

try:
    compss_wait_on(recurses(0))
except Exception as error:
    assert "RecursionError" in str(error), error
{CHECK}"""
    )
    result = run(source, workers=1, timeout=40).succeeded()
    assert result.stdout == "fine\n"


def test_a_task_that_asks_for_too_much_memory_fails_alone(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + f"""
@task(returns=1)
def greedy(n):
    return np.ones(n)

try:
    compss_wait_on(greedy(1 << 50))
except Exception as error:
    assert "Unable to allocate" in str(error), error
    assert "greedy" in str(error)
{CHECK}"""
    )
    result = run(source, workers=1, timeout=40).succeeded()
    assert result.stdout == "fine\n"


def test_a_time_out_is_kept_after_a_task_took_over_the_alarm(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@task(returns=1)
def takes_over():
    for number in (signal.SIGALRM, signal.SIGUSR1, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)

@task(returns=1, time_out=0.2, on_failure="IGNORE")
def slow():
    time.sleep(100)

compss_wait_on(takes_over())
start = time.monotonic()
compss_wait_on(slow())
print(time.monotonic() - start < 4)
"""
    )
    assert run(source, workers=1).succeeded().stdout == "True\n"


def test_a_task_that_closes_the_sockets_of_its_worker_is_named(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + f"""
@task(returns=1)
def closes(x):
    note("attempts", "one")
    os.closerange(3, 1000)
    return x

try:
    compss_wait_on(closes(1))
except Exception as error:
    assert "closes(x=1) failed" in str(error), error
    assert len(notes("attempts")) == 4, notes("attempts")
{CHECK}"""
    )
    result = run(source, workers=1, timeout=40).succeeded()
    assert result.stdout == "fine\n"
