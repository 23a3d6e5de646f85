"""The examples run in every way of starting a program, find what is right, and notice what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SMALL = {
    "grep_tree": ["import", "--directory", str(EXAMPLES), "--parts", "3"],
    "increment_files": ["--counters", "3", "--rounds", "4"],
    "kmeans": ["--fragments", "4", "--iterations", "3"],
    "matmul": ["--size", "128", "--blocks", "4"],
    "merge_sort": ["--numbers", "2000", "--blocks", "5"],
    "word_count": ["--files", "12", "--parts", "5"],
}
# a function of each example that is replaced by one that computes something else
SPOILED = {
    "grep_tree": "in_parallel = lambda *_: []",
    "increment_files": "count = lambda *_: [0]",
    "kmeans": "in_parallel = lambda fragments, centres, iterations: centres",
    "matmul": "multiply = lambda a, b, size: a",
    "merge_sort": "merge_sort = lambda numbers, blocks: numbers",
    "word_count": "count_in_parallel = lambda files, parts: module.Counter()",
}
LAUNCHERS = {
    "python": ({"PYCOMPSS_ENGINE": "local"}, []),
    "inline": ({"PYCOMPSS_ENGINE": "inline"}, []),
    "pycompss": ({}, ["-m", "pycompss", "run"]),
}


def run(arguments: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYCOMPSS_WORKERS": "2", "PYCOMPSS_LOG_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("launcher", LAUNCHERS)
@pytest.mark.parametrize("example", SMALL)
def test_an_example_finds_what_is_right(example: str, launcher: str, tmp_path: Path) -> None:
    environment, command = LAUNCHERS[launcher]
    done = run([*command, str(EXAMPLES / f"{example}.py"), *SMALL[example]], tmp_path, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert any(line.startswith("right") for line in done.stdout.splitlines()), done.stdout


@pytest.mark.parametrize("example", SMALL)
def test_an_example_that_computes_something_else_ends_with_1(example: str, tmp_path: Path) -> None:
    name, body = SPOILED[example].split(" = ", 1)
    program = f"import sys, {example} as module; module.{name} = {body}; sys.exit(module.main())"
    search_path = os.pathsep.join([str(EXAMPLES), os.environ.get("PYTHONPATH", "")])
    done = run(["-c", program, *SMALL[example]], tmp_path, PYTHONPATH=search_path, PYCOMPSS_ENGINE="inline")
    assert done.returncode == 1, done.stderr
    assert "WRONG" in done.stdout, done.stdout + done.stderr


def test_every_example_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {*SMALL, "run_demo"}
