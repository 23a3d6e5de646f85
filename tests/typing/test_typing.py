"""`mypy --strict` on programs that must, and must not, type-check."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def found() -> dict[str, set[tuple[int, str]]]:
    """File name -> {(line, error code)}, as mypy says."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context"]
    command += ["--cache-dir", str(REPOSITORY / ".mypy_cache"), "--follow-imports=silent", "--show-error-codes"]
    files = sorted(map(str, PROGRAMS.glob("*.py")))
    done = subprocess.run([*command, *files], cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=170)
    assert done.stderr == ""
    errors: dict[str, set[tuple[int, str]]] = {Path(file).name: set() for file in files}
    for name, line, code in re.findall(r"(\w+\.py):(\d+): error: .*\[([\w-]+)\]", done.stdout):
        errors[name].add((int(line), code))
    return errors


def marks(name: str) -> set[tuple[int, str]]:
    lines = (PROGRAMS / name).read_text().splitlines()
    found = ((number, re.search(r"# E: ([\w-]+)", line)) for number, line in enumerate(lines, 1))
    return {(number, mark[1]) for number, mark in found if mark}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", [path.name for path in sorted(PROGRAMS.glob("*.py"))])
def test_the_checker_finds_the_marked_mistakes_and_no_others(found, name):
    assert found[name] == marks(name)


def test_both_kinds_of_programs_are_there():
    assert len(marks("mistakes.py")) == 10
    assert marks("sequential.py") == set()
