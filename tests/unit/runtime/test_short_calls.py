"""Which calls take the short way, and what it makes of their arguments."""

from __future__ import annotations

from typing import Any

import pytest

from pycompss.runtime.future import Future
from pycompss.runtime.objects import Entry, ObjectTable
from pycompss.runtime.short_calls import plain_arguments, updating_arguments
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


def test_literals_travel_as_they_are_and_futures_as_numbered_reads() -> None:
    first, second = future(), future()
    futures: list[Any] = []
    assert plain_arguments((1, first, "a", None, second, 2.5, True), futures) == (
        *(1, (wire.READ, 0), "a", None, (wire.READ, 1), 2.5, True),
    )
    assert futures == [first, second]


@pytest.mark.parametrize("value", [[1], 1 << 62, -(1 << 62), "a" * 4096, b"a", (1,), 1j])
def test_what_is_not_surely_a_literal_takes_the_long_way(value: Any, table: ObjectTable) -> None:
    assert plain_arguments((value,), []) is None
    assert updating_arguments((value,), (False,), table, [], []) is None


def test_one_future_twice_takes_the_long_way(table: ObjectTable) -> None:
    one, other = future(), future()
    assert plain_arguments((one, other, one), []) is None
    assert updating_arguments((one, other, one), (False, True, False), table, [], []) is None


def test_known_objects_and_futures_are_read_or_updated(table: ObjectTable) -> None:
    array, block, result = [1], [2], future()
    entries = [known(table, array), known(table, block)]
    subjects: list[Any] = []
    updates: list[int] = []
    wired = updating_arguments((array, "add", block, result), (True, False, False, True), table, subjects, updates)
    assert wired == ((wire.UPDATE, 0, -1), "add", (wire.READ, 1), (wire.UPDATE, 2, -1))
    assert subjects == [*entries, result]
    assert updates == [0, 2]
    assert [entry.written for entry in entries] == [True, False]


def test_objects_that_no_task_has_had_take_the_long_way(table: ObjectTable) -> None:
    array = [1]
    assert updating_arguments((array,), (True,), table, [], []) is None
    entry = table.track(array)
    assert updating_arguments((array,), (True,), table, [], []) is None
    entry.handle, entry.synchronised = object(), True
    assert updating_arguments((array,), (True,), table, [], []) is None


def test_a_literal_cannot_be_updated(table: ObjectTable) -> None:
    assert updating_arguments((1,), (True,), table, [], []) is None
