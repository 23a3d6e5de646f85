"""Environments in a container of a real docker."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycompss.cli import main
from tests.support import containers
from tests.support.launch import REPOSITORY

PROGRAM = """\
import os, sys
from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import FILE_OUT
from pycompss.api.task import task

@task(f=FILE_OUT, returns=1)
def write(f):
    with open(f, "w") as file:
        file.write("made inside")
    return os.path.exists("/etc/is-a-container")

print("task:", compss_wait_on(write("made")), sys.argv[1:], os.getcwd())
"""
BIN = os.path.dirname(sys.executable)
OPTIONS = [
    *containers.MOUNTS,
    containers.LIBRARIES,
    *(f"--volume={path}:{path}:ro" for path in (sys.prefix, str(REPOSITORY))),
    f"--env=PATH={BIN}:/bin",
    "--network=none",
]


@pytest.fixture
def docker(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with containers.started("docker", tmp_path_factory.mktemp("docker")) as variables:  # names of sockets are short
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield


def do(capfd: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main.main(list(words)) == code, capfd.readouterr().err
    return capfd.readouterr().out


def test_an_environment_in_a_container_runs_programs_and_has_applications(
    docker: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    work, source = tmp_path / "work", tmp_path / "my app"
    for folder in (work / "sub", source):
        folder.mkdir(parents=True)
    (work / "sub/app.py").write_text(PROGRAM)
    (source / "it's.py").write_text("print('deployed')\n")
    do(capfd, "init", "-n", "box", "docker", "-w", str(work), "-i", "localhost/python:1", f"-o={' '.join(OPTIONS)}")
    do(capfd, "use", "box")
    assert do(capfd, "exec", "cat", "/etc/is-a-container") == "here\n"
    do(capfd, "exec", "sh", "-c", "exit 7", code=7)

    monkeypatch.chdir(work / "sub")
    assert "task: True ['a b', '$HOME'] /home/user/sub\n" in do(capfd, "run", "app.py", "a b", "$HOME")
    assert (work / "sub/made").read_text() == "made inside"
    assert (work / "sub/made").stat().st_uid == os.getuid()

    do(capfd, "app", "deploy", "mine", "-sd", str(source))
    assert (work / ".COMPSsApps/box/mine/it's.py").exists()
    assert "deployed\n" in do(capfd, "run", "-app", "mine", "it's.py")
    assert "Usage: pycompss job submit" in do(capfd, "job", "--help")  # that of the container
    container = f"pycompss-{os.getuid()}-box"
    subprocess.run(["docker", "stop", "--time=5", container], check=True, capture_output=True)
    assert do(capfd, "exec", "echo", "again") == "again\n"

    do(capfd, "env", "remove", "-f", "box")
    assert not (work / ".COMPSsApps/box/mine").exists()
    assert subprocess.run(["docker", "ps", "-aq"], check=True, capture_output=True).stdout == b""
