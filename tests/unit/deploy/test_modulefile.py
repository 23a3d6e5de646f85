"""Module files, loaded by a real `module`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pycompss import __version__
from pycompss.cli import main
from pycompss.deploy import modulefile
from tests.support import components

INIT = "/usr/share/modules/init/bash"


def test_module_load_finds_this_installation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not os.path.exists(INIT):
        components.unusable("environment-modules", "not installed (see scripts/debian-packages.txt)")
    assert main.main(["modulefile", str(tmp_path)]) == 0
    path, how = capsys.readouterr().out.splitlines()
    assert path == str(tmp_path / "COMPSs" / __version__)
    loaded = f'. {INIT} && {how} && command -v python && echo "$COMPSS_HOME" && module unload COMPSs && echo "$PATH"'
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(["bash", "-c", loaded], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [f"{sys.prefix}/bin/python", sys.prefix, "/usr/bin:/bin"]


def test_without_a_directory_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["modulefile"]) == 0
    assert capsys.readouterr().out == modulefile.text()


def test_a_place_that_a_module_file_cannot_name_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "prefix", "/odd/{place")
    assert main.main(["modulefile"]) == 1
    assert "/odd/{place: module files cannot hold braces" in capsys.readouterr().err


def test_what_is_no_directory_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main.main(["modulefile", str(tmp_path / "file")]) == 1
    assert f"modulefile: {tmp_path / 'file'}: cannot be written: Not a directory\n" in capsys.readouterr().err
    assert main.main(["modulefile", "a", "b"]) == 1
