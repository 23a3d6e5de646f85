from __future__ import annotations

import errno
import os

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pycompss.errors import StorageFull
from pycompss.store.arena import LEAST_WARM, WARM_SHARE, Arena
from pycompss.store.ranges import PAGE, pages


@pytest.fixture
def arena():
    arena = Arena(1, 64 * PAGE)
    yield arena
    arena.close()


def blocks(arena):
    """Bytes of memory that the arena's file takes."""
    return os.fstat(arena.fd).st_blocks * 512


def test_allocations_start_on_pages_and_count_whole_pages(arena):
    assert [arena.allocate(1), arena.allocate(PAGE + 1), arena.allocate(PAGE)] == [0, PAGE, 3 * PAGE]
    assert arena.used == 4 * PAGE


def test_freed_pages_are_used_again_before_fresh_ones(arena):
    first, second = arena.allocate(3 * PAGE), arena.allocate(PAGE)
    arena.free(first, 3 * PAGE)
    assert arena.free_bytes == 3 * PAGE
    assert arena.allocate(2 * PAGE) == first
    assert arena.allocate(2 * PAGE) == second + PAGE
    assert arena.allocate(PAGE) == first + 2 * PAGE


def test_freed_neighbours_grow_together(arena):
    offsets = [arena.allocate(PAGE) for _ in range(3)]
    arena.allocate(PAGE)
    for offset in (offsets[0], offsets[2], offsets[1]):
        arena.free(offset, PAGE)
    assert arena.allocate(3 * PAGE) == 0


def test_used_and_fresh_neighbours_serve_together_when_nothing_else_is_left(arena):
    offset = arena.allocate(40 * PAGE)
    arena.free(offset, 40 * PAGE)
    assert arena.allocate(64 * PAGE) == 0


def test_a_full_arena_says_how_full_it_is():
    arena = Arena(1, 10 * 10**6)
    arena.allocate(8 * 10**6)
    with pytest.raises(StorageFull, match=r"5 MB of shared memory are needed, but of 10 MB 8 MB are in use"):
        arena.allocate(5 * 10**6)
    arena.close()


def test_freeing_twice_is_an_error(arena):
    offset = arena.allocate(PAGE)
    arena.free(offset, PAGE)
    with pytest.raises(ValueError, match="freed twice"):
        arena.free(offset, PAGE)


def test_huge_limits_cost_nothing():
    arena = Arena(1, 1 << 42)
    assert blocks(arena) == 0
    arena.view(arena.allocate(10), 10)[:] = b"0123456789"
    assert blocks(arena) == PAGE
    arena.close()


def test_a_limit_that_no_machine_has_is_refused_with_its_size():
    with pytest.raises(StorageFull, match="shared memory cannot be set up"):
        Arena(1, 1 << 62)


def test_trimming_gives_memory_back_and_keeps_what_is_asked(arena):
    kept, freed = arena.allocate(PAGE), arena.allocate(8 * PAGE)
    arena.view(kept, PAGE)[:] = b"k" * PAGE
    arena.view(freed, 8 * PAGE)[:] = b"f" * (8 * PAGE)
    arena.free(freed, 8 * PAGE)
    assert arena.trim(2 * PAGE) == 6 * PAGE
    assert arena.free_bytes == 2 * PAGE
    assert blocks(arena) == 3 * PAGE
    assert bytes(arena.view(kept, PAGE)) == b"k" * PAGE
    assert arena.trim(2 * PAGE) == 0
    assert arena.allocate(8 * PAGE) == freed + 8 * PAGE or arena.used == 9 * PAGE


def test_an_arena_that_cools_down_keeps_a_share_of_what_is_in_use_but_always_a_little():
    arena = Arena(1, 100 * LEAST_WARM)
    kept, freed = arena.store(memoryview(bytes(16 * LEAST_WARM))), arena.store(memoryview(bytes(16 * LEAST_WARM)))
    arena.free(freed, 16 * LEAST_WARM)
    arena.cool_down()
    assert arena.free_bytes == 16 * LEAST_WARM // WARM_SHARE
    arena.free(kept, 16 * LEAST_WARM)
    arena.cool_down()
    assert arena.free_bytes == blocks(arena) == LEAST_WARM
    arena.close()


