"""Starting is fast: the import of the API, and a whole program with one task. The best of a few runs counts."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

RUNS = 10
IMPORT = """
import time
began = time.perf_counter()
import pycompss.api.api, pycompss.api.constraint, pycompss.api.parameter, pycompss.api.task
print(time.perf_counter() - began)
"""
ONE_TASK = """
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

@task(returns=1)
def one():
    return 1

assert compss_wait_on(one()) == 1
"""


def best(look: Any, enough: float) -> float:
    """The least of a few looks, which ends as soon as it is enough: other programs may share the machine."""
    least = look()
    for _ in range(RUNS - 1):
        if least <= enough:
            break
        least = min(least, look())
    return least


def test_importing_the_api_takes_60_ms_at_most() -> None:
    def look() -> float:
        return float(subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True).stdout)

    assert best(look, 0.06) <= 0.06


def test_a_program_with_one_task_takes_400_ms_at_most(tmp_path: Path) -> None:
    program = tmp_path / "one.py"
    program.write_text(ONE_TASK)

    def look() -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, program], check=True)
        return time.perf_counter() - began

    assert best(look, 0.4) <= 0.4
