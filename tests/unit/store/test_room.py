"""An arena that shares a limit with others keeps to its share."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator

import pytest

from pycompss.errors import StorageFull
from pycompss.store.arena import Arena
from pycompss.store.ranges import PAGE
from pycompss.store.room import Room


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def arena(room: Room) -> Iterator[Arena]:
    made = Arena(1, 64 * PAGE, room)
    yield made
    made.close()


def test_an_arena_takes_no_more_than_its_share(arena: Arena, room: Room) -> None:
    room.allowed = 4 * PAGE
    arena.allocate(3 * PAGE)
    with pytest.raises(StorageFull):
        arena.allocate(2 * PAGE)
    arena.allocate(PAGE)
    assert (room.used, room.held) == (4 * PAGE, 4 * PAGE)


def test_a_larger_share_counts_at_once(arena: Arena, room: Room) -> None:
    with pytest.raises(StorageFull):
        arena.allocate(PAGE)
    room.allowed = PAGE
    assert arena.allocate(PAGE) == 0


def test_what_is_free_and_warm_still_counts_as_held(arena: Arena, room: Room) -> None:
    room.allowed = 4 * PAGE
    arena.free(arena.allocate(3 * PAGE), 3 * PAGE)
    assert (room.used, room.held, room.own) == (0, 3 * PAGE, 4 * PAGE)


def test_warm_pages_are_given_back_for_fresh_ones_where_they_do_not_fit(arena: Arena, room: Room) -> None:
    room.allowed = 4 * PAGE
    first = arena.allocate(2 * PAGE)
    arena.allocate(PAGE)
    arena.free(first, 2 * PAGE)
    arena.allocate(3 * PAGE)  # too long for the gap
    assert (room.used, room.held) == (4 * PAGE, 4 * PAGE)


def test_an_arena_complies_with_a_share_that_was_cut(arena: Arena, room: Room) -> None:
    room.allowed = 6 * PAGE
    kept, freed = arena.allocate(2 * PAGE), arena.allocate(4 * PAGE)
    arena.view(kept, 2 * PAGE)[:] = b"k" * (2 * PAGE)
    arena.view(freed, 4 * PAGE)[:] = b"f" * (4 * PAGE)
    arena.free(freed, 4 * PAGE)
    room.allowed = PAGE  # less than what is used: that stays
    arena.cool_down()
    assert room.held == 2 * PAGE
    assert os.fstat(arena.fd).st_blocks * 512 == 2 * PAGE
    assert bytes(arena.view(kept, 2 * PAGE)) == b"k" * (2 * PAGE)


def test_both_sides_read_the_same_page() -> None:
    page = mmap.mmap(-1, PAGE)
    master, owner = Room(page, 64), Room(page, 64)
    master.allowed = 5
    owner.tell(3, 1)
    assert (owner.allowed, master.used, master.held, master.taken) == (5, 3, 4, 5)
    page.close()
    assert master.taken == 0  # the owner has died


def test_what_the_master_gave_back_is_not_held_and_is_told_once() -> None:
    room = Room()
    room.tell(10 * PAGE, 0)
    room.free(0, 4 * PAGE)
    room.punched += 4 * PAGE
    assert (room.used, room.held) == (6 * PAGE, 6 * PAGE)
    assert room.take_freed() == [(0, 4 * PAGE)]
    assert room.take_freed() == []
    assert room.held == 10 * PAGE  # until the owner has taken note
