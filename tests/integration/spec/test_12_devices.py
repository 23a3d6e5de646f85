"""GPUs and FPGAs: programming model, section 12; runtime and tools, 5.3 and 6.3."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_open, compss_wait_on
from pycompss.api.binary import binary
from pycompss.api.constraint import constraint
from pycompss.api.parameter import FILE_OUT_STDOUT
from pycompss.api.task import task
from pycompss.core.equipment import Equipment, Processor
from pycompss.errors import UnschedulableTask
from pycompss.runtime.config import NodeSpec
from tests.integration.spec.equipped import EQUIPPED
from tests.support.rendezvous import meet

GPU_VARIABLES = ("CUDA_VISIBLE_DEVICES", "COMPSS_BINDED_GPUS", "GPU_DEVICE_ORDINAL")


def visible(*names: str) -> list[str | None]:
    return [os.environ.get(name) for name in names or GPU_VARIABLES]


@constraint(processors=[{"processorType": "CPU"}, {"processorType": "GPU", "computingUnits": 1}])
@task(returns=1)
def on_one_gpu(folder, name, others):
    meet(folder, name, others)
    return visible()


@constraint(processor_type="GPU", computing_units="n")
@task(returns=1)
def on_gpus(n):
    return visible()


@task(returns=1)
def on_none():
    return visible()


@constraint(processor_type="GPU")
@task(returns=1)
def fails_once(folder):
    first = not (Path(folder) / "tried").exists()
    (Path(folder) / "tried").touch()
    if first:
        raise ValueError(visible())
    return visible()


@constraint(processor_type="GPU", computing_units=2)
@task(returns=1)
def calls_one_that_needs_a_gpu():
    before = visible()
    inner = compss_wait_on(on_gpus(2))
    return before, inner, visible()


@constraint(processor_type="FPGA")
@task(returns=1)
def on_an_fpga():
    return visible("COMPSS_BINDED_FPGAS", "CUDA_VISIBLE_DEVICES")


def test_tasks_that_run_together_see_different_gpus(fresh: Callable[..., Any], folder: Path) -> None:
    """Runtime and tools, 5.3: the variables name exactly the GPUs that the task reserves."""
    fresh(nodes=[EQUIPPED])
    found = compss_wait_on([on_one_gpu(str(folder), name, ["a", "b"]) for name in ("a", "b")])
    assert sorted(found) == [["4"] * 3, ["7"] * 3]


def test_a_task_sees_as_many_gpus_as_it_asks_for(fresh: Callable[..., Any]) -> None:
    fresh(nodes=[EQUIPPED])
    found = compss_wait_on([on_gpus(n) for n in (1, 2, 1, 2, 2, 1)])
    assert [value for value, *_ in found] == ["4", "4,7", "4", "4,7", "4,7", "4"]


def test_a_task_without_gpus_is_told_of_none(fresh: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """… only when GPUs are assigned, removed afterwards: what the environment says itself stays."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    fresh(nodes=[EQUIPPED])
    assert compss_wait_on(on_gpus(1)) == ["4", "4", "4"]
    assert compss_wait_on(on_none()) == ["0,1,2", None, None]


def test_gpus_come_back_from_a_task_that_fails(fresh: Callable[..., Any], folder: Path) -> None:
    fresh(nodes=[EQUIPPED])
    assert compss_wait_on(fails_once(str(folder))) == ["4", "4", "4"]
    assert compss_wait_on(on_gpus(2)) == ["4,7"] * 3


def test_a_task_that_waits_lends_its_gpus(fresh: Callable[..., Any]) -> None:
    fresh(nodes=[EQUIPPED])
    assert compss_wait_on(calls_one_that_needs_a_gpu()) == (["4,7"] * 3,) * 3


@constraint(processor_type="GPU", computing_units=2)
@binary(binary="printenv", args="CUDA_VISIBLE_DEVICES")
@task(out=FILE_OUT_STDOUT)
def prints_below(out):
    pass


@binary(binary="printenv", args="CUDA_VISIBLE_DEVICES")
@constraint(processor_type="GPU", computing_units=1)
@task(out=FILE_OUT_STDOUT)
def prints_above(out):
    pass


def test_programs_see_their_gpus_too(fresh: Callable[..., Any]) -> None:
    """Constraints stand above or below `@binary`; whatever a task starts inherits its environment."""
    fresh(nodes=[EQUIPPED])
    for function, names in [(prints_below, "4,7"), (prints_above, "4")]:
        function(f"{function.__name__}.txt")
        with compss_open(f"{function.__name__}.txt") as file:
            assert file.read() == f"{names}\n"


def test_fpgas_are_told_by_a_variable_of_their_own(fresh: Callable[..., Any]) -> None:
    fresh(nodes=[NodeSpec("localhost", 2, equipment=Equipment((Processor(2), Processor(2, "FPGA"))))])
    assert compss_wait_on(on_an_fpga()) == ["0", None]


def test_without_gpu_affinity_gpus_are_counted_but_not_told(fresh: Callable[..., Any]) -> None:
    """`--gpu_affinity=disabled`."""
    fresh(nodes=[EQUIPPED], gpu_affinity="disabled")
    assert compss_wait_on(on_gpus(2)) == [None] * 3
    with pytest.raises(UnschedulableTask, match="asks for 3 GPUs"):
        on_gpus(3)
