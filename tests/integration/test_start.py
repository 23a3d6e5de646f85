"""Starting is light: what is loaded and how many workers start decides how long it takes; the benchmark has times."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

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
