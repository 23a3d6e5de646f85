"""The memory of a run is shared out among its arenas."""

from __future__ import annotations

import pytest

from pycompss.store.ranges import PAGE
from pycompss.store.room import Room
from pycompss.store.rooms import Rooms
from pycompss.store.spill import SPILL

LIMIT = 100 * PAGE


@pytest.fixture
def rooms() -> dict[int, Room]:
    return {number: Room() for number in range(3)}


@pytest.fixture
def ledger(rooms: dict[int, Room]) -> Rooms:
    return Rooms(LIMIT, rooms, {})


def test_who_asks_first_gets_what_it_needs_and_a_part_of_the_rest(ledger: Rooms, rooms: dict[int, Room]) -> None:
    assert ledger.grant(1, 20 * PAGE)
    assert rooms[1].allowed == 40 * PAGE
    assert ledger.unshared == 60 * PAGE


def test_what_an_arena_has_already_is_enough(ledger: Rooms, rooms: dict[int, Room]) -> None:
    rooms[1].allowed = 20 * PAGE
    assert ledger.grant(1, 20 * PAGE)
    assert rooms[1].allowed == 20 * PAGE


def test_what_is_free_but_not_told_yet_is_enough_too(ledger: Rooms, rooms: dict[int, Room]) -> None:
    rooms[1].allowed = 20 * PAGE
    rooms[1].tell(20 * PAGE, 0)
    rooms[1].free(0, 10 * PAGE)
    assert ledger.grant(1, 10 * PAGE)
    assert rooms[1].allowed == 20 * PAGE


def test_together_they_never_may_hold_more_than_the_limit(ledger: Rooms, rooms: dict[int, Room]) -> None:
    assert ledger.grant(0, 60 * PAGE)
    assert not ledger.grant(1, 60 * PAGE)
    assert ledger.missing(1, 60 * PAGE) == 60 * PAGE - ledger.unshared
    assert sum(room.allowed for room in rooms.values()) <= LIMIT


def test_shares_that_are_not_used_can_be_cut(ledger: Rooms, rooms: dict[int, Room]) -> None:
    ledger.grant(0, 60 * PAGE)
    rooms[0].tell(10 * PAGE, 0)
    ledger.cut(besides=1)
    assert ledger.grant(1, 60 * PAGE)


def test_warm_pages_count_until_their_owner_has_given_them_back(ledger: Rooms, rooms: dict[int, Room]) -> None:
    ledger.grant(0, 60 * PAGE)
    rooms[0].tell(10 * PAGE, 50 * PAGE)
    ledger.cut(besides=1)
    assert not ledger.grant(1, 60 * PAGE)
    rooms[0].tell(10 * PAGE, 0)
    assert ledger.grant(1, 60 * PAGE)


def test_a_share_is_cut_to_what_is_used_when_the_owner_knows_what_is_free(
    ledger: Rooms, rooms: dict[int, Room]
) -> None:
    rooms[0].allowed = 60 * PAGE
    rooms[0].tell(60 * PAGE, 0)
    rooms[0].free(0, 20 * PAGE - 1)
    ledger.cut(besides=1)
    assert rooms[0].allowed == 40 * PAGE


def test_a_range_that_went_back_to_the_system_is_for_all(ledger: Rooms, rooms: dict[int, Room]) -> None:
    rooms[0].allowed = LIMIT
    rooms[0].tell(LIMIT, 0)
    rooms[0].free(0, 30 * PAGE)
    ledger.move(0, 30 * PAGE)
    assert ledger.unshared == 30 * PAGE
    assert ledger.grant(1, 30 * PAGE)


def test_arenas_of_the_dead_have_what_versions_refer_to_and_the_file_has_nothing(rooms: dict[int, Room]) -> None:
    assert Rooms(LIMIT, rooms, {7: 30 * PAGE, SPILL: 500 * PAGE}).unshared == 70 * PAGE


def test_who_is_not_there_any_more_gets_nothing(ledger: Rooms) -> None:
    assert not ledger.grant(9, PAGE)
