"""What tasks leave behind when they have ended: nothing, in the program and in its workers."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.task import task

MANY = 4000  # tasks
FEW = 400  # blocks of memory; one that each task of a worker leaves would be 1,000 and more


@task()
def nothing() -> None:
    pass


@task(returns=1)
def one_more(x: int) -> int:
    return x + 1


@task(returns=1)
def blocks_here() -> tuple[int, int]:
    return os.getpid(), _blocks()


def test_neither_program_nor_workers_keep_anything_of_tasks_that_have_ended(session: Any) -> None:
    _run(MANY)
    program, workers = _blocks(), _blocks_of_workers()
    _run(2 * MANY)
    assert _blocks() - program < FEW
    more = _blocks_of_workers()
    assert more.keys() & workers.keys()
    assert all(more[pid] - blocks < FEW for pid, blocks in workers.items() if pid in more)
    assert _entries(session) == {}


def test_what_the_program_knew_of_tasks_goes_without_the_garbage_collector(session: Any) -> None:
    _run(MANY)
    gc.collect()
    gc.disable()
    try:
        _run(MANY)
        assert gc.collect() < FEW
    finally:
        gc.enable()


def _run(number: int) -> None:
    """Some tasks without results, and some in chains, whose results nobody keeps."""
    value: Any = 0
    for _ in range(number // 2):
        nothing()
        value = one_more(value)
    assert compss_wait_on(value) == number // 2
    compss_barrier()


def _blocks() -> int:
    """Blocks of memory that Python objects of this process have."""
    gc.collect()
    return sys.getallocatedblocks()


def _blocks_of_workers() -> dict[int, int]:
    return dict(compss_wait_on([blocks_here() for _ in range(20)]))


def _entries(session: Any) -> dict[str, int]:
    """What is left in tables of the run that only unfinished tasks should be in."""
    nothing()  # what was dropped is released at the next call
    compss_barrier()
    core, scheduler = session.core, session.core.scheduler
    tables = {
        "unfinished": core.unfinished,
        "replaced": core.data.replaced,
        "freed": core.data.freed,
        "stopping": core.stopping,
        "waiting": [task for queue in scheduler.queues.values() for task in queue.line()],
        "in slots": [task for slot in scheduler.slots.values() for task in slot.tasks],
        "paths": session.core.scheduler.paths.fresh + session.core.scheduler.paths.seen,
        "critical": [entry for queue in scheduler.queues.values() for entry in queue.critical.heaps],
        "objects": session.table.entries,
    }
    return {name: len(table) for name, table in tables.items() if table}
