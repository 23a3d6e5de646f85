"""Which calls take the short way, and what it makes of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pycompss.runtime.future import Future
from pycompss.runtime.objects import Entry, ObjectTable
from pycompss.runtime.short_calls import MOST_SHAPES, Shapes, Short
from pycompss.worker import wire


class Nobody:
    def forget(self, handle: Any) -> None:
        pass


def future() -> Future:
    return Future(object(), Nobody())  # type: ignore[arg-type]


@pytest.fixture
def table() -> ObjectTable:
    return ObjectTable()


def known(table: ObjectTable, value: Any) -> Entry:
    entry = table.track(value)
    entry.handle = object()
    return entry


def read(*arguments: Any) -> Short | None:
    """A call of a task that only reads."""
    return Shapes([False] * len(arguments), ObjectTable()).short(arguments)


def update(table: ObjectTable, arguments: tuple[Any, ...], is_updated: Sequence[bool]) -> Short | None:
    return Shapes(is_updated, table).short(arguments)


def test_literals_travel_as_they_are_and_futures_as_numbered_reads() -> None:
    first, second = future(), future()
    wired = (1, (wire.READ, 0), "a", None, (wire.READ, 1), 2.5, True)
    assert read(1, first, "a", None, second, 2.5, True) == (wired, (first, second), ())
    assert read(first) == (((wire.READ, 0),), (first,), ())
    assert read(1, 2.5) == ((1, 2.5), (), ())


@pytest.mark.parametrize("value", [[1], 1 << 62, -(1 << 62), "a" * 4096, b"a", (1,), 1j])
def test_what_is_not_surely_a_literal_takes_the_long_way(value: Any) -> None:
    assert read(value) is None


def test_one_thing_twice_takes_the_long_way(table: ObjectTable) -> None:
    one, other, array = future(), future(), [1]
    known(table, array)
    assert read(one, other, one) is None
    assert update(table, (one, other, one), (False, True, False)) is None
    assert update(table, (array, array), (True, False)) is None


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_wherever_it_is_there_twice(count: int) -> None:
    """Few and many arguments are looked at in different ways."""
    for first in range(count):
        for second in range(first):
            things = [future() for _ in range(count)]
            assert read(*things) == (tuple((wire.READ, n) for n in range(count)), tuple(things), ())
            things[first] = things[second]
            assert read(*things) is None


def test_known_objects_and_futures_are_read_or_updated(table: ObjectTable) -> None:
    array, block, result = [1], [2], future()
    entries = (known(table, array), known(table, block))
    wired = ((wire.UPDATE, 0, -1), "add", (wire.READ, 1), (wire.UPDATE, 2, -1))
    short = update(table, (array, "add", block, result), (True, False, False, True))
    assert short == (wired, (*entries, result), ((0, 0), (2, 1)))
    assert [entry.written for entry in entries] == [True, False]


def test_objects_that_no_task_has_had_take_the_long_way(table: ObjectTable) -> None:
    array = [1]
    assert update(table, (array,), (True,)) is None
    entry = table.track(array)
    assert update(table, (array,), (True,)) is None
    entry.handle, entry.synchronised = object(), True
    assert update(table, (array,), (True,)) is None


def test_a_literal_cannot_be_updated(table: ObjectTable) -> None:
    assert update(table, (1,), (True,)) is None
    assert update(table, (1, future()), (True, True)) is None


def test_what_was_worked_out_serves_all_calls_with_arguments_of_the_same_types(table: ObjectTable) -> None:
    shapes = Shapes((False, False), table)
    for number in range(3):
        one = future()
        assert shapes.short((number, one)) == ((number, (wire.READ, 0)), (one,), ())


def test_classes_that_a_program_makes_as_it_goes_are_not_kept_for_ever(table: ObjectTable) -> None:
    shapes = Shapes((False,), table)
    for _ in range(2 * MOST_SHAPES):
        assert shapes.short((type("New", (), {})(),)) is None
        assert len(shapes._seen) <= MOST_SHAPES
