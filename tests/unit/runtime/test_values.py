"""When shared memory may be used again: no version refers to it and nobody has it mapped."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from pycompss.core.data import Data
from pycompss.core.versions import Version
from pycompss.runtime.values import OFTEN, Values
from pycompss.store.descriptor import BUFFERS, Descriptor, ranges_of

MEGABYTE = 1 << 20


@pytest.fixture
def values() -> Iterator[Values]:
    made = Values(64 * MEGABYTE)
    yield made
    made.close()


def version_of(values: Values, descriptor: Descriptor) -> Version:
    values.retain(descriptor)
    return Data().initial(descriptor).current


@pytest.fixture
def large(values: Values) -> Descriptor:
    descriptor = values.codec.encode(np.arange(MEGABYTE // 8))
    assert descriptor[0] == BUFFERS
    return descriptor


def test_a_value_that_nobody_needs_leaves_its_memory(values: Values, large: Descriptor) -> None:
    version = version_of(values, large)
    assert values.take_idle() == []
    values.free(version)
    assert values.take_idle() == list(ranges_of(large))
    assert values.take_idle() == []  # told once
    assert version.value is None


def test_memory_stays_while_another_version_refers_to_it(values: Values, large: Descriptor) -> None:
    first, second = version_of(values, large), version_of(values, large)
    values.free(first)
    assert values.take_idle() == []
    values.free(second)
    assert values.take_idle() == list(ranges_of(large))


def test_what_a_worker_holds_outlives_the_version(values: Values, large: Descriptor) -> None:
    version = version_of(values, large)
    values.hold(1, ranges_of(large))
    values.free(version)
    assert values.take_idle() == []
    values.let_go(1, ranges_of(large))
    assert values.take_idle() == list(ranges_of(large))


def test_what_two_workers_hold_is_held_until_both_let_go(values: Values, large: Descriptor) -> None:
    version = version_of(values, large)
    values.hold(1, ranges_of(large))
    values.hold(2, ranges_of(large))
    values.hold(2, ranges_of(large))
    values.free(version)
    values.let_go(2, ranges_of(large))
    assert values.take_idle() == []
    values.let_go(1, ranges_of(large))
    assert values.take_idle() == list(ranges_of(large))


def test_a_worker_that_has_only_read_a_value_does_not_let_go_for_another_that_holds_it(
    values: Values, large: Descriptor
) -> None:
    version = version_of(values, large)
    values.hold(1, ranges_of(large))
    values.let_go(2, ranges_of(large))
    values.free(version)
    assert values.take_idle() == []
    assert not values.is_exclusive(large)


def test_a_worker_that_has_died_holds_nothing(values: Values, large: Descriptor) -> None:
    version = version_of(values, large)
    values.hold(1, ranges_of(large))
    values.free(version)
    values.let_go(2, None)
    assert values.take_idle() == []
    values.let_go(1, None)
    assert values.take_idle() == list(ranges_of(large))


def test_a_worker_that_lets_go_before_the_version_is_free_frees_nothing(values: Values, large: Descriptor) -> None:
    version_of(values, large)
    values.hold(1, ranges_of(large))
    values.let_go(1, ranges_of(large))
    assert values.take_idle() == []


def test_what_the_program_holds_is_claimed_until_it_drops_it(values: Values, large: Descriptor) -> None:
    version = version_of(values, large)
    array = values.decode(large)
    values.free(version)
    assert values.take_idle() == []
    assert array[-1] == len(array) - 1
    del array
    assert values.take_idle() == list(ranges_of(large))


def test_a_value_is_exclusive_to_its_only_version_unless_somebody_has_it_mapped(
    values: Values, large: Descriptor
) -> None:
    version = version_of(values, large)
    assert values.is_exclusive(large)
    array = values.decode(large)
    assert not values.is_exclusive(large)
    del array
    assert values.is_exclusive(large)
    values.claim(ranges_of(large))
    assert not values.is_exclusive(large)
    values.unclaim(ranges_of(large))
    second = version_of(values, large)
    assert not values.is_exclusive(large)
    values.free(second)
    assert values.is_exclusive(large)
    values.free(version)


def test_small_values_need_no_memory(values: Values) -> None:
    for value in (1, "text", [1, 2]):
        descriptor = values.codec.encode(value)
        version = version_of(values, descriptor)
        assert values.decode(descriptor) == value
        values.free(version)
    assert values.take_idle() == []


def test_a_full_arena_asks_for_room_until_nothing_is_left_to_do(values: Values) -> None:
    asked: list[int] = []

    def make_room(attempt: int) -> bool:
        asked.append(attempt)
        if attempt == 1:
            values.arena.free(held, 40 * MEGABYTE)
        return attempt < 2

    held = values.arena.allocate(40 * MEGABYTE)
    values.arena.make_room = make_room
    assert values.arena.store(memoryview(bytes(40 * MEGABYTE))) == held
    assert asked[-2:] == [0, 1]


def test_a_program_is_looked_at_for_what_it_dropped_before_its_memory_is_full(values: Values) -> None:
    asked: list[int] = []
    values.arena.make_room = lambda attempt: bool(asked.append(attempt))
    for _ in range(OFTEN):
        values.arena.free(values.arena.allocate(8 * MEGABYTE), 8 * MEGABYTE)
    assert asked
    assert set(asked) == {0}


def test_values_that_the_program_holds_survive_the_end_of_the_run(large: Descriptor, values: Values) -> None:
    array = values.decode(large)
    values.close()
    assert int(array.sum()) == sum(range(len(array)))
