from __future__ import annotations

import os
import weakref

import numpy as np
import pytest

from pycompss.store import filling
from pycompss.store.arena import Arena
from pycompss.store.filling import LEAST_MOVED, PIECE
from pycompss.store.memory import address_of
from pycompss.store.moving import may_move
from pycompss.store.ranges import PAGE


@pytest.fixture
def arena():
    arena = Arena(1, 1 << 30)
    yield arena
    arena.close()


def array(length=LEAST_MOVED):
    return np.frombuffer(os.urandom(length), dtype=np.uint8).copy()


def present_pages(address, length):
    """How many pages of private memory in a range take memory (bit 63 of pagemap)."""
    first, last = -(-address // PAGE), (address + length) // PAGE
    with open("/proc/self/pagemap", "rb") as file:
        file.seek(8 * first)
        entries = np.frombuffer(file.read(8 * (last - first)), dtype=np.uint64)
    return int((entries >> np.uint64(63)).sum())


def test_an_array_that_nobody_else_refers_to_may_move():
    assert may_move([array()])
    assert may_move([array().copy().astype(float)])


def test_an_array_that_somebody_else_may_look_at_may_not():
    name = array()
    container = [array()]
    view = container[0][:]
    exported = memoryview(owner := array())
    watched = [array()]
    reference = weakref.ref(watched[0])
    assert not may_move([name])
    assert not may_move([container[0]])
    assert not may_move([view])
    assert not may_move([owner])
    assert not may_move(watched)
    assert reference() is not None
    assert exported.nbytes == LEAST_MOVED
    del view


def test_what_does_not_own_plain_writable_memory_may_not():
    frozen = array()
    frozen.flags.writeable = False
    holder = [frozen]
    del frozen
    assert not may_move(holder)
    assert not may_move([array()[::2]])
    assert not may_move([np.array([object()] * LEAST_MOVED)])
    assert not may_move([np.ma.masked_array(array())])
    assert not may_move([array(LEAST_MOVED - 1)])
    assert not may_move([bytes(LEAST_MOVED)])


@pytest.mark.parametrize("length", [LEAST_MOVED, LEAST_MOVED + PIECE + 12345, 12 * PIECE])
@pytest.mark.parametrize("is_warm", [False, True])
def test_what_moves_arrives_whole_and_leaves_no_pages_behind(arena, length, is_warm):
    if is_warm:
        arena.free(arena.store(memoryview(bytes(length))), length)
    source = array(length)
    content = source.tobytes()
    raw = memoryview(source)
    offset = arena.store(raw, moves=True)
    assert arena.view(offset, length).tobytes() == content
    if os.access("/proc/self/pagemap", os.R_OK):
        assert present_pages(address_of(raw), length) == 0


def test_what_is_only_copied_stays_where_it_was(arena):
    source = array(PIECE + 12345)
    content = source.tobytes()
    arena.store(memoryview(source))
    assert source.tobytes() == content


def test_a_value_on_its_way_exists_once_and_a_piece(arena, monkeypatch):
    """Counted in pages: what the old place still holds, and what the arena holds already."""
    source = array(8 * PIECE)
    raw = memoryview(source)
    address, counted = address_of(raw), []
    discard = filling.discard_pages

    def count(start, length):
        counted.append(present_pages(address, raw.nbytes) * PAGE + os.fstat(arena.fd).st_blocks * 512)
        discard(start, length)

    monkeypatch.setattr(filling, "discard_pages", count)
    arena.store(raw, moves=True)
    assert len(counted) >= 8
    assert max(counted) <= raw.nbytes + PIECE + PAGE


def test_memory_that_gives_out_half_way_is_an_error_of_the_system_because_the_value_is_lost(arena, monkeypatch):
    write, calls = os.pwrite, []

    def refuse_the_second(fd, raw, offset):
        calls.append(offset)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return write(fd, raw, offset)

    monkeypatch.setattr(os, "pwrite", refuse_the_second)
    with pytest.raises(OSError, match="No space left"):
        arena.store(memoryview(array(3 * PIECE)), moves=True)
    assert arena.used == 0
