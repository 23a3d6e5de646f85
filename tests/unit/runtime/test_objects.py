"""Identity of the program's objects, and when they are forgotten."""

from __future__ import annotations

import os

import numpy as np
import pytest

from pycompss.runtime.objects import FIRST_SWEEP, Entry, ObjectTable, is_immutable, travels_by_value


class Thing:
    pass


@pytest.fixture
def table() -> ObjectTable:
    return ObjectTable()


def tracked(table: ObjectTable, count: int) -> list[Thing]:
    things = [Thing() for _ in range(count)]
    for thing in things:
        table.track(thing)
    return things


def test_an_object_is_found_by_identity_not_by_equality(table: ObjectTable) -> None:
    x = [1]
    entry = table.track(x)
    assert table.find(x) is entry
    assert table.find([1]) is None


def test_an_identity_that_was_used_again_is_not_the_old_object(table: ObjectTable) -> None:
    old, new = Thing(), Thing()
    table.entries[id(new)] = Entry(old)
    assert table.find(new) is None


def test_an_untracked_object_is_unknown(table: ObjectTable) -> None:
    x = [1]
    entry = table.track(x)
    assert table.untrack(x) is entry
    assert table.find(x) is None
    assert table.untrack(x) is None


def test_few_objects_are_not_swept(table: ObjectTable) -> None:
    tracked(table, FIRST_SWEEP - 1).clear()
    assert table.sweep() == []


def test_a_sweep_now_finds_even_a_single_dropped_object(table: ObjectTable) -> None:
    things = tracked(table, 1)
    entry = table.find(things[0])
    assert table.sweep(now=True) == []
    things.clear()
    assert table.sweep(now=True) == [entry]
    assert not table.entries


def test_a_sweep_forgets_what_the_program_dropped_and_keeps_what_it_holds(table: ObjectTable) -> None:
    things = tracked(table, FIRST_SWEEP)
    kept = things[::2]
    things.clear()
    assert len(table.sweep()) == FIRST_SWEEP - len(kept)
    assert all(table.find(thing) is not None for thing in kept)


def test_an_object_that_only_a_container_of_the_program_holds_is_kept(table: ObjectTable) -> None:
    holder = {"thing": tracked(table, 1).pop()}
    assert table.sweep(now=True) == []
    assert table.find(holder["thing"]) is not None


def test_the_next_sweep_waits_until_there_are_twice_as_many(table: ObjectTable) -> None:
    held = tracked(table, FIRST_SWEEP)
    assert table.sweep() == []
    tracked(table, FIRST_SWEEP - 1).clear()
    assert table.sweep() == []  # as many as this cost nothing yet
    tracked(table, 1).clear()
    assert len(table.sweep()) == FIRST_SWEEP
    assert len(held) == len(table.entries)


def test_a_path_is_one_file_however_it_is_written(table: ObjectTable) -> None:
    entry = table.file("f")
    assert table.file(f"./x/../{'f'}") is entry
    assert entry.path == os.path.abspath("f")
    assert table.forget_file(os.path.abspath("f")) is entry
    assert table.file("f") is not entry


def test_what_was_written_through_an_open_file_is_flushed_for_tasks(table: ObjectTable, tmp_path) -> None:
    import weakref

    path = tmp_path / "f"
    entry = table.file(str(path))
    with path.open("w") as stream:
        entry.opened = weakref.ref(stream)
        stream.write("text")
        assert path.read_text() == ""
        entry.flush()
        assert path.read_text() == "text"
    entry.flush()  # closed: nothing to be done


@pytest.mark.parametrize(
    "value", [1j, range(3), len, Thing, (1, "a"), frozenset({1}), np.float64(1.5), np.int8(1), ...]
)
def test_small_things_that_cannot_change_travel_by_value(value: object) -> None:
    assert travels_by_value(value)
    assert is_immutable(value)


@pytest.mark.parametrize("value", [[1], {}, Thing(), ([],), tuple(range(65)), np.zeros(1), bytearray()])
def test_what_may_change_or_is_large_has_an_identity(value: object) -> None:
    assert not travels_by_value(value)


def test_a_tuple_cannot_change_though_it_is_too_large_to_travel_by_value() -> None:
    assert is_immutable(tuple(range(65)))
    assert not is_immutable([1])
