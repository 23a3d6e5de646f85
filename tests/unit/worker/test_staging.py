"""Copies of files on a node's own disk: made once, like the original, dropped when the disk is full."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pycompss.worker import staging
from pycompss.worker.staging import Staging


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Staging]:
    found = Staging(str(tmp_path / "node"))
    yield found
    found.release()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.write_bytes(os.urandom(3_000_000))
    path.chmod(0o750)
    return path


def test_a_file_is_copied_once(node: Staging, file: Path) -> None:
    copy = node.here(str(file))
    assert Path(copy).read_bytes() == file.read_bytes()
    assert os.stat(copy).st_mode == file.stat().st_mode
    inode = os.stat(copy).st_ino
    assert node.here(str(file)) == copy
    assert os.stat(copy).st_ino == inode


def test_a_file_that_has_changed_is_another_one(node: Staging, file: Path) -> None:
    before = node.here(str(file))
    file.write_text("other")
    assert Path(node.here(str(file))).read_text() == "other"
    assert Path(before).stat().st_size == 3_000_000


def test_a_directory_is_copied_whole_and_again_when_something_in_it_changes(node: Staging, tmp_path: Path) -> None:
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "d/e/f").write_text("1")
    os.symlink("e/f", tmp_path / "d/link")
    copy = Path(node.here(str(tmp_path / "d")))
    assert (copy / "e/f").read_text() == "1"
    assert os.readlink(copy / "link") == "e/f"
    assert node.here(str(tmp_path / "d")) == str(copy)
    (tmp_path / "d/e/f").write_text("12")
    assert (Path(node.here(str(tmp_path / "d"))) / "e/f").read_text() == "12"


def test_what_is_not_there_stays_where_it_is_not(node: Staging) -> None:
    assert node.here("/none/such") == "/none/such"


@pytest.mark.parametrize("is_directory", [False, True])
def test_an_output_goes_home_and_stays_as_a_copy(node: Staging, tmp_path: Path, *, is_directory: bool) -> None:
    made = tmp_path / "made"
    if is_directory:
        made.mkdir()
        (made / "f").write_text("result")
    else:
        made.write_text("result")
    home = tmp_path / "home/made"
    node.deliver(str(made), str(home))
    assert not made.exists()
    assert (home / "f" if is_directory else home).read_text() == "result"
    copies = [name for name in os.listdir(tmp_path / "node") if not name.endswith((".making", ".use"))]
    assert node.here(str(home)) == str(tmp_path / "node" / copies[0])
    assert [name for name in os.listdir(home.parent) if "part" in name] == []


def test_a_copy_that_differs_is_made_once_more_and_then_refused(
    node: Staging, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, answers = staging._digest, [b"", None]
    monkeypatch.setattr(staging, "_digest", lambda path: answers.pop(0) or good(path))
    assert Path(node.here(str(file))).read_bytes() == file.read_bytes()
    monkeypatch.setattr(staging, "_digest", lambda path: b"")
    file.write_text("other")
    with pytest.raises(OSError, match="the copy differs from the original") as caught:
        node.here(str(file))
    assert caught.value.filename == str(file)


def test_when_the_disk_is_full_copies_go_that_nobody_uses(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = Staging(str(tmp_path / "node")), Staging(str(tmp_path / "node"))
    for name in ("used", "unused"):
        shutil.copy(file, tmp_path / name)
    used, unused = other.here(str(tmp_path / "used")), mine.here(str(tmp_path / "unused"))
    mine.release()
    monkeypatch.setattr(staging, "fetch", _full_until(lambda: not os.path.exists(unused)))
    copy = mine.here(str(file))
    assert Path(copy).read_bytes() == file.read_bytes()
    assert os.path.exists(used)
    mine.release()
    other.release()


def _full_until(condition: Callable[[], bool]) -> Callable[[str, str], None]:
    fetch = staging.fetch

    def full(source: str, target: str) -> None:
        if not condition():
            raise OSError(errno.ENOSPC, "No space left on device")
        fetch(source, target)

    return full
