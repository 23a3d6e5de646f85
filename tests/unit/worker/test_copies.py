"""Values that a task changes in a copy which is the new version then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from pycompss.store.arena import Arena
from pycompss.store.codec import Codec
from pycompss.store.descriptor import ranges_of
from pycompss.store.loans import Loans
from pycompss.store.mappings import Mappings
from pycompss.store.ranges import pages
from pycompss.worker.copies import Copies

LENGTH = 100_000


class Process:
    """One that has an arena, and sees that of another one."""

    def __init__(self, number: int, other: Arena | None = None, limit: int = 1 << 26) -> None:
        self.arena = Arena(number, limit)
        self.mappings = Mappings()
        self.mappings.attach(number, self.arena.fd, self.arena.view(0, self.arena.limit))
        if other is not None:
            self.mappings.attach(other.number, other.fd)
        self.codec = Codec(self.arena, self.mappings, None)
        self.loans = Loans(self.codec, self.mappings)
        self.copies = Copies(self.codec, self.mappings, self.loans)

    def finish(self, value: Any) -> Any:
        """The task has ended: the descriptor of its result."""
        descriptor, _ = self.codec.encode_in_place(value, self.copies.made)
        del value
        return descriptor


@pytest.fixture
def maker() -> Iterator[Process]:
    process = Process(1)
    yield process
    process.arena.close()


@pytest.fixture
def process(maker: Process) -> Iterator[Process]:
    process = Process(2, maker.arena)
    yield process
    process.arena.close()


def test_what_a_task_changes_in_a_copy_is_the_result_without_another_one(maker: Process, process: Process) -> None:
    original = maker.codec.encode(np.zeros(LENGTH))
    values = [process.copies.of(original)]
    values[0] += 1
    (result,) = process.copies.publish((process.finish(values.pop()),))
    process.copies.end()
    assert process.arena.used == pages(8 * LENGTH)
    assert (process.codec.decode(result) == 1).all()
    assert (maker.codec.decode(original) == 0).all()


def test_an_object_that_the_task_keeps_is_nobody_elses(maker: Process, process: Process) -> None:
    kept = process.copies.of(maker.codec.encode(np.zeros(LENGTH)))
    kept += 1
    (result,) = process.copies.publish((process.finish(kept),))
    process.copies.end()
    kept[:] = 9
    assert (process.codec.decode(result) == 1).all()
    assert process.arena.used == 2 * pages(8 * LENGTH)
    del kept
    process.copies.end()
    assert process.arena.used == pages(8 * LENGTH)


def test_what_a_task_keeps_of_a_value_that_it_changed_where_it_lay_is_nobody_elses(process: Process) -> None:
    original = process.codec.encode(np.zeros(LENGTH))
    kept = process.codec.decode(original, shared=True)
    kept += 1
    updated, _ = process.codec.encode_in_place(kept, ranges_of(original))
    (result,) = process.copies.publish((updated,), ranges_of(original))
    kept[:] = 9
    assert (process.codec.decode(result) == 1).all()
    assert process.mappings.held(ranges_of(original)), "the memory could be given to somebody else"
    del kept
    assert not process.mappings.held(ranges_of(original))


def test_the_copy_of_a_task_that_failed_is_free_again(maker: Process, process: Process) -> None:
    value = process.copies.of(maker.codec.encode(np.zeros(LENGTH)))
    del value
    process.copies.end()
    assert process.arena.used == 0


def test_a_copy_that_the_task_replaced_by_another_value_is_free_again(maker: Process, process: Process) -> None:
    value = process.copies.of(maker.codec.encode([np.zeros(LENGTH), np.ones(LENGTH)]))
    value[0] = None
    (result,) = process.copies.publish((process.finish(value),))
    del value
    process.copies.end()
    assert process.arena.used == pages(8 * LENGTH)
    assert process.codec.decode(result)[1].sum() == LENGTH
    assert len(ranges_of(result)) == 1


def test_without_room_for_a_copy_the_value_is_mapped_privately(maker: Process) -> None:
    narrow = Process(3, maker.arena, limit=1 << 12)
    original = maker.codec.encode(np.zeros(LENGTH))
    value = narrow.copies.of(original)
    value += 1
    assert (maker.codec.decode(original) == 0).all()
    assert (narrow.arena.used, narrow.copies.made) == (0, [])
    narrow.arena.close()


def test_small_values_need_no_copy(process: Process) -> None:
    assert process.copies.of(7) == 7
    assert process.copies.of(process.codec.encode([1, 2])) == [1, 2]
    assert process.copies.made == []
