"""Programming model, section 12; runtime and tools, 6.3: every key of `@constraint`, one by one.

Two nodes differ in everything. A task that asks for what only one of them has runs there, and one that asks for what
neither has is refused at the call, by the key. What is reserved, and how long: `test_12_constraints.py`,
`test_12_devices.py`, `test_12_nodes.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.constraint import constraint
from pycompss.api.task import task
from pycompss.core.equipment import Equipment, Processor
from pycompss.errors import PyCOMPSsException, TaskWarning, UnschedulableTask
from pycompss.runtime.config import NodeSpec
from tests.integration.spec.equipped import EQUIPMENT
from tests.support.answers import answering, running_aside

GIGABYTE = 10**9
NEAR = replace(
    EQUIPMENT,
    processors=(
        Processor(2, name="Fast", architecture="x86_64", speed=2.5, memory=1, properties=(("vendor", "Intel"),)),
        Processor(1, "GPU", name="V100", memory=16, devices=("4",)),
    ),
)
FAR = Equipment(
    (
        Processor(4, name="Power9", architecture="ppc64le", speed=4, memory=8, properties=(("vendor", "IBM"),)),
        Processor(1, "FPGA", name="Alveo"),
    ),
    memory_type="HBM",
    storage_size=1000,
    storage_type="NVMe",
    storage_bw=2000,
    operating_system_type="SunOS",
    operating_system_distribution="Solaris",
    operating_system_version="11",
    app_software=("numpy", "vasp"),
    host_queues=("long", "debug"),
)
NODES = (NodeSpec("near", 2, 4 * GIGABYTE, equipment=NEAR), NodeSpec("far", 4, 16 * GIGABYTE, equipment=FAR))


@pytest.fixture(scope="module")
def two_nodes(no_leaks_of_module: None) -> Iterator[Any]:
    with running_aside(nodes=NODES) as session, answering(session):
        yield session


@pytest.fixture(autouse=True)
def nodes(two_nodes: Any) -> Iterator[Any]:
    with answering(two_nodes):
        yield two_nodes


def asking(**given: Any) -> Any:
    """A task that asks for this, and tells the node where it runs."""

    @constraint(**given)
    @task(returns=1)
    def tells():
        return os.environ["COMPSS_NODES"]

    return tells


def place(**given: Any) -> str:
    """The node on which each of several such tasks runs."""
    function = asking(**given)
    (name,) = set(compss_wait_on([function() for _ in range(4)]))
    return str(name)


def refused(said: str, **given: Any) -> None:
    """The call is refused with these words, and with the key and value as they were given."""
    with pytest.raises(UnschedulableTask) as caught:
        asking(**given)()
    text = str(caught.value)
    assert f"asks for {said}" in text
    for key, value in given.items():
        assert f"{key}={value!r}" in text


def wrong(reason: str, **given: Any) -> None:
    with pytest.raises(PyCOMPSsException, match=reason):
        asking(**given)


def test_computing_units() -> None:
    assert place(computing_units=3) == "far"
    refused("5 computing units", computing_units=5)
    wrong("1.5 is not a whole number", computing_units=1.5)


def test_processor_type() -> None:
    assert place(processor_type="GPU") == "near"
    assert place(processor_type="fpga") == "far"
    refused("2 GPUs", processor_type="GPU", computing_units=2)
    wrong("'TPU' is no type of processor; the types are CPU, GPU, FPGA, OTHER", processor_type="TPU")


def test_processor_name() -> None:
    assert (place(processor_name="fast"), place(processor_name="POWER9")) == ("near", "far")
    refused("processor_name=EPYC", processor_name="EPYC")


def test_processor_architecture() -> None:
    assert (place(processor_architecture="amd64"), place(processor_architecture="ppc64le")) == ("near", "far")
    refused("processor_architecture=aarch64", processor_architecture="arm64")


def test_processor_speed() -> None:
    assert place(processor_speed=2.6) == "far"
    assert place(processor_speed="4.0") == "far"
    refused("processor_speed=4.1", processor_speed=4.1)
    wrong("it must be a number", processor_speed="fast")


def test_processor_internal_memory_size() -> None:
    assert place(processor_internal_memory_size=8) == "far"
    refused("processor_internal_memory_size=8.5", processor_internal_memory_size=8.5)
    wrong("-1 is no size", processor_internal_memory_size=-1)


def test_processor_property_name_and_value() -> None:
    for vendor, node in (("intel", "near"), ("IBM", "far")):
        assert place(processor_property_name="Vendor", processor_property_value=vendor) == node
    refused("processor_property_value=AMD", processor_property_name="vendor", processor_property_value="AMD")
    with pytest.raises(
        UnschedulableTask, match=r"asks for processor_property_name=maker; .* has processor_property_name=vendor"
    ):
        asking(processor_property_name="maker", processor_property_value="IBM")()


@pytest.mark.parametrize(
    ("key", "on_near", "on_far", "on_none"),
    [
        ("processorType", "GPU", "FPGA", "OTHER"),
        ("computingUnits", None, 3, 5),
        ("name", "Fast", "Power9", "EPYC"),
        ("speed", None, 3.9, 4.1),
        ("architecture", "x86_64", "ppc64le", "aarch64"),
        ("propertyValue", "Intel", "IBM", "AMD"),
        ("internalMemorySize", None, "8", 8.5),
    ],
)
def test_processors(key: str, on_near: Any, on_far: Any, on_none: Any) -> None:
    def described(value: Any) -> dict[str, Any]:
        named = {"propertyName": "vendor"} if key == "propertyValue" else {}
        return {"processors": [{**named, key: value}]}

    if on_near is not None:
        assert place(**described(on_near)) == "near"
    assert place(**described(on_far)) == "far"
    with pytest.raises(UnschedulableTask):
        asking(**described(on_none))()
    wrong(r"unknown key 'color' of a processor", processors=[{"color": "red"}])


def test_several_processors() -> None:
    """Multiple processor kinds allowed; a GPU alone adds one CPU unit."""
    assert place(processors=[{"processorType": "CPU", "computingUnits": 2}, {"processorType": "GPU"}]) == "near"
    assert place(processors=[{"processorType": "GPU", "name": "V100"}]) == "near"
    with pytest.raises(UnschedulableTask, match="3 computing units"):
        asking(processors=[{"processorType": "CPU", "computingUnits": 3}, {"processorType": "GPU"}])()
    with pytest.raises(UnschedulableTask, match=r"asks for 1 (GPU|FPGA); the nearest node .* has none"):
        asking(processors=[{"processorType": "GPU"}, {"processorType": "FPGA"}])()


def test_memory_size() -> None:
    assert place(memory_size=10) == "far"
    assert place(memory_size="4.5") == "far"
    refused("1 computing unit and 17 GB of memory", memory_size=17)
    wrong("nan is no size", memory_size=float("nan"))


def test_memory_type() -> None:
    assert (place(memory_type="dram"), place(memory_type="HBM")) == ("near", "far")
    refused("memory_type=DDR5", memory_type="DDR5")


def test_storage_size() -> None:
    assert place(storage_size=101) == "far"
    refused("storage_size=1000.5", storage_size=1000.5)


def test_storage_type() -> None:
    assert (place(storage_type="ssd"), place(storage_type="NVMe")) == ("near", "far")
    refused("storage_type=HDD", storage_type="HDD")


def test_storage_bw() -> None:
    assert place(storage_bw=401) == "far"
    refused("storage_bw=2001", storage_bw=2001)
    wrong("it must be a number", storage_bw="much")


def test_operating_system_type() -> None:
    assert (place(operating_system_type="LINUX"), place(operating_system_type="sunos")) == ("near", "far")
    refused("operating_system_type=Windows", operating_system_type="Windows")


def test_operating_system_distribution() -> None:
    keys = ("debian", "Solaris")
    assert [place(operating_system_distribution=value) for value in keys] == ["near", "far"]
    refused("operating_system_distribution=Ubuntu", operating_system_distribution="Ubuntu")


def test_operating_system_version() -> None:
    assert (place(operating_system_version=12), place(operating_system_version="11")) == ("near", "far")
    refused("operating_system_version=13", operating_system_version="13")


def test_app_software() -> None:
    assert (place(app_software="NumPy, Gromacs"), place(app_software=["vasp", "numpy"])) == ("near", "far")
    refused("app_software=", app_software="vasp,gromacs")
    wrong("a text with commas, or a list of texts", app_software=["numpy", 3])


def test_host_queues() -> None:
    assert (place(host_queues="SHORT"), place(host_queues=["debug", "long"])) == ("near", "far")
    refused("host_queues=", host_queues="short,debug")
    wrong("host_queues is a number, a text or a list", host_queues={"short"})


def test_is_local(fresh: Callable[..., Any]) -> None:
    assert place(is_local=True) == "near"
    assert compss_wait_on(asking(is_local=False)()) in ("near", "far")
    wrong("it must be True or False", is_local="yes")
    fresh(nodes=NODES[1:])
    refused("is_local=True", is_local=True)


def test_wall_clock_limit(fresh: Callable[..., Any]) -> None:
    wrong("1.5 is not a whole number", wall_clock_limit=1.5)
    fresh(workers=1, wall_clock_limit=600)
    compss_wait_on(asking(wall_clock_limit=600)())
    with pytest.warns(TaskWarning, match="may take 601 s, but the run ends after 600 s"):
        compss_wait_on(asking(wall_clock_limit="601")())


def test_sizes_may_depend_on_the_call() -> None:
    """Dynamic: computing_units, memory_size, storage_size only; evaluated per call, truncated to int."""

    @constraint(computing_units="1 + (n > 8)", memory_size="n * 1.3", storage_size="max(n, 0) * 10")
    @task(returns=1)
    def grows(n, unused=0):
        return os.environ["COMPSS_NODES"], os.environ["COMPSS_NUM_THREADS"]

    assert compss_wait_on([grows(4, 1), grows(n=12)])[1] == ("far", "2")
    assert compss_wait_on(grows(3)) in [("near", "1"), ("far", "1")]  # 3.9 GB are 3
    with pytest.raises(UnschedulableTask, match=r"grows asks for 2 computing units and 26 GB of memory"):
        grows(20)
    wrong("it must be a number", processor_speed="n * 2")


@pytest.mark.parametrize("text", ["$PURECOMPSS_TEST_VALUE", "${PURECOMPSS_TEST_VALUE}"])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("computing_units", "3"),
        ("processor_type", "FPGA"),
        ("processor_name", "Power9"),
        ("processor_architecture", "ppc64le"),
        ("processor_speed", "4"),
        ("processor_internal_memory_size", "8"),
        ("memory_size", "5"),
        ("memory_type", "HBM"),
        ("storage_size", "101"),
        ("storage_type", "NVMe"),
        ("storage_bw", "500"),
        ("operating_system_type", "SunOS"),
        ("operating_system_distribution", "Solaris"),
        ("operating_system_version", "11"),
        ("app_software", "vasp"),
        ("host_queues", "debug"),
    ],
)
def test_every_value_may_be_a_variable(monkeypatch: pytest.MonkeyPatch, key: str, value: str, text: str) -> None:
    """`"$VAR"`, `"${VAR}"` for any; unset for computing_units → 1, elsewhere an error that names it."""
    monkeypatch.setenv("PURECOMPSS_TEST_VALUE", value)
    assert place(**{key: text}) == "far"
    monkeypatch.delenv("PURECOMPSS_TEST_VALUE")
    if key == "computing_units":
        assert compss_wait_on(asking(computing_units=text)()) in ("near", "far")
    else:
        with pytest.raises(PyCOMPSsException, match=rf"tells .*@constraint\({key}=.*the environment variable PURE"):
            asking(**{key: text})()
