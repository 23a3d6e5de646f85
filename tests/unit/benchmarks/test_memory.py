"""Memory of processes: every page once, also those that nobody maps."""

from __future__ import annotations

import mmap
import os
import subprocess

import pytest

SIZE = 20_000_000


@pytest.fixture(scope="module")
def memory(benchmark):
    return benchmark("memory")


@pytest.fixture
def shared():
    descriptor = os.memfd_create("shared")
    yield descriptor
    os.close(descriptor)


def added(memory, shared, look) -> int:
    """Bytes that filling the shared file adds, as `look` sees them with it."""
    before = memory.total([os.getpid()])
    os.write(shared, bytes(SIZE))
    found = look() - before
    os.ftruncate(shared, 0)
    os.lseek(shared, 0, os.SEEK_SET)
    return found


def is_seen(memory, shared, look) -> bool:
    """Shared pages are the whole machine's: where another process takes or gives some meanwhile, it is asked again."""
    return any(added(memory, shared, look) == pytest.approx(SIZE, rel=0.1) for _ in range(20))


def test_pages_that_nobody_maps_are_counted(memory, shared):
    assert is_seen(memory, shared, lambda: memory.total([os.getpid()]))


def test_pages_that_are_mapped_as_well_are_counted_once(memory, shared):
    def look() -> int:
        with mmap.mmap(shared, SIZE, prot=mmap.PROT_READ) as pages:
            assert sum(pages[:: mmap.PAGESIZE]) == 0
            return memory.total([os.getpid()])

    assert is_seen(memory, shared, look)


def test_a_process_that_has_ended_takes_nothing(memory):
    assert memory.total([2**22 + 1]) == 0


def test_the_peak_is_taken_while_it_worked_and_the_level_just_before(memory):
    samples = [(0.0, 900), (9.7, 110), (9.8, 100), (9.9, 120), (10.1, 500), (10.5, 450), (11.1, 900)]
    assert memory.above_idle(samples, began=10.0, ended=11.0) == 390


def test_without_samples_there_is_no_peak(memory):
    with pytest.raises(ValueError, match="not sampled"):
        memory.above_idle([(9.9, 1)], began=10.0, ended=11.0)


def test_processes_stand_still_while_somebody_looks_and_go_on_afterwards(memory):
    with subprocess.Popen(["sleep", "60"]) as child:
        with memory.halted([child.pid, 2**22 + 1]):
            assert memory._state(child.pid) == "T"
        assert memory._state(child.pid) != "T"
        child.kill()
