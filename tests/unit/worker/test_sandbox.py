from __future__ import annotations

import os
from pathlib import Path

import pytest

from pycompss.worker import wire
from pycompss.worker.sandbox import Sandboxes


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Directories that were made."""
    paths: list[str] = []
    mkdir = os.mkdir

    def counted(path: str, *mode: int) -> None:
        mkdir(path, *mode)
        paths.append(path)

    monkeypatch.setattr(os, "mkdir", counted)
    return paths


def write(sandboxes: Sandboxes, task: int, version: Path) -> str:
    sandbox = sandboxes.of(task)
    path = sandbox.place(wire.FILE_OUT, None, "out.txt", str(version), keep=False)
    sandbox.enter()
    Path(path).write_text(str(task))
    sandbox.collect(lenient=False)
    sandbox.leave()
    return sandbox.path


def test_directories_that_tasks_leave_empty_are_made_once_and_have_names_of_their_own(
    tmp_path: Path, made: list[str]
) -> None:
    sandboxes = Sandboxes(str(tmp_path), str(tmp_path))
    paths = [write(sandboxes, task, tmp_path / f"v{task}") for task in range(5)]
    assert len(set(paths)) == 5
    assert len(made) == 1
    assert [(tmp_path / f"v{task}").read_text() for task in range(5)] == list("01234")


def test_links_to_inputs_do_not_count(tmp_path: Path, made: list[str]) -> None:
    sandboxes = Sandboxes(str(tmp_path), str(tmp_path))
    (tmp_path / "in.txt").write_text("in")
    for task in range(5):
        sandbox = sandboxes.of(task)
        path = sandbox.place(wire.FILE_IN, str(tmp_path / "in.txt"), "in.txt", "", keep=False)
        assert Path(path).read_text() == "in"
        sandbox.leave()
    assert len(made) == 1
    assert (tmp_path / "in.txt").read_text() == "in"


@pytest.mark.parametrize("spoil", [lambda path: (path / "left").write_text("x"), lambda path: path.chmod(0o500)])
def test_a_directory_that_a_task_has_changed_is_nobody_elses(tmp_path: Path, made: list[str], spoil) -> None:
    sandboxes = Sandboxes(str(tmp_path), str(tmp_path))
    sandbox = sandboxes.of(1)
    spoil(Path(sandbox.path))
    sandbox.leave()
    assert not os.path.exists(sandbox.path)
    write(sandboxes, 2, tmp_path / "v")
    assert len(made) == 2


def test_a_directory_that_is_gone_is_made_again(tmp_path: Path, made: list[str]) -> None:
    sandboxes = Sandboxes(str(tmp_path), str(tmp_path))
    os.rmdir(write(sandboxes, 1, tmp_path / "v1"))
    write(sandboxes, 2, tmp_path / "v2")
    assert len(made) == 2


def test_where_the_working_directory_was_removed_a_worker_goes_home_afterwards(tmp_path, monkeypatch):
    for name in ("gone", "there"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    sandbox = Sandboxes(str(tmp_path), str(tmp_path / "there")).of(1)
    sandbox.enter()
    sandbox.leave()
    assert os.getcwd() == str(tmp_path / "there")
