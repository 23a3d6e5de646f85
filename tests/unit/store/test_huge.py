"""Very large values lie in huge pages, where the system gives them; where not, everything is as it was."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycompss.errors import StorageFull
from pycompss.store import filling
from pycompss.store.arena import Arena
from pycompss.store.codec import Codec
from pycompss.store.descriptor import ranges_of
from pycompss.store.filling import LEAST_HUGE, MOST_MISSES
from pycompss.store.kept import is_clean
from pycompss.store.loans import Loans
from pycompss.store.mappings import Mappings
from pycompss.store.memory import address_of, collapse, map_file
from pycompss.store.ranges import HUGE, PAGE, FreeRanges, pages
from tests.unit.store.test_moving import present_pages

LENGTH = LEAST_HUGE + 3 * HUGE + 12_345


@pytest.fixture
def arena(monkeypatch: pytest.MonkeyPatch) -> Iterator[Arena]:
    monkeypatch.setattr(filling, "_huge", filling._Huge())
    arena = Arena(1, 1 << 30)
    yield arena
    arena.close()


@pytest.fixture
def mappings(arena: Arena) -> Iterator[Mappings]:
    mappings = Mappings()
    mappings.attach(1, arena.fd)
    yield mappings
    mappings.close()


def gives_huge_pages() -> bool:
    """Whether this system has them for shared memory, when it is asked."""
    fd = os.memfd_create("probe")
    os.ftruncate(fd, HUGE)
    view = map_file(fd, 0, HUGE)
    os.pwrite(fd, b"x", 0)
    found = collapse(address_of(view), HUGE)
    os.close(fd)
    return found


def numbers(length: int = LENGTH) -> np.ndarray:
    return np.arange(length // 8, dtype=np.int64)


def in_huge_pages(address: int) -> int:
    """Bytes of the map at this address that are mapped by entries for huge pages."""
    is_it = False
    with open("/proc/self/smaps") as lines:
        for line in lines:
            first = line.split(maxsplit=1)[0]
            if "-" in first:
                start, end = (int(part, 16) for part in first.split("-"))
                is_it = start <= address < end
            elif is_it and line.startswith(("ShmemPmdMapped", "FilePmdMapped")) and int(line.split()[1]):
                return int(line.split()[1]) * 1024
    return 0


def test_a_very_large_value_lies_in_huge_pages_where_there_are_any(
    arena: Arena, mappings: Mappings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def note(address: int, length: int) -> bool:
        made.append(collapse(address, length))
        return made[-1]

    monkeypatch.setattr(filling, "collapse", note)
    array = numbers()
    offset = arena.store(memoryview(array).cast("B"))
    assert offset % HUGE == 0
    reader = np.frombuffer(mappings.private(1, offset, array.nbytes), dtype=np.int64)
    assert (reader == array).all()
    assert any(made) or not gives_huge_pages()
    assert in_huge_pages(reader.ctypes.data) == sum(made) * HUGE  # some may not be had on a machine in use
    assert in_huge_pages(address_of(arena.view(offset, PAGE))) == sum(made) * HUGE
    assert os.fstat(arena.fd).st_blocks * 512 == pages(array.nbytes), "no more memory than without"


def test_what_moves_into_huge_pages_exists_once_and_a_page(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    source = numbers()
    content = source.copy()
    raw = memoryview(source).cast("B")
    counted = []
    discard = filling.discard_pages

    def count(start: int, length: int) -> None:
        counted.append(present_pages(address_of(raw), raw.nbytes) * PAGE + os.fstat(arena.fd).st_blocks * 512)
        discard(start, length)

    monkeypatch.setattr(filling, "discard_pages", count)
    offset = arena.store(raw, moves=True)
    assert (np.frombuffer(arena.view(offset, raw.nbytes), dtype=np.int64) == content).all()
    assert max(counted) <= raw.nbytes + HUGE + 2 * PAGE
    assert present_pages(address_of(raw), raw.nbytes) == 0


def test_where_the_system_has_none_it_is_asked_a_few_times_only(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(filling, "collapse", lambda address, length: bool(asked.append((address, length))))
    for _ in range(2):
        array = numbers()
        offset = arena.store(memoryview(array).cast("B"))
        assert (np.frombuffer(arena.view(offset, array.nbytes), dtype=np.int64) == array).all()
    assert len(asked) == MOST_MISSES


def test_one_page_that_cannot_be_had_now_is_made_of_small_ones(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def every_other(address: int, length: int) -> bool:
        calls.append(address)
        return len(calls) % 2 == 0 and collapse(address, length)

    monkeypatch.setattr(filling, "collapse", every_other)
    array = numbers()
    offset = arena.store(memoryview(array).cast("B"))
    assert (np.frombuffer(arena.view(offset, array.nbytes), dtype=np.int64) == array).all()
    assert len(calls) >= MOST_MISSES


def test_what_a_reader_writes_stays_its_own(arena: Arena, mappings: Mappings) -> None:
    array = numbers()
    place = (1, arena.store(memoryview(array).cast("B")), array.nbytes)
    one, two = (np.frombuffer(mappings.private(*place), dtype=np.int64) for _ in range(2))
    assert one.sum() == two.sum()
    one[[0, 300_000, -1]] = -5
    assert (two == array).all()
    assert (np.frombuffer(arena.view(*place[1:]), dtype=np.int64) == array).all()
    if os.access("/proc/self/pagemap", os.R_OK):
        assert is_clean(two.ctypes.data, pages(two.nbytes))
        assert not is_clean(one.ctypes.data, pages(one.nbytes))


def test_a_very_large_array_that_a_task_has_written_is_not_lent_to_the_next(arena: Arena, mappings: Mappings) -> None:
    codec = Codec(arena, mappings, None)
    loans = Loans(codec, mappings)
    array = numbers()
    descriptor = codec.encode(array)
    for at in (None, 5, -1):
        found = loans.read(descriptor)
        assert (found == array).all()
        if at is not None:
            found[at] = -7
        del found
        loans.settle()
    assert (loans.read(descriptor) == array).all()
    loans.close()
    assert ranges_of(descriptor)


def test_memory_of_huge_pages_goes_back(arena: Arena) -> None:
    array = numbers()
    offset = arena.store(memoryview(array).cast("B"))
    arena.free(offset, array.nbytes)
    arena.trim(0)
    assert os.fstat(arena.fd).st_blocks == 0
    other = arena.store(memoryview(bytes(3 * PAGE)))
    assert bytes(arena.view(other, 3 * PAGE)) == bytes(3 * PAGE)


def test_part_of_the_memory_of_huge_pages_may_go_back(arena: Arena) -> None:
    array = numbers()
    offset = arena.store(memoryview(array).cast("B"))
    arena.free(offset, array.nbytes)
    arena.trim(HUGE + 5 * PAGE)
    assert arena.free_bytes == HUGE + 5 * PAGE
    again = arena.store(memoryview(array).cast("B"))
    assert (np.frombuffer(arena.view(again, array.nbytes), dtype=np.int64) == array).all()


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 12)), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(1, 15), st.sampled_from([1, 4, 8])), max_size=20),
)
def test_aligned_ranges_are_free_ones_and_nothing_is_lost(
    free: list[tuple[int, int]], wanted: list[tuple[int, int]]
) -> None:
    ranges, bytes_free = FreeRanges(), set()
    for offset, length in free:
        if not ranges.overlaps(offset, length):
            ranges.add(offset, length)
            bytes_free |= set(range(offset, offset + length))
    for length, alignment in wanted:
        offset = ranges.take(length, alignment)
        if offset is None:
            starts = (at for at in bytes_free if at % alignment == 0)
            assert not any(bytes_free.issuperset(range(at, at + length)) for at in starts)
            continue
        assert offset % alignment == 0
        taken = set(range(offset, offset + length))
        assert taken <= bytes_free
        bytes_free -= taken
        assert ranges.total == len(bytes_free)
    assert {at for offset, length in ranges for at in range(offset, offset + length)} == bytes_free


# -- values that come from elsewhere ----------------------------------------------------------------------------------


def test_what_comes_from_elsewhere_finds_huge_pages(arena: Arena, mappings: Mappings) -> None:
    if not gives_huge_pages():
        pytest.skip("this system gives none")
    offset, view = arena.open(LENGTH)
    assert in_huge_pages(address_of(view)) == LENGTH // HUGE * HUGE
    view[:] = bytes(range(251)) * (LENGTH // 251) + bytes(LENGTH % 251)
    assert bytes(mappings.private(1, offset, LENGTH)[:502]) == bytes(range(251)) * 2


def test_without_huge_pages_what_comes_from_elsewhere_has_its_place_all_the_same(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "collapse", lambda *_: False)
    _, view = arena.open(LENGTH)
    view[:] = b"x" * LENGTH
    assert view[-1:] == b"x"


def test_when_there_is_no_memory_for_it_the_place_is_given_back(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pycompss.store.arena.prepare", full)
    with pytest.raises(StorageFull, match="No space left"):
        arena.open(LENGTH)
    assert arena.used == 0
