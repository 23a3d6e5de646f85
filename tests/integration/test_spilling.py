"""Programs with more values than memory: least recently used ones go to disk, and nobody notices but by the clock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from pycompss.api.api import compss_barrier, compss_delete_object, compss_wait_on
from pycompss.api.parameter import COLLECTION_INOUT, COMMUTATIVE, INOUT
from pycompss.api.task import task
from pycompss.core.events import Reader
from pycompss.observe.journal import Journal
from tests.support.megabytes import MEGABYTE, NUMBERS, add, make, plus, sum_of, total
from tests.support.sessions import running

LIMIT = 12 * MEGABYTE
MANY = 3 * LIMIT // MEGABYTE


@pytest.fixture
def caller() -> Iterator[Any]:
    with running(workers=2, store_limit=LIMIT) as caller:
        yield caller


@task(a=COMMUTATIVE)
def add_in_any_order(a, n):
    a += n


@task(parts=COLLECTION_INOUT)
def add_to_each(parts, n):
    for part in parts:
        part += n


def test_values_three_times_as_large_as_memory_are_all_right(caller: Any) -> None:
    values = [make(i) for i in range(MANY)]
    compss_barrier()
    assert caller.spilling.spilled.bytes > LIMIT
    assert compss_wait_on([total(value) for value in values]) == [i * NUMBERS for i in range(MANY)]
    assert caller.spilling.restored.bytes > 0


def test_the_memory_is_never_more_than_the_limit(caller: Any) -> None:
    """Pages that hold something, of all arenas together, after every step of the program."""
    values = []
    for i in range(MANY):
        values.append(make(i))
        compss_wait_on(total(values[i // 2]))
        memory = caller.values.memory
        fds = [memory.mappings.fd(number) for number in memory.rooms if memory.mappings.knows(number)]
        assert sum(os.fstat(fd).st_blocks * 512 for fd in fds) <= LIMIT
    assert compss_wait_on(sum_of(values)) == sum(range(MANY))


def test_updates_of_spilled_values_change_the_value_and_not_its_readers(caller: Any) -> None:
    values = [make(i) for i in range(MANY)]
    compss_barrier()
    before = [plus(value, value) for value in values]
    for _ in range(2):
        for value in values:
            add(value, 10)
    assert compss_wait_on([total(b) for b in before]) == [2 * i * NUMBERS for i in range(MANY)]
    assert compss_wait_on([total(value) for value in values]) == [(i + 20) * NUMBERS for i in range(MANY)]


def test_chains_through_more_values_than_memory(caller: Any) -> None:
    links = [make(1)]
    for _ in range(MANY):
        links.append(plus(links[-1], links[0]))
    assert compss_wait_on(links[-1])[0] == MANY + 1
    assert [int(link[0]) for link in compss_wait_on(links)] == list(range(1, MANY + 2))


def test_updates_that_are_tried_again_start_from_what_was_spilled(caller: Any, tmp_path: Any) -> None:
    @task(a=INOUT)
    def stumble(a, mark):
        a += 1
        if not os.path.exists(mark):
            open(mark, "w").close()
            raise ValueError("on purpose")

    values = [make(i) for i in range(MANY)]
    for i, value in enumerate(values):
        add(value, 1)
        stumble(value, str(tmp_path / f"first{i}"))
    assert compss_wait_on([total(value) for value in values]) == [(i + 2) * NUMBERS for i in range(MANY)]


def test_commutative_updates_and_collections(caller: Any) -> None:
    values = [make(i) for i in range(MANY)]
    for n in range(3):
        for value in values[::4]:
            add_in_any_order(value, n)
    add_to_each(values[:4], 5)
    expected = [i + (3 if i % 4 == 0 else 0) + (5 if i < 4 else 0) for i in range(MANY)]
    assert [int(v[0]) for v in compss_wait_on(values)] == expected


def test_results_that_the_program_holds_stay_as_they_are(caller: Any) -> None:
    held = [compss_wait_on(make(i)) for i in range(MANY)]
    for i, array in enumerate(held):
        array[0] = -i  # ours to change
    compss_wait_on([total(make(i)) for i in range(MANY)])
    assert all(array[0] == -i and (array[1:] == i).all() for i, array in enumerate(held))


def test_objects_of_the_program_need_room_too(caller: Any) -> None:
    arrays = [np.full(NUMBERS, i) for i in range(MANY)]
    sums = [total(array) for array in arrays]
    assert compss_wait_on(sums) == [i * NUMBERS for i in range(MANY)]
    for array in arrays:
        add(array, 1)
    assert [int(array[0]) for array in compss_wait_on(arrays)] == list(range(1, MANY + 1))
    assert caller.spilling.spilled.bytes > LIMIT


def test_a_result_larger_than_all_memory_goes_to_the_disk_at_once(caller: Any) -> None:
    @task(returns=1)
    def large():
        return np.arange(2 * LIMIT // 8)

    value = large()
    assert compss_wait_on(total(value)) == sum(range(2 * LIMIT // 8))
    assert int(compss_wait_on(value)[-1]) == 2 * LIMIT // 8 - 1


def test_an_argument_larger_than_all_memory_goes_to_the_disk_at_once(caller: Any) -> None:
    array = np.arange(2 * LIMIT // 8)
    assert compss_wait_on(total(array)) == sum(range(2 * LIMIT // 8))


def test_a_value_of_many_parts_may_lie_on_both_sides(caller: Any) -> None:
    @task(returns=1)
    def parts(n):
        return [np.full(NUMBERS, i) for i in range(n)]

    assert [int(part[0]) for part in compss_wait_on(parts(MANY))] == list(range(MANY))


def test_tasks_that_call_tasks(caller: Any) -> None:
    @task(returns=1)
    def many(first, count):
        values = [make(first + i) for i in range(count)]
        heads = [int(value[0]) for value in compss_wait_on(values)]
        again = compss_wait_on([total(value) for value in values])
        return [n // NUMBERS for n in again] == heads == list(range(first, first + count))

    assert compss_wait_on([many(i, 12) for i in range(6)]) == [True] * 6
    assert caller.spilling.spilled.bytes > 0


def test_values_that_nobody_needs_leave_room_on_the_disk(caller: Any) -> None:
    for _ in range(4):
        values = [make(i) for i in range(MANY)]
        assert compss_wait_on(sum_of(values)) == sum(range(MANY))
        for value in values:
            compss_delete_object(value)
        del values, value
        compss_barrier()
    spilled, size = caller.spilling.spilled.bytes, os.fstat(caller.spilling.file.fd).st_size
    assert size < spilled / 2


def test_what_others_keep_warm_comes_back(caller: Any) -> None:
    """The program fills most of the memory, then gives it up; a task gets it, and nothing goes to the disk."""
    for _ in range(2):
        array = np.ones(7 * NUMBERS)
        assert compss_wait_on(total(array)) == 7 * NUMBERS
        compss_delete_object(array)
        del array
        compss_barrier()
        results = [make(i) for i in range(7)]
        assert compss_wait_on(sum_of(results)) == sum(range(7))
        del results
        compss_barrier()
    assert caller.spilling.spilled.bytes == 0


def test_the_journal_tells_what_was_spilled_and_read_back(caller: Any) -> None:
    class Traffic(Reader):
        def __init__(self):
            self.out, self.back = [], []

        def spilled(self, _time, label, size, _node=""):
            self.out.append((label, size))

        def restored(self, _time, label, size, _node=""):
            self.back.append((label, size))

    journal, traffic = Journal(), Traffic()
    journal.attach(traffic)
    caller.core.record_to(journal.events)
    values = [make(i) for i in range(MANY)]
    compss_barrier()
    assert compss_wait_on(sum_of(values)) == sum(range(MANY))
    journal.close()
    assert sum(size for _, size in traffic.out) == caller.spilling.spilled.bytes > LIMIT
    assert sum(size for _, size in traffic.back) == caller.spilling.restored.bytes > 0
    assert {size for _, size in traffic.out} == {MEGABYTE}
    assert {label for label, _ in traffic.back} <= {label for label, _ in traffic.out}


def test_without_spilling_there_is_no_file() -> None:
    with running(workers=2, store_limit=LIMIT, store_spill=False) as caller:
        assert caller.spilling.file is None
        assert compss_wait_on(total(make(1))) == NUMBERS
