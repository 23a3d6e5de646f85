"""Arrays that one task after another gets, and what a task may do to them without the next one noticing."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycompss.store import loans as loans_module
from pycompss.store.arena import Arena
from pycompss.store.codec import Codec
from pycompss.store.descriptor import ranges_of
from pycompss.store.kept import is_clean
from pycompss.store.loans import MOST, Loans, faults_are_counted
from pycompss.store.mappings import Mappings
from pycompss.store.memory import address_of

SIDE = 100  # 80 kB
LARGE_SIDE = 400  # 1.3 MB
needs_pagemap = pytest.mark.skipif(not os.access("/proc/self/pagemap", os.R_OK), reason="no /proc/self/pagemap here")


class Process:
    def __init__(self, number: int, others: tuple[Arena, ...] = ()) -> None:
        self.arena = Arena(number, 1 << 28)
        self.mappings = Mappings()
        self.mappings.attach(number, self.arena.fd, self.arena.view(0, self.arena.limit))
        for other in others:
            self.mappings.attach(other.number, other.fd)
        self.codec = Codec(self.arena, self.mappings, None)
        self.loans = Loans(self.codec, self.mappings)

    def close(self) -> None:
        self.loans.close()
        self.mappings.close()
        self.arena.close()


@pytest.fixture
def maker() -> Iterator[Process]:
    process = Process(1)
    yield process
    process.close()


@pytest.fixture
def worker(maker: Process) -> Iterator[Process]:
    process = Process(2, (maker.arena,))
    yield process
    process.close()


def block(maker: Process, value: float = 1.0) -> object:
    return maker.codec.encode(np.full((SIDE, SIDE), value))


def address(array: np.ndarray) -> int:
    return int(array.ctypes.data)


@needs_pagemap
def test_the_next_task_gets_the_same_memory(maker: Process, worker: Process) -> None:
    descriptor = block(maker)
    first = worker.loans.read(descriptor)
    where = address(first)
    assert first.sum() == SIDE * SIDE
    del first
    worker.loans.settle()
    assert address(worker.loans.read(descriptor)) == where


def test_what_a_task_writes_is_its_own(maker: Process, worker: Process) -> None:
    descriptor = block(maker)
    mine = worker.loans.read(descriptor)
    mine[3, 4] = 7
    del mine
    worker.loans.settle()
    assert (worker.loans.read(descriptor) == 1).all()
    assert (maker.codec.decode(descriptor) == 1).all()


def test_a_task_that_writes_after_many_that_read_changes_nothing_for_the_next(maker: Process, worker: Process) -> None:
    descriptor = block(maker)
    for _ in range(5):
        worker.loans.read(descriptor).sum()
        worker.loans.settle()
    worker.loans.read(descriptor)[-1, -1] = 7
    worker.loans.settle()
    assert (worker.loans.read(descriptor) == 1).all()


def test_where_the_kernel_counts_no_faults_writes_are_found_all_the_same(
    maker: Process, worker: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.loans, "_can_count", False)
    monkeypatch.setattr(loans_module, "_faults", lambda: 0)
    descriptor = block(maker)
    for _ in range(2):
        worker.loans.read(descriptor)[0, 0] = 7
        worker.loans.settle()
    assert (worker.loans.read(descriptor) == 1).all()


@needs_pagemap
@pytest.mark.parametrize("side", [SIDE, LARGE_SIDE])
def test_page_tables_are_read_only_after_a_page_fault(
    side: int, maker: Process, worker: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def look(start: int, length: int, pagemap: int) -> bool:
        looks.append(start)
        return is_clean(start, length, pagemap)

    monkeypatch.setattr(loans_module, "is_clean", look)
    monkeypatch.setattr(loans_module, "_faults", lambda: 5)
    descriptor = maker.codec.encode(np.ones((side, side)))
    for _ in range(10):
        worker.loans.read(descriptor)
        worker.loans.settle()
    first = 0 if side == SIDE else 1
    assert len(looks) == first, "a large one is not touched: the first time, nobody knows what faults there were"
    monkeypatch.setattr(loans_module, "_faults", lambda: 6)
    worker.loans.read(descriptor)
    worker.loans.settle()
    assert len(looks) == first + 1


@needs_pagemap
def test_reading_a_new_array_looks_like_nothing_else(
    maker: Process, worker: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not faults_are_counted():
        pytest.skip("page faults are not counted here")
    looks: list[int] = []

    def look(start: int, length: int, pagemap: int) -> bool:
        looks.append(start)
        return is_clean(start, length, pagemap)

    monkeypatch.setattr(loans_module, "is_clean", look)
    descriptors = [block(maker) for _ in range(20)]
    for descriptor in descriptors:
        assert worker.loans.read(descriptor).sum() == SIDE * SIDE
        worker.loans.settle()
    assert len(looks) < len(descriptors) // 2, "the interpreter may have faults of its own"
    worker.loans.read(descriptors[0])[SIDE // 2, 0] = 7
    before = len(looks)
    worker.loans.settle()
    assert len(looks) > before
    assert (worker.loans.read(descriptors[0]) == 1).all()


def test_an_array_that_a_task_keeps_is_a_claim_until_it_lets_go(maker: Process, worker: Process) -> None:
    descriptor = block(maker)
    kept = worker.loans.read(descriptor)[1:]
    assert not worker.mappings.newly_held(), "while the task runs, the master knows who reads what"
    worker.loans.settle()
    assert worker.mappings.newly_held() == list(ranges_of(descriptor))
    other = worker.loans.read(descriptor)
    assert not np.shares_memory(other, kept)
    kept[:] = 9
    assert (other == 1).all()
    del other
    worker.loans.settle()
    assert worker.mappings.collect_released() == []
    del kept
    assert worker.mappings.collect_released() == list(ranges_of(descriptor))
    assert worker.mappings.held(ranges_of(descriptor)) == []


@pytest.mark.parametrize(
    "keep", [memoryview, np.ravel, lambda array: array.T, lambda array: array.base, lambda array: iter([array])]
)
def test_whatever_refers_to_the_memory_keeps_it(maker: Process, worker: Process, keep: object) -> None:
    descriptor = block(maker)
    kept = keep(worker.loans.read(descriptor))  # type: ignore[operator]
    worker.loans.settle()
    assert worker.mappings.newly_held() == list(ranges_of(descriptor))
    del kept
    assert worker.mappings.collect_released() == list(ranges_of(descriptor))


def test_what_is_idle_is_no_claim(maker: Process, worker: Process) -> None:
    descriptor = block(maker)
    worker.loans.read(descriptor)
    worker.loans.settle()
    assert not worker.mappings.newly_held()
    assert not worker.mappings.held(ranges_of(descriptor))
    assert not worker.mappings.collect_released()


def test_a_task_that_reshapes_its_array_changes_nothing_for_the_next(maker: Process, worker: Process) -> None:
    descriptor = block(maker)
    mine = worker.loans.read(descriptor)
    mine.shape = (SIDE * SIDE,)
    mine.flags.writeable = False
    del mine
    worker.loans.settle()
    again = worker.loans.read(descriptor)
    assert again.shape == (SIDE, SIDE)
    assert again.flags.writeable


def test_a_range_that_was_given_out_again_shows_what_lies_there_now(maker: Process, worker: Process) -> None:
    descriptor = block(maker)
    worker.loans.read(descriptor).sum()
    worker.loans.settle()
    (place,) = ranges_of(descriptor)
    maker.codec.free([place])
    maker.arena.trim(0)
    fresh = block(maker, 2.0)
    assert ranges_of(fresh) == (place,)
    assert (worker.loans.read(fresh) == 2).all()


def test_a_range_with_an_array_of_another_shape_is_another_array(maker: Process, worker: Process) -> None:
    descriptor = block(maker)
    worker.loans.read(descriptor)
    worker.loans.settle()
    maker.codec.free(ranges_of(descriptor))
    fresh = maker.codec.encode(np.full((SIDE // 2, SIDE * 2), 3, dtype=np.int64))
    assert ranges_of(fresh) == ranges_of(descriptor)
    found = worker.loans.read(fresh)
    assert found.shape == (SIDE // 2, SIDE * 2)
    assert found.dtype == np.int64
    assert (found == 3).all()


def test_one_task_that_reads_a_value_twice_gets_two_arrays(maker: Process, worker: Process) -> None:
    descriptor = block(maker)
    one, two = worker.loans.read(descriptor), worker.loans.read(descriptor)
    one[:] = 5
    assert (two == 1).all()


@pytest.mark.parametrize(
    "value",
    [b"x" * 100_000, bytearray(100_000), [np.ones(10_000), np.zeros(10_000)], {"a": np.ones(10_000)}, "y" * 100_000],
    ids=["bytes", "bytearray", "two arrays", "in a dict", "text"],
)
def test_other_values_come_and_go_as_ever(maker: Process, worker: Process, value: object) -> None:
    descriptor = maker.codec.encode(value)
    found = worker.loans.read(descriptor)
    assert repr(found) == repr(value)
    del found
    worker.loans.settle()
    worker.mappings.collect_released()
    assert not worker.mappings.held(ranges_of(descriptor))


def test_an_array_of_a_subclass_is_none_that_is_lent(maker: Process, worker: Process) -> None:
    descriptor = maker.codec.encode(np.ma.masked_array(np.ones((SIDE, SIDE))))
    assert type(worker.loans.read(descriptor)) is np.ma.MaskedArray
    assert worker.loans._lent == []


def test_an_update_in_place_is_seen_by_all_and_needs_no_pickle(maker: Process, worker: Process) -> None:
    descriptor = block(maker)
    mine, loan = worker.loans.update(descriptor)
    mine += 1
    assert loan is not None
    assert loan.is_as_it_was(mine)
    del mine
    assert worker.loans.kept() == []
    worker.loans.settle()
    assert (maker.codec.decode(descriptor) == 2).all()
    again, _ = worker.loans.update(descriptor)
    again += 1
    assert (maker.codec.decode(descriptor) == 3).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a[1:],
        lambda a: a.T,
        lambda a: a[::-1],
        lambda a: a.copy(),
        lambda a: a.view(np.int64),
        lambda a: a.view(np.matrix),
        lambda a: a.reshape(-1),
        lambda _: None,
    ],
)
def test_another_view_of_the_memory_is_pickled(maker: Process, worker: Process, change: object) -> None:
    mine, loan = worker.loans.update(block(maker))
    assert loan is not None
    assert not loan.is_as_it_was(change(mine))  # type: ignore[operator]


def test_an_array_that_was_made_read_only_is_pickled(maker: Process, worker: Process) -> None:
    mine, loan = worker.loans.update(block(maker))
    mine.flags.writeable = False
    assert loan is not None
    assert not loan.is_as_it_was(mine)


def test_what_a_task_keeps_of_what_it_changed_in_place_is_told(maker: Process, worker: Process) -> None:
    descriptor = block(maker)
    mine = worker.loans.update(descriptor)[0]
    assert worker.loans.kept() == list(ranges_of(descriptor))
    worker.loans.settle()
    assert worker.mappings.newly_held() == list(ranges_of(descriptor))
    del mine
    assert worker.mappings.collect_released() == list(ranges_of(descriptor))


def test_only_so_many_are_idle(maker: Process, worker: Process) -> None:
    array = np.zeros(5000)
    for _ in range(MOST + 20):
        worker.loans.read(maker.codec.encode(array))
        worker.loans.settle()
    assert len(worker.loans._idle[0]) <= MOST


def test_the_first_write_to_a_clean_page_is_counted_where_counts_are_relied_on(maker: Process, worker: Process) -> None:
    array = worker.loans.read(block(maker))
    array.sum()
    before = loans_module._faults()
    array[0, 0] = 7
    assert loans_module._faults() > before or not faults_are_counted()


def test_the_memory_ends_with_the_loan(maker: Process, worker: Process) -> None:
    from pycompss.store.memory import _live

    before = set(_live)
    descriptor = block(maker)
    worker.loans.read(descriptor)
    worker.loans.settle()
    worker.loans.close()
    assert set(_live) == before
    view = maker.mappings.shared(*ranges_of(descriptor)[0])
    assert address_of(view)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["read", "write", "keep", "update", "drop", "new"]))))
@settings(max_examples=60, deadline=None)
def test_whatever_tasks_do_everybody_sees_what_a_copy_would_show(steps: list[tuple[int, str]]) -> None:
    """A model: each value is a number that fills its array."""
    maker = Process(1)
    worker = Process(2, (maker.arena,))
    try:
        numbers = [float(n) for n in range(4)]
        values = [block(maker, number) for number in numbers]
        kept: list[tuple[np.ndarray, float]] = []
        for at, step in steps:
            if step == "update":
                mine, _ = worker.loans.update(values[at])
                mine += 10
                numbers[at] += 10
            elif step == "new":
                if not worker.mappings.held(ranges_of(values[at])):
                    maker.codec.free(ranges_of(values[at]))
                    values[at] = block(maker, numbers[at] + 0.5)
                    numbers[at] += 0.5
                continue
            elif step == "drop":
                kept.clear()
                continue
            else:
                mine = worker.loans.read(values[at])
                assert (mine == numbers[at]).all()
                if step != "read":
                    mine[5] = -1
                if step == "keep":
                    mine[:] = -2
                    kept.append((mine, -2.0))
            del mine
            worker.loans.settle()
            assert all((array == number).all() for array, number in kept)
            assert set(worker.mappings.held(r for v in values for r in ranges_of(v))) >= set(
                worker.mappings.newly_held()
            )
        del kept
        worker.mappings.collect_released()
        assert not worker.mappings.held(r for v in values for r in ranges_of(v))
    finally:
        worker.close()
        maker.close()
