"""Two nodes that have memory for a part of the values: each spills what it holds, and nobody elsewhere notices."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.task import task
from tests.support.megabytes import MEGABYTE, NUMBERS, add, make, plus, sum_of, total
from tests.support.sessions import running

LIMIT = 12 * MEGABYTE  # of each node
MANY = 2 * 3 * LIMIT // MEGABYTE


@pytest.fixture(scope="module")
def caller(no_leaks_of_module: None) -> Iterator[Any]:
    with running(workers=2, engine="dask", store_limit=LIMIT) as caller:
        yield caller


@pytest.fixture(autouse=True)
def forgotten(caller: Any) -> Iterator[None]:
    """What a test has made is gone before the next one."""
    yield
    compss_barrier()


@task(returns=1)
def where():
    return os.environ["COMPSS_NODES"]


def memory_of_arenas() -> dict[int, int]:
    """Bytes of pages that hold something, of all arenas of each agent."""
    found = {}
    for child in psutil.Process().children(recursive=True):
        files = {}
        for fd in _files_of(child.pid):
            try:
                if "pycompss-arena" in os.readlink(fd):
                    about = fd.stat()
                    files[about.st_ino] = about.st_blocks * 512
            except OSError:
                continue
        if len(files) > 1:  # an agent has its own and those of its workers, a worker some of these
            found[child.pid] = sum(files.values())
    return found


def _files_of(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return []


def test_values_three_times_as_large_as_the_memory_of_all_nodes_are_all_right(caller: Any) -> None:
    before = caller.spilling.spilled.bytes
    values = [make(i) for i in range(MANY)]
    compss_barrier()
    assert compss_wait_on([total(value) for value in values]) == [i * NUMBERS for i in range(MANY)]
    assert caller.spilling.spilled.bytes - before > LIMIT
    assert caller.spilling.restored.bytes > 0
    assert set(caller.spilling.by_node) == {"localhost-1", "localhost-2"}


def test_a_node_never_holds_more_than_its_limit(caller: Any) -> None:
    values, seen = [], {}
    for i in range(MANY):
        values.append(make(i))
        compss_wait_on(total(values[i // 2]))
        for agent, size in memory_of_arenas().items():
            seen[agent] = max(seen.get(agent, 0), size)
    assert seen
    assert LIMIT / 2 < max(seen.values()) <= LIMIT
    assert compss_wait_on(sum_of(values[::8])) == sum(range(0, MANY, 8))


def test_others_and_the_program_get_what_was_spilled(caller: Any) -> None:
    values = [make(i) for i in range(MANY)]
    compss_barrier()
    sums = [plus(values[i], values[MANY - 1 - i]) for i in range(MANY // 2)]
    assert compss_wait_on([total(one) for one in sums]) == [(MANY - 1) * NUMBERS] * (MANY // 2)
    assert int(compss_wait_on(values[3])[-1]) == 3


def test_updates_of_spilled_values_change_them_and_not_their_readers(caller: Any) -> None:
    values = [make(i) for i in range(MANY)]
    compss_barrier()
    before = [plus(value, value) for value in values[::2]]
    for _ in range(2):
        for value in values:
            add(value, 10)
    assert compss_wait_on([total(b) for b in before]) == [2 * i * NUMBERS for i in range(0, MANY, 2)]
    assert compss_wait_on([total(value) for value in values]) == [(i + 20) * NUMBERS for i in range(MANY)]


def test_a_result_larger_than_all_memory_goes_to_the_disk_at_once(caller: Any) -> None:
    @task(returns=1)
    def large():
        return np.arange(2 * LIMIT // 8)

    values = [large() for _ in range(2)]
    assert compss_wait_on([total(value) for value in values]) == [sum(range(2 * LIMIT // 8))] * 2
    assert compss_wait_on(total(plus(values[0], values[1]))) == 2 * sum(range(2 * LIMIT // 8))


def test_tasks_that_call_tasks(caller: Any) -> None:
    @task(returns=1)
    def many(first, count):
        values = [make(first + i) for i in range(count)]
        heads = [int(value[0]) for value in compss_wait_on(values)]
        again = compss_wait_on([total(value) for value in values])
        return [n // NUMBERS for n in again] == heads == list(range(first, first + count))

    assert compss_wait_on([many(i, 12) for i in range(4)]) == [True] * 4
