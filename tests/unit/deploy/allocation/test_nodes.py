"""Nodes of a run, made of those of a job."""

from __future__ import annotations

import importlib.util

import pytest

from pycompss.deploy.allocation import nodes
from pycompss.deploy.allocation.found import Host
from pycompss.runtime import config

JOB = {
    "SLURM_JOB_ID": "7",
    "SLURM_JOB_NODELIST": "node[1-3]",
    "SLURM_JOB_CPUS_PER_NODE": "4(x3)",
    "SLURM_MEM_PER_NODE": "1000",
    "SLURMD_NODENAME": "node1",
}


def built(**flags: str) -> config.Config:
    given = {name: (f"--{name}", text) for name, text in flags.items()}
    return config.build(given, {**JOB, "HOME": "/nowhere"})


def test_all_nodes_of_a_job_are_used_each_with_what_was_allotted() -> None:
    made = built()
    assert made.engine == "dask"
    assert [(spec.name, spec.computing_units, spec.memory_bytes) for spec in made.nodes] == [
        (f"node{number}", 4, 1000 << 20) for number in (1, 2, 3)
    ]
    assert made.nodes[0].start == ()
    assert made.nodes[1].start[0] == "srun"
    assert {"--nodelist=node2", "--cpus-per-task=4", "--overlap"} <= set(made.nodes[1].start)


def test_settings_of_a_node_hold_for_all_and_the_first_may_differ() -> None:
    made = built(workers="3", worker_in_master_cpus="1", max_tasks_per_node="2", gpus="2")
    assert [spec.computing_units for spec in made.nodes] == [1, 3, 3]
    assert {spec.limit_of_tasks for spec in made.nodes} == {2}
    assert all(any(part.kind == "GPU" and part.units == 2 for part in spec.equipment.processors) for spec in made.nodes)


def test_memory_of_nodes_is_what_is_told_and_the_first_may_differ() -> None:
    made = built(node_memory="500", worker_in_master_memory="200")
    assert [spec.memory_bytes for spec in made.nodes] == [200 << 20, 500 << 20, 500 << 20]
    assert built(node_memory="disabled").nodes[1].memory_bytes == 1000 << 20


def test_a_job_of_one_node_has_what_is_told_of_the_first() -> None:
    flags = {"worker_in_master_cpus": ("--worker_in_master_cpus", "3"), "worker_in_master_memory": ("--x", "200")}
    (only,) = config.build(flags, {**JOB, "SLURM_JOB_NODELIST": "node1", "HOME": "/nowhere"}).nodes
    assert (only.computing_units, only.memory_bytes) == (3, 200 << 20)


def test_the_first_node_may_be_left_to_the_program() -> None:
    assert [spec.name for spec in built(worker_in_master_cpus="0").nodes] == ["node2", "node3"]


def test_a_machine_outside_its_allocation_is_no_node() -> None:
    made = config.build({}, {**JOB, "SLURMD_NODENAME": "", "HOME": "/nowhere"})
    assert all(spec.start for spec in made.nodes)


def test_a_job_of_several_types_has_nodes_of_each() -> None:
    job = {
        "SLURM_JOB_ID": "7", "SLURM_HET_SIZE": "2", "SLURMD_NODENAME": "node1", "SLURM_JOB_NODELIST": "node1",
        "SLURM_JOB_NODELIST_HET_GROUP_0": "node1", "SLURM_JOB_CPUS_PER_NODE_HET_GROUP_0": "8",
        "SLURM_JOB_NODELIST_HET_GROUP_1": "fat[1-2]", "SLURM_JOB_CPUS_PER_NODE_HET_GROUP_1": "64(x2)",
        "PYCOMPSS_NODE_TYPES": "4:0:,:2:500", "HOME": "/nowhere",
    }  # fmt: skip
    first, second, third = config.build({}, job).nodes
    assert [(spec.name, spec.computing_units) for spec in (first, second, third)] == [
        ("node1", 4), ("fat1", 64), ("fat2", 64),
    ]  # fmt: skip
    assert second.memory_bytes == 500 << 20
    assert {(part.kind, part.units) for part in second.equipment.processors} == {("CPU", 64), ("GPU", 2)}
    assert "--het-group=1" in second.start


@pytest.mark.parametrize("engine", ["local", "inline"])
def test_another_engine_uses_this_machine(engine: str) -> None:
    made = built(engine=engine)
    assert (made.engine, [spec.name for spec in made.nodes]) == (engine, ["localhost"])


def test_a_job_of_this_node_alone_needs_no_agents() -> None:
    made = config.build({}, {**JOB, "SLURM_JOB_NODELIST": "node1", "HOME": "/nowhere"})
    assert (made.engine, [spec.name for spec in made.nodes]) == ("local", ["localhost"])


def test_without_dask_it_is_said_that_nodes_stay_idle(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert built().engine == "local"
    assert "job 7 has 3 nodes, but tasks run on this one alone: pip install" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("system", "words"), [("pbs", "pbs_tmrsh b"), ("lsf", "blaunch b"), ("sge", "qrsh -inherit b")]
)
def test_agents_are_started_with_the_words_of_the_system(system: str, words: str) -> None:
    assert nodes.start(system, Host("b")) == tuple(words.split())
