"""`scripts/setup` on machines that lack something; a stand-in for pip, so that nothing is downloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.launch import REPOSITORY

# A python3 as Debian has it without python3-venv: `-m venv` fails unless without pip.
WITHOUT_ENSUREPIP = """#!/bin/sh
case "$*" in
    "-m venv "*--without-pip*) ;;
    "-m venv "*) echo "ensurepip is not available" >&2; exit 1;;
    "-m pip --python "*) touch "$(dirname "$0")/pip-installed-pip"; exit 1;;
esac
exec "{python}" "$@"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with a blank in its name that holds what setup needs: a package of one module without dependencies."""
    folder = tmp_path / "a clone"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(REPOSITORY / "scripts/setup", folder / "scripts")
    (folder / "scripts/debian-packages.txt").write_text("# none\n")
    (folder / "pyproject.toml").write_text("")
    return folder


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH of its own: nobody is root here, so nothing is installed on the machine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    _program(folder / "id", "#!/bin/sh\necho 1000\n")
    return folder


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _fake_environment(folder: Path) -> None:
    """A `.venv` whose python is real but whose pip only counts its calls."""
    binaries = folder / ".venv/bin"
    binaries.mkdir(parents=True)
    script = '#!/bin/sh\ncase "$*" in *install*) echo call >>"$(dirname "$0")/../pip-calls"; exit 0;; esac\n'
    _program(binaries / "python", f'{script}exec "{sys.executable}" "$@"\n')


def _setup(folder: Path, tools: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(folder / "scripts/setup")],
        env={"PATH": f"{tools}:{os.environ['PATH']}", "HOME": ""},
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )


def test_a_second_run_does_nothing_until_the_requirements_change(clone: Path, tools: Path) -> None:
    _fake_environment(clone)
    calls = clone / ".venv/pip-calls"
    assert _setup(clone, tools).returncode == 0
    assert _setup(clone, tools).returncode == 0
    assert calls.read_text() == "call\n"
    (clone / "pyproject.toml").write_text("# changed\n")
    assert _setup(clone, tools).returncode == 0
    assert calls.read_text() == "call\ncall\n"


def test_a_debian_package_that_only_root_could_install_is_named(clone: Path, tools: Path) -> None:
    _fake_environment(clone)
    _program(tools / "dpkg-query", "#!/bin/sh\nexit 1\n")
    (clone / "scripts/debian-packages.txt").write_text("# comment\ngraphviz  # why\n")
    result = _setup(clone, tools)
    assert result.returncode == 0
    assert "sudo apt-get install graphviz" in result.stderr


def test_a_machine_without_ensurepip_is_told_what_to_install(clone: Path, tools: Path) -> None:
    _program(tools / "python3", WITHOUT_ENSUREPIP.format(python=sys.executable))
    result = _setup(clone, tools)
    assert result.returncode == 1
    assert (tools / "pip-installed-pip").exists()
    assert result.stderr.strip() == "setup: cannot make a virtual environment: sudo apt-get install python3-venv"
    assert not (clone / ".venv").exists()


def test_root_gets_what_is_missing_from_debian(clone: Path, tools: Path) -> None:
    _program(tools / "id", "#!/bin/sh\necho 0\n")
    _program(tools / "dpkg-query", "#!/bin/sh\nexit 1\n")
    _program(tools / "apt-get", '#!/bin/sh\necho "$DEBIAN_FRONTEND: $*" >>"$(dirname "$0")/asked"\n')
    _program(tools / "python3", WITHOUT_ENSUREPIP.format(python=sys.executable))
    (clone / "scripts/debian-packages.txt").write_text("graphviz\n")
    assert _setup(clone, tools).returncode == 1  # this apt-get installs nothing
    asked = (tools / "asked").read_text().splitlines()
    assert [line.split()[-1] for line in asked] == ["update", "graphviz", "python3-venv"]
    assert all(line.startswith("noninteractive: ") for line in asked)


def test_a_python_that_is_too_old_is_passed_over(clone: Path, tools: Path) -> None:
    for name in ("python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"):
        _program(tools / name, "#!/bin/sh\nexit 1\n")
    result = _setup(clone, tools)
    assert result.returncode == 1
    assert "needs Python 3.10 or later" in result.stderr
