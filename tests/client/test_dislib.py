"""A real client: `dislib`, unmodified, in an environment of its own, agrees with scikit-learn and numpy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
PROGRAMS = sorted((HERE / "programs").glob("*.py"))

pytestmark = pytest.mark.timeout(900)  # the first run makes the environment


@pytest.fixture(scope="session")
def dislib_python(place: str) -> str:
    """The interpreter of dislib's environment, which is made or brought up to date first."""
    environment = {**os.environ, "PIP_NO_CACHE_DIR": "1", "PYTHON": sys.executable}
    subprocess.run([REPOSITORY / "scripts" / "dislib-env.sh"], env=environment, check=True, timeout=600)
    return str(REPOSITORY / ".venvs" / "dislib" / "bin" / "python")


@pytest.mark.parametrize("engine", ["local", "inline"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_dislib_agrees_with_sequential_libraries(program, engine, dislib_python, run_program, tmp_path):
    files = {"TMPDIR": str(tmp_path)}  # dislib leaves some there
    done = run_program(program, engine=engine, env=files, python=dislib_python, timeout=120).succeeded()
    assert "agree" in done.stdout.splitlines()[-1]


def test_dislib_runs_as_tasks_under_the_command(dislib_python, run_program):
    program = HERE / "programs" / "linear_regression.py"
    flags = ["--summary"]
    done = run_program(program, engine=None, launcher="pycompss", flags=flags, python=dislib_python).succeeded()
    assert "linear regression agrees" in done.stdout
    assert "_partial_ztz tasks have been executed" in done.stdout
