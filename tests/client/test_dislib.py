"""A real client: `dislib`, unmodified, in an environment of its own, agrees with scikit-learn and numpy."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
PROGRAMS = sorted(path.stem for path in (HERE / "programs").glob("*.py"))

pytestmark = pytest.mark.timeout(900)  # the first run makes the environment


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter of dislib's environment, which is made or brought up to date first."""
    subprocess.run([REPOSITORY / "scripts" / "dislib-env.sh"], check=True, timeout=600)
    return str(REPOSITORY / ".venvs" / "dislib" / "bin" / "python")


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYCOMPSS_WORKERS": "2", "PYCOMPSS_LOG_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("engine", ["local", "inline"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_dislib_agrees_with_sequential_libraries(program: str, engine: str, python: str, tmp_path: Path) -> None:
    done = run([python, str(HERE / "programs" / f"{program}.py")], tmp_path, PYCOMPSS_ENGINE=engine)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "agree" in done.stdout.splitlines()[-1]


def test_dislib_runs_as_tasks_under_the_command(python: str, tmp_path: Path) -> None:
    program = str(HERE / "programs" / "linear_regression.py")
    done = run([python, "-m", "pycompss", "run", "--summary", program], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "linear regression agrees" in done.stdout
    assert "_partial_ztz tasks have been executed" in done.stdout
