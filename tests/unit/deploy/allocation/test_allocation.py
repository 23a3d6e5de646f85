"""The variables of batch systems become nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pycompss.deploy.allocation import found, hostlist
from pycompss.deploy.allocation.found import Allocation, Host
from pycompss.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("node1", "node1"),
        ("a,b-2,c.d", "a b-2 c.d"),
        ("node[01-03,07]", "node01 node02 node03 node07"),
        ("node[9-11],login", "node9 node10 node11 login"),
        ("r[1-2]n[01-02]", "r1n01 r1n02 r2n01 r2n02"),
        ("r[1-2]-ib0", "r1-ib0 r2-ib0"),
        ("", ""),
    ],
)
def test_a_list_of_hosts_is_expanded(text: str, names: str) -> None:
    assert hostlist.expand(text) == names.split()


@pytest.mark.parametrize("text", ["node[1-3", "node]1[", "node[a-b]", "node[1-]", "n[[1]]", "n[1-99999999]"])
def test_what_is_no_list_of_hosts_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no list|no range|too many"):
        hostlist.expand(text)


def test_numbers_per_node_are_expanded() -> None:
    assert hostlist.counts("48(x2),24") == [48, 48, 24]
    with pytest.raises(ValueError, match="no numbers per node"):
        hostlist.counts("48(x2),")


SLURM = {
    "SLURM_JOB_ID": "7",
    "SLURM_JOB_NODELIST": "node[1-2,4]",
    "SLURM_JOB_CPUS_PER_NODE": "2(x2),1",
    "SLURM_MEM_PER_CPU": "100",
}


def test_slurm_tells_nodes_cores_memory_and_gpus() -> None:
    hosts = (Host("node1", 2, 200 << 20, 1), Host("node2", 2, 200 << 20, 1), Host("node4", 1, 100 << 20, 1))
    assert found.find({**SLURM, "SLURM_GPUS_ON_NODE": "1"}) == Allocation("slurm", "7", hosts)
    told = found.find({**SLURM, "SLURM_MEM_PER_NODE": "4000"})
    assert told is not None
    assert [host.memory_bytes for host in told.hosts] == [4000 << 20] * 3


def test_tasks_of_one_step_are_programs_of_their_own() -> None:
    assert found.find({**SLURM, "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4"}) is None
    assert found.find({**SLURM, "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "1"}) is not None
    assert found.find({**SLURM, "SLURM_STEP_ID": "4294967290", "SLURM_STEP_NUM_TASKS": "4"}) is not None


def test_pbs_tells_a_line_for_every_core(tmp_path: Path) -> None:
    file = tmp_path / "nodes"
    file.write_text("b\nb\na\na\n")
    environ = {"PBS_NODEFILE": str(file), "PBS_JOBID": "1.server"}
    assert found.find(environ) == Allocation("pbs", "1.server", (Host("b", 2), Host("a", 2)))
    file.write_text("b\na\n")
    assert found.find({**environ, "NCPUS": "48"}) == Allocation("pbs", "1.server", (Host("b", 48), Host("a", 48)))


def test_lsf_tells_hosts_with_cores_or_one_by_one() -> None:
    expected = Allocation("lsf", "3", (Host("a", 2), Host("b", 1)))
    assert found.find({"LSB_JOBID": "3", "LSB_MCPU_HOSTS": "a 2 b 1 "}) == expected
    assert found.find({"LSB_JOBID": "3", "LSB_HOSTS": "a a b"}) == expected


def test_sge_tells_slots_of_hosts(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("a 2 all.q@a UNDEFINED\nb 1 all.q@b UNDEFINED\na 1 x.q@a UNDEFINED\n")
    assert found.find({"PE_HOSTFILE": str(file), "JOB_ID": "9"}) == Allocation("sge", "9", (Host("a", 3), Host("b", 1)))


def test_without_batch_system_there_is_no_allocation() -> None:
    assert found.find({"HOME": "/"}) is None


@pytest.mark.parametrize(
    "environ", [{**SLURM, "SLURM_JOB_NODELIST": "node[1-"}, {"PBS_NODEFILE": "/nowhere"}, {"PE_HOSTFILE": "/nowhere"}]
)
def test_variables_that_make_no_sense_are_named(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"the allocation cannot be understood .*--engine=local"):
        found.find(environ)
