"""Whatever happens to a task that holds devices, the next one gets them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.launch import Result

PRELUDE = """\
import os, signal
from pycompss.api.task import task
from pycompss.api.constraint import constraint
from pycompss.api.api import compss_barrier, compss_wait_on, compss_cancel_group, TaskGroup
from tests.support.rendezvous import alone, await_mark, await_true, mark, note, notes

def gpu():
    return os.environ.get("CUDA_VISIBLE_DEVICES")

@constraint(processor_type="GPU")
@task(returns=1)
def on_gpu(n):
    with alone(f"gpu_{gpu()}"):  # nobody else has it now
        note("used", f"{gpu()} {os.getpid()}")
    return gpu()

@constraint(processor_type="GPU", computing_units=2)
@task(returns=1)
def on_both():
    note("used", f"{gpu()} {os.getpid()}")
    return gpu()
"""
TWO_GPUS = {"PYCOMPSS_GPUS": "2", "CUDA_VISIBLE_DEVICES": None}


def test_the_gpus_of_a_killed_worker_are_given_to_others(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@constraint(processor_type="GPU", computing_units=2)
@task(returns=1, on_failure="IGNORE", defaults={"returns": "died"})
def dies():
    note("held", gpu())
    os.kill(os.getpid(), signal.SIGKILL)

results = [dies(), *[on_gpu(n) for n in range(6)]]
results = compss_wait_on(results)
print(notes("held")[0], results[0], sorted(set(results[1:])) <= ["0", "1"], compss_wait_on(on_both()))
"""
    )
    assert run(source, env=TWO_GPUS).succeeded().stdout == "0,1 died True 0,1\n"


def test_a_killed_task_has_a_gpu_again_at_every_attempt(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@constraint(processor_type="GPU")
@task(returns=1)
def dies_twice():
    note("attempts", gpu())
    if len(notes("attempts")) < 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return gpu()

print(compss_wait_on(dies_twice()), notes("attempts"))
"""
    )
    assert run(source, env={**TWO_GPUS, "PYCOMPSS_GPUS": "1"}).succeeded().stdout == "0 ['0', '0', '0']\n"


def test_the_gpus_of_a_cancelled_task_are_given_to_others(run: Callable[..., Result]) -> None:
    source = (
        PRELUDE
        + """
@constraint(processor_type="GPU", computing_units=2)
@task()
def waits():
    mark("running")
    await_mark("never")

with TaskGroup("group", False):
    waits()
await_mark("running")
compss_cancel_group("group")
print(compss_wait_on(on_both()))
"""
    )
    assert run(source, env=TWO_GPUS).succeeded().stdout == "0,1\n"


def test_no_worker_that_has_used_a_gpu_is_there_when_another_uses_it(run: Callable[..., Result]) -> None:
    """A process keeps what it has on a device until it ends, so a worker has the same devices for life."""
    source = (
        PRELUDE
        + """
compss_wait_on([on_gpu(n) for n in range(4)])
compss_wait_on(on_both())
both = int(notes("used")[-1].split()[1])
singles = {int(line.split()[1]) for line in notes("used")[:-1]}
assert both not in singles
for pid in singles:
    await_true(lambda: not os.path.exists(f"/proc/{pid}"), f"worker {pid} is still there")
assert compss_wait_on(on_gpu(9)) == "0"
pids = {}
for line in notes("used"):
    devices, pid = line.split()
    assert pids.setdefault(pid, devices) == devices
print("right")
"""
    )
    assert run(source, env=TWO_GPUS).succeeded().stdout == "right\n"


@pytest.mark.parametrize("flag", ["--gpus_per_node=3", "--gpu_affinity=5,6/9"])
def test_devices_are_declared_on_the_command_line(run: Callable[..., Result], flag: str) -> None:
    source = (
        PRELUDE
        + """
@constraint(processors=[{"processorType": "GPU", "computingUnits": 3}])
@task(returns=1)
def on_all():
    return gpu()

print(compss_wait_on(on_all()))
"""
    )
    names = "0,1,2" if "per_node" in flag else "5,6,9"
    result = run(source, launcher="runcompss", flags=[flag], env={"CUDA_VISIBLE_DEVICES": None}).succeeded()
    assert f"\n{names}\n" in f"\n{result.stdout}"
