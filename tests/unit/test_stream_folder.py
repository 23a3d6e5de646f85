"""Which files of a folder count as complete."""

from __future__ import annotations

import os

import pytest

from pycompss.streams import folder
from pycompss.streams.folder import Folder


@pytest.fixture(params=[True, False], ids=["leases", "no leases"])
def quickly(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(folder, "_lease", lambda _: None)
        monkeypatch.setattr(folder, "QUIET", 0.0)


def test_a_file_that_rests_is_complete(tmp_path, quickly):
    (tmp_path / "a").touch()
    watched = Folder(str(tmp_path))
    watched.complete(set())
    assert watched.complete(set()) == [str(tmp_path / "a")]
    assert watched.complete({str(tmp_path / "a")}) == []


def test_a_file_that_changes_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "_lease", lambda _: False)
    monkeypatch.setattr(folder, "QUIET_THOUGH_REFUSED", 0.0)
    watched = Folder(str(tmp_path))
    (tmp_path / "a").write_text("1")
    watched.complete(set())
    (tmp_path / "a").write_text("12")
    assert watched.complete(set()) == []
    assert watched.complete(set()) == [str(tmp_path / "a")]


def test_one_that_is_open_for_writing_is_not_however_quiet(tmp_path):
    with open(tmp_path / "a", "wb"):
        watched = Folder(str(tmp_path))
        assert watched.complete(set()) == []
        assert watched.complete(set(), everything=True) == [str(tmp_path / "a")]
    assert watched.complete(set()) == [str(tmp_path / "a")]


def test_folders_hidden_and_unfinished_names_do_not_count_and_the_oldest_is_first(tmp_path):
    for name in ("b", "a", ".c", "d.tmp", "e.part", "f~"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    os.utime(tmp_path / "b", (1, 1))
    assert Folder(str(tmp_path)).complete(set()) == [str(tmp_path / "b"), str(tmp_path / "a")]


def test_a_folder_that_is_gone_has_no_files(tmp_path):
    assert Folder(str(tmp_path / "gone")).complete(set()) == []
