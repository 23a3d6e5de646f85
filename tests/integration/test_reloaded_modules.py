"""Modules that the program loads again while it runs: its next tasks find them so, wherever they run."""

from __future__ import annotations

from typing import Any

import pytest

PROGRAM = """
    import importlib, os, sys
    from pycompss.api.api import compss_wait_on
    from pycompss.api.task import task

    SOURCE = '''
    from pycompss.api.task import task
    VALUE = {0}
    def helper():
        return VALUE
    class Thing:
        def get(self):
            return VALUE
    @task(returns=1)
    def own():
        return helper()
    '''

    def write(text, version):
        with open("changing.py", "w") as file:
            file.write(text)
        os.utime("changing.py", (version, version))  # Python looks at the seconds

    def version(number):
        write(SOURCE.format(number), number)

    sys.path.insert(0, os.getcwd())
    version(1)
    import changing
    from changing import helper, own

    @task(returns=1)
    def cell():
        return [changing.helper(), helper(), changing.Thing().get()]

    @task(returns=1)
    def call(function):
        return function()

    def look():
        return [own(), changing.own(), cell(), call(changing.helper), call(changing.Thing().get)]

    results = [look()]
    for number in (2, 3):
        compss_wait_on(results[-1])
        version(number)
        importlib.reload(changing)
        results.append(look())
    print(compss_wait_on(results))
    write("this is no Python", 4)
    try:
        importlib.reload(changing)
    except SyntaxError:
        print(compss_wait_on(changing.own()))
"""


@pytest.mark.parametrize("engine", ["local", "inline", "dask"])
def test_tasks_find_modules_as_the_program_has_loaded_them_last(run_program: Any, engine: str) -> None:
    result = run_program(PROGRAM, engine=engine).succeeded()
    expected = [[number, number, [number] * 3, number, number] for number in (1, 2, 3)]
    assert result.stdout == f"{expected}\n3\n"
