"""Globals of the main file mean to a task what they meant at its call, however the program was started."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
    from pycompss.api.api import compss_wait_on
    from pycompss.api.task import task

    @task(returns=1)
    def scaled(x):
        return x * factor

    def sweep(factors):
        global factor
        results = []
        for factor in factors:
            results.append(scaled(2))
        return results

    factor = 3
    results = [scaled(2)]
    factor = "ab"
    results += [scaled(2), *sweep([0.5, 10])]
    print(compss_wait_on(results))
"""


@pytest.mark.parametrize("launcher", ["python", "pycompss", "module", "runcompss"])
@pytest.mark.parametrize("engine", ["local", "inline"])
def test_a_rebound_global_is_seen_by_the_next_call(run_program: Any, engine: str, launcher: str) -> None:
    result = run_program(PROGRAM, engine=engine, launcher=launcher).succeeded()
    assert "[6, 'abab', 1.0, 20]\n" in result.stdout


# What a task calls that came to it as a value, or with one, reads globals, too.
CALLED = """
    from library import call
    from pycompss.api.api import compss_wait_on
    from pycompss.api.task import task

    factor = 2

    def helper(x):
        return x * factor

    class Model:
        def predict(self, x):
            return helper(x)

    @task(returns=1)
    def make():
        return Model()

    @task(returns=1)
    def predict(model, x):
        return model.predict(x)

    def round():
        return [
            call(helper, 1),
            call(lambda x: x * factor, 1),
            predict(model, 1),
            call(model.predict, 1),
            predict(made, 1),
            call(made_here.predict, 1),
        ]

    call(len, "a")  # when nothing reads globals yet
    model, made = Model(), make()
    made_here = compss_wait_on(make())
    first = round()
    factor = 10
    second = round()
    for factor in (100, "ab"):
        second += round()

    def helper(x):
        return -1

    print(compss_wait_on([first, second, round()]))
"""

LIBRARY = """
    from pycompss.api.task import task

    @task(returns=1)
    def call(function, *arguments):
        return function(*arguments)
"""


@pytest.mark.parametrize("engine", ["local", "inline", "dask"])
def test_functions_and_methods_that_tasks_get_see_rebound_globals(
    run_program: Any, tmp_path: Path, engine: str
) -> None:
    (tmp_path / "library.py").write_text(textwrap.dedent(LIBRARY))
    (tmp_path / "app.py").write_text(textwrap.dedent(CALLED))
    result = run_program(tmp_path / "app.py", engine=engine).succeeded()
    last = [-1, "ab", -1, -1, -1, -1]
    assert f"{[[2] * 6, [10] * 6 + [100] * 6 + ['ab'] * 6, last]}\n" in result.stdout
