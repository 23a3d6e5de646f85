"""Fixtures of the tests of faults: programs of their own, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.faults.watched import Watched, watched
from tests.support.launch import REPOSITORY, Launcher, Result


@pytest.fixture
def watch(run_program: Launcher) -> Iterator[Callable[..., Watched]]:
    """`watch(source, *args, workers=, command=, env=) -> Watched`: a program that runs in the background."""
    with ExitStack() as stack:

        def start(source: str, *args: object, **options: Any) -> Watched:
            return stack.enter_context(watched(run_program, source, *args, **options))

        yield start


@pytest.fixture
def run(run_program: Launcher) -> Callable[..., Result]:
    """`run(source, workers=, env=, …)`: like `run_program`, for programs that use the tests' rendezvous."""

    def start(source: str, *args: object, env: dict[str, str | None] | None = None, **options: Any) -> Result:
        return run_program(
            source, *args, env={"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY}/src", **(env or {})}, **options
        )

    return start


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes and 100 files."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=2m,nr_inodes=100", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let even root mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
