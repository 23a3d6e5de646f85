"""The file into which values go when memory is short."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycompss.store.mappings import Mappings
from pycompss.store.ranges import PAGE
from pycompss.store.spill import SPILL, SpillFile, is_spilled, no_room, write_at


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spilled"


@pytest.fixture
def file(folder: Path) -> Iterator[SpillFile]:
    made = SpillFile(lambda: str(folder))
    yield made
    made.close()
    if made.fd >= 0:
        os.close(made.fd)


def test_nothing_is_made_before_it_is_needed(file: SpillFile, folder: Path) -> None:
    assert file.allocate(10) == 0
    assert not folder.exists()


def test_the_file_has_no_name_and_its_folder_is_private(file: SpillFile, folder: Path) -> None:
    file.open()
    assert list(folder.iterdir()) == []
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    file.open()  # again: nothing happens
    assert os.fstat(file.fd).st_nlink == 0


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Not a directory"):
        SpillFile(lambda: str(tmp_path / "file" / "folder")).open()


@pytest.mark.parametrize("length", [1, PAGE, 3 * PAGE + 5])
def test_what_is_written_is_read_back_by_a_private_map(file: SpillFile, length: int) -> None:
    file.open()
    raw = os.urandom(length)
    file.allocate(PAGE)
    offset = file.allocate(length)
    file.write(offset, memoryview(raw))
    mappings = Mappings()
    mappings.attach(SPILL, file.fd)
    view = mappings.private(SPILL, offset, length)
    assert view == raw
    view[0] ^= 1  # a reader may scribble on it
    assert os.pread(file.fd, length, offset) == raw
    mappings.close()


def test_whole_pages_of_an_aligned_map_are_written_past_the_cache(file: SpillFile) -> None:
    file.open()
    arena = Mappings()
    fd = os.memfd_create("arena")
    os.ftruncate(fd, 4 * PAGE)
    arena.attach(1, fd)
    raw = arena.shared(1, 0, 4 * PAGE)
    raw[:] = os.urandom(4 * PAGE)
    file.write(file.allocate(4 * PAGE), raw)
    assert os.pread(file.fd, 4 * PAGE, 0) == raw
    os.close(fd)


def test_free_ranges_are_used_again_before_the_file_grows(file: SpillFile) -> None:
    first, second = file.allocate(2 * PAGE), file.allocate(PAGE)
    assert second == 2 * PAGE
    file.free(first, 2 * PAGE)
    assert file.allocate(PAGE + 1) == first
    assert file.allocate(1) == 3 * PAGE


def test_a_file_system_that_refuses_memory_past_the_cache_gets_it_through_the_cache(
    file: SpillFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.open()
    write, refused = os.pwrite, []

    def refuse(fd: int, raw: memoryview, offset: int) -> int:
        if fd != file.fd:
            refused.append(fd)
            raise OSError(errno.EINVAL, "Invalid argument")
        return write(fd, raw, offset)

    file._direct = file._direct if file._direct >= 0 else os.dup(file.fd)
    monkeypatch.setattr(os, "pwrite", refuse)
    file.write(0, memoryview(b"x" * PAGE))
    file.write(PAGE, memoryview(b"y" * PAGE))
    assert len(refused) == 1
    assert os.pread(file.fd, 2 * PAGE, 0) == b"x" * PAGE + b"y" * PAGE


def test_a_disk_that_takes_a_value_piece_by_piece_gets_all_of_it(
    file: SpillFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.open()
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, raw, offset: write(fd, raw[:100], offset))
    write_at(file.fd, 7, memoryview(bytes(range(250))))
    assert os.pread(file.fd, 250, 7) == bytes(range(250))


def test_the_message_about_a_full_disk_says_what_and_where_and_what_to_do() -> None:
    message = str(no_room(5_000_000, "/scratch", OSError(errno.ENOSPC, "No space left on device")))
    for part in ("5 MB", "/scratch", "No space left on device", "store_limit", "spill_directory"):
        assert part in message


def test_a_value_is_spilled_when_a_part_of_it_is() -> None:
    assert is_spilled((1, b"", ((3, 0, PAGE), (SPILL, 0, PAGE))))
    assert not is_spilled((1, b"", ((3, 0, PAGE),)))
