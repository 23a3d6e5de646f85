"""Starting is light: what is loaded and how many workers start decides how long it takes; the benchmark has times."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

HEAVY = {"numpy", "scipy", "cloudpickle", "psutil", "threadpoolctl", "defusedxml", "xml", "asyncio", "multiprocessing"}
IMPORT = """
import sys
before = set(sys.modules)
import pycompss.api.api, pycompss.api.constraint, pycompss.api.parameter, pycompss.api.task
import json
print(json.dumps(sorted(set(sys.modules) - before)))
"""
ONE_TASK = """
import json, sys
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

@task(returns=1)
def loaded():
    import sys
    return sorted(sys.modules)

print(json.dumps([sorted(sys.modules), compss_wait_on(loaded())]))
"""


def test_importing_the_api_loads_little() -> None:
    shown = subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True).stdout
    modules = json.loads(shown)
    assert not HEAVY & {name.partition(".")[0] for name in modules}
    assert len(modules) < 90


def test_a_program_with_one_task_loads_nothing_heavy_and_starts_one_worker(run_program: Any) -> None:
    result = run_program(ONE_TASK, workers=8).succeeded()
    for modules in json.loads(result.stdout):
        assert not (HEAVY - {"cloudpickle"}) & {name.partition(".")[0] for name in modules}
    assert len(list((result.run_folder / "workers").glob("*.out"))) <= 1


WRONG = {
    "a number": (
        {"PYCOMPSS_WORKERS": "two"},
        "workers = 'two' (environment PYCOMPSS_WORKERS): expected a whole number",
    ),
    "a file of XML": ({"PYCOMPSS_RESOURCES": "/nowhere.xml"}, "/nowhere.xml: cannot be read: No such file"),
    "a script": ({"PYCOMPSS_ENV_SCRIPT": "/nowhere.sh"}, "env_script /nowhere.sh does not exist"),
    "a directory without the one above": (
        {"PYCOMPSS_SPILL_DIRECTORY": "no/such"},
        "spill_directory = 'no/such' (environment PYCOMPSS_SPILL_DIRECTORY): no file can be made there: No such file",
    ),
}


@pytest.mark.parametrize("launcher", ["python", "pycompss"])
@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_setting_is_told_in_one_line_and_leaves_nothing(run_program: Any, what: str, launcher: str) -> None:
    variables, message = WRONG[what]
    result = run_program(ONE_TASK, env=variables, launcher=launcher)
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert message in lines[0]
    if launcher == "python":
        assert lines[1:] == []
    assert "Traceback" not in result.stderr
    assert list(result.folder.iterdir()) == []
    assert list(result.log_dir.glob(".COMPSs/*")) == []


def test_a_wrong_setting_can_be_caught(run_program: Any) -> None:
    caught = run_program(
        """
        from pycompss.api.task import task
        from pycompss.errors import ConfigurationError

        @task(returns=1)
        def f():
            return 1

        try:
            f()
        except ConfigurationError as error:
            print("caught:", error.message)
        """,
        env={"PYCOMPSS_WORKERS": "two"},
    ).succeeded()
    assert "caught: workers = 'two'" in caught.stdout


def test_a_spill_directory_is_made_in_one_that_is_there(run_program: Any) -> None:
    result = run_program(ONE_TASK, env={"PYCOMPSS_SPILL_DIRECTORY": "values"}).succeeded()
    assert (result.folder / "values").is_dir()


def test_a_program_on_several_nodes_does_not_load_dask_itself(run_program):
    program = """
        import sys
        from pycompss.api.api import compss_wait_on
        from pycompss.api.task import task

        @task(returns=1)
        def same(x):
            return x

        print(compss_wait_on(same(1)), {"dask", "distributed"} & set(sys.modules))
    """
    assert run_program(program, engine="dask").succeeded().stdout == "1 set()\n"
