"""Programming model, section 5.3 with 17: a symbolic link and what it points to are one file, as in sequence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import (
    compss_barrier,
    compss_delete_file,
    compss_open,
    compss_wait_on,
    compss_wait_on_directory,
    compss_wait_on_file,
)
from pycompss.api.parameter import DIRECTORY_INOUT, FILE_IN, FILE_INOUT, FILE_OUT
from pycompss.api.task import task


@task(f=FILE_OUT)
def write(f, text):
    Path(f).write_text(text)


@task(f=FILE_INOUT)
def append(f, text):
    with open(f, "a") as file:
        file.write(text)


@task(f=FILE_IN, returns=2)
def read(f):
    return os.path.basename(f), Path(f).read_text()


@task(d=DIRECTORY_INOUT)
def add_file(d, name):
    (Path(d) / name).write_text(name)


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_write_to_the_target_is_seen_through_the_link_and_the_other_way_round(engine: str) -> None:
    Path("real").write_text("0")
    os.symlink("real", "link")
    append("real", "x")
    name, text = read("link")
    append("link", "y")
    assert compss_wait_on(text) == "0x"
    assert engine == "inline" or compss_wait_on(name) == "link"  # the task sees the name it was given
    compss_wait_on_file("link")
    assert Path("real").read_text() == "0xy"
    assert os.readlink("link") == "real"


def test_an_output_at_a_link_that_points_nowhere_yet_makes_its_target(engine: str) -> None:
    os.symlink("made", "link")
    write("link", "new")
    with compss_open("made") as file:
        assert file.read() == "new"
    compss_wait_on_file("made")
    assert os.path.islink("link")
    assert Path("link").read_text() == "new"


def test_a_folder_may_be_reached_by_two_paths(engine: str) -> None:
    Path("folder").mkdir()
    os.symlink("folder", "way")
    write("folder/a", "1")
    append("way/a", "2")
    assert compss_wait_on(read("folder/a")[1]) == "12"
    compss_wait_on_file("way/a")
    assert Path("folder/a").read_text() == "12"


def test_a_directory_behind_a_link_stays_behind_it(engine: str) -> None:
    Path("folder").mkdir()
    os.symlink("folder", "way")
    add_file("way", "a")
    add_file("folder", "b")
    compss_wait_on_directory("way")
    assert sorted(os.listdir("folder")) == ["a", "b"]
    assert os.path.islink("way")


def test_deleting_a_link_leaves_what_it_points_to(local: Any) -> None:
    Path("real").write_text("0")
    os.symlink("real", "link")
    append("link", "1")
    compss_delete_file("link")
    compss_barrier()
    compss_wait_on_file("real")
    assert not os.path.lexists("link")
    assert Path("real").read_text() == "01"


def test_links_in_a_circle_are_no_input(local: Any) -> None:
    os.symlink("b", "a")
    os.symlink("a", "b")
    with pytest.raises(FileNotFoundError, match="'f' does not exist"):
        read("a")
