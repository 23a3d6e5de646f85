"""A remote environment behind a real sshd."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycompss.cli import main
from tests.support import components, processes
from tests.support.cluster import free_ports
from tests.support.launch import REPOSITORY


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A folder whose `ssh` reaches the host `there`."""
    components.need("sshd", "ssh", "ssh-keygen")
    if os.geteuid() != 0:
        components.unusable("sshd", "only root can start it")
    script, state = str(REPOSITORY / "scripts/sshd"), str(tmp_path_factory.mktemp("sshd"))
    environment = {name: value for name, value in os.environ.items() if name != processes.MARK}
    subprocess.run([script, "up", state, str(free_ports(1))], env=environment, check=True)
    yield state
    subprocess.run([script, "down", state], env=environment, check=True)


def test_commands_and_applications_go_through_ssh(
    commands: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    application, place = tmp_path / "an app", tmp_path / "other" / "place"
    application.mkdir()
    (application / "it's.py").write_text("print('hello')\n")
    assert main.main(["init", "-n", "far", "remote", "-l", "there"]) == 0
    assert main.main(["env", "change", "far"]) == 0
    assert main.main(["app", "deploy", "mine", "-sd", str(application), "-dd", str(place)]) == 0
    assert (place / "it's.py").read_text() == "print('hello')\n"
    capfd.readouterr()
    assert main.main(["exec", "sh", "-c", 'printf "%s|" "$SSH_CONNECTION" "$@"; exit 7', "-", "a b", "$HOME", "'"]) == 7
    printed = capfd.readouterr().out
    assert printed.startswith("127.0.0.1 ")
    assert printed.endswith("|a b|$HOME|'|")
    assert main.main(["app", "remove", "mine"]) == 0
    assert not place.exists()


def test_a_host_that_is_not_there_is_named(
    commands: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    assert main.main(["init", "-n", "gone", "remote", "-l", "127.0.0.1:1"]) == 0
    assert main.main(["env", "change", "gone"]) == 0
    assert main.main(["app", "deploy", "mine", "-sd", str(tmp_path)]) == 1
    assert "cannot be copied to 127.0.0.1:1: ssh: connect to host 127.0.0.1 port 1" in capfd.readouterr().err
    assert main.main(["exec", "true"]) == 255
