from __future__ import annotations

import os

import numpy as np
import pytest

from pycompss.store.arena import Arena
from pycompss.store.kept import LEAST, MOST
from pycompss.store.mappings import Mappings
from pycompss.store.memory import address_of

LARGE = 4 * LEAST

pytestmark = pytest.mark.skipif(not os.access("/proc/self/pagemap", os.R_OK), reason="no /proc/self/pagemap here")


@pytest.fixture
def arena():
    arena = Arena(3, 64 << 20)
    yield arena
    arena.close()


@pytest.fixture
def mappings(arena):
    mappings = Mappings()
    mappings.attach(3, arena.fd)
    yield mappings
    mappings.close()


def fill(arena, byte, length=LARGE):
    place = (3, arena.allocate(length), length)
    arena.view(*place[1:])[:] = byte * length
    return place


def test_a_map_that_was_only_read_is_used_again(arena, mappings):
    place = fill(arena, b"a")
    view = mappings.private(*place)
    assert bytes(view) == b"a" * LARGE
    address = address_of(view)
    del view
    again = mappings.private(*place)
    assert address_of(again) == address
    assert bytes(again) == b"a" * LARGE


@pytest.mark.parametrize("at", [0, 5000, LARGE - 1])
def test_a_map_that_was_written_is_not(arena, mappings, at):
    place = fill(arena, b"a")
    view = mappings.private(*place)
    view[at] = ord("x")
    del view
    assert bytes(mappings.private(*place)) == b"a" * LARGE


def test_a_kept_map_shows_what_lies_there_now(arena, mappings):
    """A range that was freed and given out again has other content."""
    place = fill(arena, b"a")
    bytes(mappings.private(*place))
    arena.free(*place[1:])
    arena.trim(0)
    assert fill(arena, b"b") == place
    assert bytes(mappings.private(*place)) == b"b" * LARGE


def test_a_kept_map_is_no_claim(arena, mappings):
    place = fill(arena, b"a")
    view = mappings.private(*place)
    assert mappings.held([place]) == [place]
    del view
    assert mappings.collect_released() == [place]
    assert mappings.held([place]) == []


def test_two_readers_at_a_time_have_two_maps(arena, mappings):
    place = fill(arena, b"a")
    one = mappings.private(*place)
    two = mappings.private(*place)
    one[0] = ord("x")
    assert bytes(two) == b"a" * LARGE
    del one, two
    assert bytes(mappings.private(*place)) == b"a" * LARGE


def test_only_some_maps_are_kept(arena, mappings):
    places = [fill(arena, b"a", LEAST) for _ in range(MOST + 5)]
    for place in places:
        bytes(mappings.private(*place))
    assert len(mappings._kept._maps) == MOST


def test_arrays_read_in_turns_with_updates_are_right(arena, mappings):
    """What readers and writers in other processes do, in one: the map is reused while the content changes."""
    place = fill(arena, b"\0")
    shared = np.frombuffer(mappings.shared(*place), dtype=np.int64)
    for number in range(20):
        shared[:] = number
        reader = np.frombuffer(mappings.private(*place), dtype=np.int64)
        assert reader.sum() == number * len(reader)
        if number % 3 == 0:
            reader[number] = -1
        del reader
