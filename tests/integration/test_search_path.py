"""Folders that a program puts on `sys.path` itself, as scripts do, are searched in its tasks, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
    import os, sys
    sys.path.insert(0, os.path.relpath(sys.argv[1]))
    import early
    from early import twice
    from pycompss.api.api import compss_wait_on
    from pycompss.api.task import task

    @task(returns=1)
    def by_global(x):
        return twice(x) + early.ONE

    @task(returns=1)
    def by_import(x):
        import late
        return late.thrice(x)

    @task(returns=1)
    def without():
        try:
            import nowhere
        except ImportError as error:
            return error.name

    if __name__ == "__main__":
        print(compss_wait_on([by_global(2), early.in_module(3), without()]))
        sys.path.append(sys.argv[2])
        print(compss_wait_on(by_import(4)))
"""
EARLY = """from pycompss.api.task import task

ONE = 1


def twice(x):
    return 2 * x


@task(returns=1)
def in_module(x):
    return twice(x)
"""


@pytest.mark.parametrize("flags", [[], ["--engine=dask", "--agents=2"]], ids=["local", "nodes"])
def test_tasks_find_modules_where_the_program_does(run_program: Any, tmp_path: Path, flags: list[str]) -> None:
    for folder, name, source in (("lib", "early", EARLY), ("other", "late", "def thrice(x):\n    return 3 * x\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.py").write_text(source)
    result = run_program(PROGRAM, tmp_path / "lib", tmp_path / "other", launcher="runcompss", flags=flags).succeeded()
    assert "[5, 6, 'nowhere']\n12\n" in result.stdout
    assert "attempt" not in result.stderr
