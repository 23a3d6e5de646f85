"""Globals of the main file mean to a task what they meant at its call, however the program was started."""

from __future__ import annotations

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
