"""A hundred thousand pending tasks: memory, and a cost of submission that does not grow."""

from __future__ import annotations

import json
from typing import Any

PROGRAM = """
import json, os, sys, time
from pycompss.api.api import compss_barrier
from pycompss.api.task import task

@task()
def gate(path):
    while not os.path.exists(path):
        time.sleep(0.01)

@task()
def nothing():
    pass

@task(returns=1)
def increment(x):
    return x + 1

def memory(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(key)) // 1024

def calls(submit):
    count = 0
    def look(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")
    sys.setprofile(look)
    submit()
    sys.setprofile(None)
    return count

nothing(); compss_barrier()
gate(os.path.abspath("go"))
before = memory("VmRSS")
first = min(calls(nothing) for _ in range(20)), min(calls(lambda: increment(1)) for _ in range(20))
for _ in range(100_000):
    nothing()
last = min(calls(nothing) for _ in range(20)), min(calls(lambda: increment(1)) for _ in range(20))
pending = memory("VmHWM") - before
open("go", "w").close()
compss_barrier()
for _ in range(10):
    for _ in range(10_000):
        nothing()
    compss_barrier()
print(json.dumps({"pending": pending, "first": first, "last": last, "peak": memory("VmHWM") - before}))
"""


def test_a_hundred_thousand_tasks_wait_in_little_memory(run_program: Any) -> None:
    """150 MB are allowed; submission costs the same number of calls however many tasks there are; the second
    hundred thousand tasks, which end as they come, need no memory of their own.
    """
    result = run_program(PROGRAM, workers=1, timeout=100).succeeded()
    found = json.loads(result.stdout)
    assert found["pending"] < 150
    assert found["last"] <= found["first"]
    assert found["peak"] - found["pending"] < 10
