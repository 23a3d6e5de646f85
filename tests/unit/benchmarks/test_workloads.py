"""Workloads on an engine whose costs are known."""

from __future__ import annotations

import mmap

import pytest

EACH = 4 * mmap.PAGESIZE  # bytes that the engine keeps for a task, of the system, whatever this process has left


class Keeping:
    """Keeps so many bytes for every task, and runs none."""

    workers = 2

    def __init__(self):
        self.asked, self.waited = [], 0

    def submit(self, function, *arguments):
        self.asked.append((function.__name__, arguments))
        memory = mmap.mmap(-1, EACH, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.write(b"x" * EACH)
        return memory

    def wait(self, handles):
        self.waited = len(handles)


def test_memory_of_pending_tasks_is_measured_while_every_worker_sleeps(benchmark):
    workloads = benchmark("workloads")
    engine = Keeping()
    found = workloads.alive(engine, 0.02)["W8-alive"]
    assert engine.asked[:3] == [("nap", (workloads.GATE,)), ("nap", (workloads.GATE,)), ("nothing", ())]
    assert (len(engine.asked), engine.waited) == (2002, 2002)
    assert found == pytest.approx(EACH, rel=0.2)
