"""Jobs without a batch system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.batch import FakeCommands


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCommands:
    return FakeCommands(tmp_path, monkeypatch)


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`app.py` in the working directory, which is a new one; the interpreter has a name that can be compared."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    (folder / "app.py").touch()
    return folder / "app.py"
