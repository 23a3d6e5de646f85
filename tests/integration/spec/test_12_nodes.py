"""Runtime and tools, section 6.3: what a node must have for a task, by every key of `@constraint`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.constraint import constraint
from pycompss.api.task import task
from pycompss.core.equipment import Equipment, Processor
from pycompss.errors import TaskWarning, UnschedulableTask
from pycompss.runtime.config import NodeSpec
from pycompss.util.exceptions import PyCOMPSsException
from tests.integration.spec.equipped import EQUIPPED, constrained
from tests.support.rendezvous import counted

MET = {
    "processor_name": "fast",
    "processor_architecture": "amd64",
    "processor_speed": 2.5,
    "processor_internal_memory_size": "1",
    "memory_type": "dram",
    "storage_size": 100,
    "storage_type": "ssd",
    "storage_bw": 400,
    "operating_system_type": "LINUX",
    "operating_system_distribution": "debian",
    "operating_system_version": 12,
    "app_software": "Gromacs,NumPy",
    "host_queues": ["SHORT"],
    "is_local": True,
    "wall_clock_limit": 10,
}
NOT_MET = {
    "processor_name": "Power9",
    "processor_architecture": "aarch64",
    "processor_speed": 2.6,
    "processor_internal_memory_size": 2,
    "memory_type": "HBM",
    "storage_size": 101,
    "storage_type": "HDD",
    "storage_bw": 401,
    "operating_system_type": "Windows",
    "operating_system_distribution": "Ubuntu",
    "operating_system_version": "11",
    "app_software": "numpy,vasp",
    "host_queues": "debug",
}


def test_a_node_that_has_everything_runs_the_task(fresh: Callable[..., Any]) -> None:
    """Section 6.3: each field equal or unassigned; software and queues a superset; sizes large enough."""
    fresh(nodes=[EQUIPPED])
    assert compss_wait_on([constrained(**{key: value})() for key, value in MET.items()]) == [1] * len(MET)
    assert compss_wait_on(constrained(**MET)()) == 1
    property_ = {"processor_property_name": "Vendor", "processor_property_value": "intel"}
    assert compss_wait_on(constrained(**property_)()) == 1


def test_whatever_a_node_lacks_is_named_at_the_call(fresh: Callable[..., Any]) -> None:
    """Section 12: nothing satisfies it; the key that fails, what is asked for, what the nearest node has."""
    fresh(nodes=[EQUIPPED])
    for key, value in NOT_MET.items():
        with pytest.raises(UnschedulableTask) as caught:
            constrained(**{key: value})()
        text = str(caught.value)
        assert f"runs asks for {key}=" in text
        assert "; the nearest node (localhost) has " in text
        assert f"@constraint({key}={value!r})" in text
        assert "describe a node that has it: --resources=FILE" in text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"processors": [{"processorType": "GPU", "computingUnits": 3}]}, "asks for 3 GPUs; the nearest .* has 2 GPUs"),
        ({"processor_type": "FPGA"}, "asks for 1 FPGA; the nearest node (localhost) has none"),
        ({"processors": [{"type": "GPU", "name": "A100"}]}, "asks for processor_name=A100; .* has processor_name=V100"),
        ({"processors": [{"type": "GPU", "computingUnits": 3}]}, "offer more: --gpus_per_node=3"),
        ({"processor_property_name": "vendor", "processor_property_value": "AMD"}, "processor_property_value=AMD; "),
        ({"processors": [{}, {"computingUnits": 4}]}, "asks for 1 computing unit and 4 computing units; .* has 4 comp"),
    ],
)
def test_processors_that_a_node_lacks_are_named(fresh: Callable[..., Any], given: Any, said: str) -> None:
    fresh(nodes=[EQUIPPED])
    with pytest.raises(UnschedulableTask, match=said.replace("(", r"\(").replace(")", r"\)")):
        constrained(**given)()


def test_a_node_that_says_nothing_may_be_anything(fresh: Callable[..., Any]) -> None:
    """Section 6.3: … or unassigned; but what it does not name, software and queues, it does not have."""
    fresh(nodes=[NodeSpec("localhost", 1)])
    strict = {"app_software", "host_queues", "storage_bw"}
    open_ = {key: value for key, value in NOT_MET.items() if key not in strict}
    assert compss_wait_on(constrained(**open_)()) == 1
    for key in strict:
        with pytest.raises(UnschedulableTask, match=key):
            constrained(**{key: NOT_MET[key]})()


def test_a_task_that_may_outlast_the_run_is_named(fresh: Callable[..., Any]) -> None:
    fresh(workers=1, wall_clock_limit=600)
    assert compss_wait_on(constrained(wall_clock_limit=600)()) == 1
    with pytest.warns(TaskWarning, match=r"runs may take 601 s, but the run ends after 600 s"):
        assert compss_wait_on(constrained(wall_clock_limit="601")()) == 1


def test_tasks_share_the_bandwidth_of_the_storage(fresh: Callable[..., Any], folder: Path) -> None:
    """Section 6.3: storage bandwidth is reserved while running."""
    fresh(nodes=[EQUIPPED])

    @constraint(storage_bw=150)
    @task(returns=1)
    def streams(folder, number):
        with counted(folder, str(number)) as inside:
            return inside

    assert max(compss_wait_on([streams(str(folder), n) for n in range(8)])) == 2


def test_one_processor_has_all_units_of_a_task(fresh: Callable[..., Any]) -> None:
    """Section 6.3: each required processor is satisfied by one processor of the host."""
    split = Equipment((Processor(1, name="slow"), Processor(2, name="fast")))
    fresh(nodes=[NodeSpec("localhost", 3, equipment=split)])
    with pytest.raises(UnschedulableTask, match="asks for 3 computing units"):
        constrained(computing_units=3)()
    assert compss_wait_on(constrained(computing_units=2)()) == 1
    both = [{"processorName": "fast", "computingUnits": 2}, {"processorName": "slow"}]
    assert compss_wait_on(constrained(processors=both)()) == 1


def test_nested_tasks_have_constraints_of_every_kind(fresh: Callable[..., Any]) -> None:
    fresh(nodes=[EQUIPPED])

    @task(returns=1)
    def calls(key, value):
        return compss_wait_on(constrained(**{key: value})())

    assert compss_wait_on([calls("operating_system_type", "linux"), calls("processor_type", "GPU")]) == [1, 1]
    with pytest.raises(PyCOMPSsException, match="asks for operating_system_type=Windows"):
        compss_wait_on(calls("operating_system_type", "Windows"))


def test_constraints_of_every_kind_do_nothing_in_sequence(inline: Any) -> None:
    """Section 13."""
    assert constrained(**NOT_MET, processors=[{"type": "GPU", "computingUnits": 99}])() == 1