def test_an_arena_takes_one_file_descriptor():
    before = len(os.listdir("/proc/self/fd"))
    arena = Arena(1, 1 << 30)
    assert len(os.listdir("/proc/self/fd")) == before + 1
    arena.close()
    assert len(os.listdir("/proc/self/fd")) == before


class ArenaModel(RuleBasedStateMachine):
    """Against a set of pages: allocations never overlap, and nothing is refused while there is room in one piece."""

    LIMIT = 32

    def __init__(self):
        super().__init__()
        self.arena = Arena(1, self.LIMIT * PAGE)
        self.held: list[tuple[int, int]] = []

    def taken(self):
        return [
            page for offset, length in self.held for page in range(offset // PAGE, (offset + pages(length)) // PAGE)
        ]

    def longest_gap(self):
        text = "".join("x" if page in self.taken() else " " for page in range(self.LIMIT))
        return max(map(len, text.split("x")))

    @rule(length=st.integers(1, 12 * PAGE))
    def allocate(self, length):
        gap = self.longest_gap()
        try:
            offset = self.arena.allocate(length)
        except StorageFull:
            assert pages(length) > gap * PAGE
        else:
            self.held.append((offset, length))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def free(self, data):
        self.arena.free(*self.held.pop(data.draw(st.integers(0, len(self.held) - 1))))

    @rule(keep=st.integers(0, 8))
    def trim(self, keep):
        self.arena.trim(keep * PAGE)
        assert self.arena.free_bytes <= keep * PAGE

    @invariant()
    def nothing_overlaps(self):
        taken = self.taken()
        assert len(taken) == len(set(taken))
        assert self.arena.used == len(taken) * PAGE
        assert self.arena.used + self.arena.free_bytes <= self.arena.limit

    def teardown(self):
        self.arena.close()


TestArenaModel = ArenaModel.TestCase
TestArenaModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("length", [1, PAGE, 5 * PAGE + 7])
def test_bytes_that_are_stored_are_read_back_from_cold_and_from_warm_pages(arena, length):
    raw = memoryview(os.urandom(length))
    cold = arena.store(raw)
    assert arena.view(cold, length) == raw
    arena.free(cold, length)
    other = memoryview(os.urandom(length))
    assert arena.store(other) == cold
    assert arena.view(cold, length) == other


def test_a_value_that_fills_warm_and_cold_pages_together_is_stored_whole(arena):
    arena.free(arena.allocate(40 * PAGE), 40 * PAGE)
    raw = memoryview(os.urandom(64 * PAGE))
    assert arena.view(arena.store(raw), len(raw)) == raw


def test_a_value_that_the_kernel_takes_piece_by_piece_is_stored_whole(arena, monkeypatch):
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, raw, offset: write(fd, raw[:1000], offset))
    raw = memoryview(os.urandom(3 * PAGE))
    assert arena.view(arena.store(raw), len(raw)) == raw


def test_memory_that_the_system_refuses_is_reported_and_the_range_is_free_again(arena, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", refuse)
    with pytest.raises(StorageFull, match="No space left"):
        arena.store(memoryview(bytes(3 * PAGE)))
    assert arena.used == 0


def test_a_task_that_is_cancelled_while_its_result_is_stored_leaves_nothing_allocated(arena, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "pwrite", interrupt)
    with pytest.raises(KeyboardInterrupt):
        arena.store(memoryview(bytes(3 * PAGE)))
    assert arena.used == 0


def test_warm_pages_that_are_too_few_do_not_add_to_the_next_value():
    arena = Arena(1, 100 * LEAST_WARM)
    arena.free(arena.store(memoryview(bytes(10 * LEAST_WARM))), 10 * LEAST_WARM)
    arena.cool_down()
    assert arena.free_bytes == LEAST_WARM
    arena.store(memoryview(bytes(10 * LEAST_WARM)))
    assert (arena.free_bytes, blocks(arena)) == (0, 10 * LEAST_WARM)
    arena.close()
