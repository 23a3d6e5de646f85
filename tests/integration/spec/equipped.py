"""A node of which everything is known, and a task with any constraints."""

from __future__ import annotations

from typing import Any

from pycompss.api.constraint import constraint
from pycompss.api.task import task
from pycompss.core.equipment import Equipment, Processor
from pycompss.runtime.config import NodeSpec

GIGABYTE = 1 << 30

EQUIPMENT = Equipment(
    (
        Processor(4, name="Fast", architecture="x86_64", speed=2.5, memory=1, properties=(("vendor", "Intel"),)),
        Processor(2, "GPU", name="V100", memory=16, devices=("4", "7")),
    ),
    memory_type="DRAM",
    storage_size=100,
    storage_type="SSD",
    storage_bw=400,
    operating_system_type="Linux",
    operating_system_distribution="Debian",
    operating_system_version="12",
    app_software=("numpy", "gromacs"),
    host_queues=("short", "long"),
    is_local=True,
)
EQUIPPED = NodeSpec("localhost", 4, 8 * GIGABYTE, equipment=EQUIPMENT)


def constrained(**given: Any) -> Any:
    @constraint(**given)
    @task(returns=1)
    def runs():
        return 1

    return runs
