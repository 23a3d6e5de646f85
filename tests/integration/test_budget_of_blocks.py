"""What a task on blocks costs beside its own work, counted: `c += a * b` on arrays that lie in shared memory.

As in `test_budget`: measured numbers with about ten per cent of room, on Python 3.11.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task
from pycompss.worker.execution import Execution
from tests.integration.test_budget import await_file, check, count_calls
from tests.support.rendezvous import await_true, mark

# Python functions, per task; for a completion as many as when every task travels alone, which noise may cause.
CALLS = {"submission": 25, "completion": 98, "worker": 28}
BLOCKS, ROUNDS, WORKERS = 16, 16, 2
TASKS = BLOCKS * ROUNDS

calls = 0  # of Python functions in this worker, since `begin_to_count`; what waits for messages does not count
is_running = False


@task(returns=1)
def block(value: float) -> Any:
    return np.full((100, 100), value)


@task(c=INOUT)
def add_product(c: Any, a: Any, b: Any) -> None:
    c += a * b


def count(frame: Any, event: str, _argument: Any) -> None:
    global calls, is_running
    if event in ("call", "return") and frame.f_code is Execution.run.__code__:
        is_running = event == "call"
    calls += is_running and event == "call"


@task()
def begin_to_count(meeting: str) -> None:
    meet(meeting)
    sys.setprofile(count)


@task(returns=1)
def counted(meeting: str) -> int:
    sys.setprofile(None)
    meet(meeting)
    return calls


def meet(folder: str) -> None:
    """Wait until every worker is here."""
    mark(Path(folder, str(os.getpid())))
    await_true(lambda: len(os.listdir(folder)) >= WORKERS, "the other worker did not come")


@pytest.fixture
def product(session: Any) -> Any:
    """A function that submits the tasks; workers have had all blocks."""
    a, b = [block(1.0) for _ in range(BLOCKS)], [block(2.0) for _ in range(BLOCKS)]
    c = [block(0.0) for _ in range(BLOCKS)]
    submitted = 0

    def submit() -> None:
        nonlocal submitted
        submitted += ROUNDS
        for number in range(TASKS):
            add_product(c[number % BLOCKS], a[(number + 3) % BLOCKS], b[(number // 5) % BLOCKS])

    for _ in range(3):
        submit()
        compss_barrier()
    yield submit
    assert all((one == 2 * submitted).all() for one in compss_wait_on(c))


def test_calls_of_the_program(product: Any, tmp_path: Path) -> None:
    for _ in range(WORKERS):
        await_file(str(tmp_path / "open"))
    submission = count_calls(product)
    mark(tmp_path / "open")
    completion = count_calls(compss_barrier)
    check("calls of a submission", submission / TASKS, CALLS["submission"])
    check("calls of a completion, and of sending the next", completion / TASKS, CALLS["completion"])


def test_calls_of_a_worker(product: Any, tmp_path: Path) -> None:
    for name in ("begin", "end"):
        (tmp_path / name).mkdir()
    for _ in range(WORKERS):
        begin_to_count(str(tmp_path / "begin"))
    compss_barrier()
    product()
    compss_barrier()
    found = compss_wait_on([counted(str(tmp_path / "end")) for _ in range(WORKERS)])
    check("calls of a worker", sum(found) / TASKS, CALLS["worker"])
