from __future__ import annotations

import gc
import os
import threading

import pytest

from pycompss.store.arena import Arena, Mappings
from pycompss.store.memory import _live


@pytest.fixture
def arena():
    arena = Arena(3, 1 << 30)
    yield arena
    arena.close()


@pytest.fixture
def mappings(arena):
    mappings = Mappings()
    mappings.attach(3, arena.fd)
    return mappings


def fill(arena, data):
    offset = arena.allocate(len(data))
    arena.view(offset, len(data))[:] = data
    return (3, offset, len(data))


def test_shared_views_are_the_memory_itself(arena, mappings):
    place = fill(arena, b"abc")
    mappings.shared(*place)[0:1] = b"X"
    assert bytes(arena.view(*place[1:])) == b"Xbc"
    assert not mappings.claims


def test_private_views_read_the_memory_and_keep_what_is_written_to_themselves(arena, mappings):
    place = fill(arena, b"a" * 10000)
    first, second = mappings.private(*place), mappings.private(*place)
    first[0:3] = b"XYZ"
    assert bytes(second[:4]) == b"aaaa"
    assert bytes(arena.view(*place[1:]))[:4] == b"aaaa"
    assert len(first) == 10000


def test_private_views_may_start_within_a_page(arena, mappings):
    fill(arena, bytes(range(256)) * 100)
    assert bytes(mappings.private(3, 5000, 4)) == bytes([136, 137, 138, 139])


def test_a_private_view_is_a_claim_until_it_is_collected(arena, mappings):
    place, other = fill(arena, b"a" * 5000), fill(arena, b"b" * 5000)
    first, second = mappings.private(*place), mappings.private(*place)
    assert mappings.claims[place] == 2
    del first
    assert mappings.collect_released() == []
    assert mappings.held([place, other]) == [place]
    part = second[10:20]
    del second
    assert mappings.held([place]) == [place]
    del part
    assert mappings.held([place]) == []
    assert mappings.collect_released() == [place]
    assert mappings.collect_released() == []
    assert not mappings.claims


def test_a_claim_within_a_cycle_ends_after_the_finalisers_that_may_use_it(arena, mappings):
    place = fill(arena, b"a" * 5000)
    seen = []

    class Cyclic:
        def __init__(self):
            self.me = self
            self.view = mappings.private(*place)

        def __del__(self):
            seen.append(bytes(self.view[:2]))

    Cyclic()
    gc.collect()
    assert seen == [b"aa"]
    assert mappings.collect_released() == [place]


def test_claims_may_end_in_any_thread(arena, mappings):
    places = [fill(arena, b"a" * 5000) for _ in range(50)]
    views = [mappings.private(*place) for place in places]
    threads = [threading.Thread(target=views.pop) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mappings.collect_released()) == sorted(places)


def test_thousands_of_maps_need_no_file_descriptors(arena, mappings):
    place = fill(arena, b"a" * 5000)
    before = len(os.listdir("/proc/self/fd"))
    views = [mappings.private(*place) for _ in range(3000)]
    assert len(os.listdir("/proc/self/fd")) == before
    del views
    assert mappings.collect_released() == [place]


def test_the_map_itself_goes_when_its_last_view_goes(arena, mappings):
    maps = len(_live)
    view = mappings.private(*fill(arena, b"a" * 5000))
    assert len(_live) == maps + 1
    del view
    assert len(_live) == maps


def test_arenas_are_known_until_they_are_detached(arena, mappings):
    place = fill(arena, b"abc")
    view = mappings.shared(*place)
    assert mappings.knows(3)
    assert mappings.detach(3) == arena.fd
    assert not mappings.knows(3)
    assert bytes(view) == b"abc"
    with pytest.raises(KeyError):
        mappings.private(*place)
    assert mappings.detach(3) is None
