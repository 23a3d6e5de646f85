"""How runners of MPI programs are told what to start, and values in files for other processes."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import numpy as np
import pytest

from pycompss.errors import LaunchError, SerializerException
from pycompss.worker.launchers import families, leftovers, mpi, parcel, runner, trial, world
from pycompss.worker.launchers.launch import Body, Launch

VERSIONS = {
    "mpirun (Open MPI) 5.0.11": families.OPEN_MPI,
    "mpirun (Open MPI) 4.1.4": families.OPEN_MPI,
    "prterun (PRRTE) 3.0": families.OPEN_MPI,
    "HYDRA build details:\n    Version: 5.0.2": families.MPICH,
    "Intel(R) MPI Library for Linux* OS, Version 2021.5": families.MPICH,
    "slurm 22.05.8": families.SLURM,
    "GNU coreutils": families.UNKNOWN,
}


@pytest.mark.parametrize("text", VERSIONS)
def test_a_family_is_known_by_its_version(text):
    assert families.of_version(text) is VERSIONS[text]


@pytest.fixture
def command(tmp_path, monkeypatch):
    """`command(version, flags=, hosts=, programs=)`: the command line of a runner that says this version."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SLURMD_NODENAME", raising=False)

    def make(version, flags="", hosts="localhost", programs=((4, ["prog", "x"]),)):
        path = tmp_path / "run"
        path.write_text(f"#!/bin/sh\necho '{version}'\n")
        path.chmod(0o755)
        monkeypatch.setenv("PYCOMPSS_ADDRESSES", hosts)
        monkeypatch.setattr(runner, "_known", {})
        body = Body("f", lambda: print, b"", (), {}, ())
        launch = Launch({"runner": "./run -v", "flags": flags}, {}, {}, str(tmp_path), body)
        return runner.Runner(launch).command(programs)

    return make


@pytest.mark.parametrize(
    ("version", "hosts", "words"),
    [
        ("(Open MPI)", "localhost", ["--host", "localhost:4"]),
        ("(Open MPI)", "a,b", ["--host", "a:2,b:2"]),
        ("HYDRA", "node7", ["-hosts", "localhost"]),
        ("HYDRA", "a,b", ["-hosts", "a,b", "-ppn", "2"]),
        ("slurm", "localhost", ["--nodes=1"]),
        ("slurm", "a,b", ["--nodes=2", "--ntasks-per-node=2", "--nodelist=a,b"]),
        ("slurm", "localhost,localhost", ["--nodes=1"]),
        ("HYDRA", "localhost,localhost", ["-hosts", "localhost"]),
        ("(Open MPI)", "localhost,localhost", ["--host", "localhost:4"]),
        ("HYDRA", "a,a,b,a", ["-hosts", "a:3,b:1"]),
        ("slurm", "a,a,b,a", ["--nodes=2", "--nodelist=a,b"]),
        ("HYDRA", "a,b,c", ["-hosts", "a:2,b:1,c:1"]),
        ("(Open MPI)", "a,b,c", ["--host", "a:2,b:1,c:1"]),
        ("(Open MPI)", "a,b,c,d,e", ["--host", "a:1,b:1,c:1,d:1"]),
        ("other", "a,b", []),
    ],
)
def test_each_family_names_hosts_in_its_own_way(command, version, hosts, words):
    assert command(version, hosts=hosts) == ["./run", "-v", *words, "-n", "4", "prog", "x"]


def test_flags_stand_before_the_program(command):
    assert command("other", flags="--a '--b c'")[2:] == ["-n", "4", "--a", "--b c", "prog", "x"]


def test_srun_stays_on_the_node_where_the_task_is(command, monkeypatch):
    monkeypatch.setenv("SLURMD_NODENAME", "n3")
    found = families.SLURM.hosts(["localhost"], 2)
    assert found == ["--nodes=1", "--nodelist=n3"]


SRUN = """#!/bin/sh
[ "$1" = --version ] && echo slurm 23.11 && exit
echo "$SLURM_OVERLAP $*" >> "$RECORD"
while [ "$1" != -n ]; do shift; done
count=$2 rank=0
shift 3
while [ $rank -lt $count ]; do PMI_RANK=$rank PMI_SIZE=$count "$@"; rank=$((rank + 1)); done
"""


def test_srun_starts_as_many_ranks_on_each_node_beside_the_worker(tmp_path, monkeypatch):
    """A stand-in that records how it was called: for the trial, with a rank on each node, and for the task."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYCOMPSS_ADDRESSES", "n1,n2,n3")
    monkeypatch.setenv("RECORD", str(tmp_path / "record"))
    monkeypatch.setattr(runner, "_known", {})
    monkeypatch.setattr(trial, "_passed", set())
    Path("srun").write_text(SRUN)
    Path("srun").chmod(0o755)
    Path("say").write_text('#!/bin/sh\necho "$PMI_RANK of $COMPSS_NUM_PROCS" >> said\n')
    Path("say").chmod(0o755)
    options = {"runner": "./srun", "flags": "--mpi=pmi2", "binary": "./say", "processes": 6, "threads": 1}
    launch = Launch(options, {}, {}, str(tmp_path), Body("f", lambda: print, b"", (), {}, ()))
    assert mpi.run(launch) == 0
    tried, called = Path("record").read_text().splitlines()
    assert tried.startswith("1 --nodes=3 --ntasks-per-node=1 --nodelist=n1,n2,n3 -n 3 --mpi=pmi2 ")
    assert called == f"1 --nodes=3 --ntasks-per-node=2 --nodelist=n1,n2,n3 -n 6 --mpi=pmi2 {tmp_path}/./say"
    assert Path("said").read_text() == "".join(f"{rank} of 6\n" for rank in range(6))


def test_several_programs_are_joined_where_that_is_possible(command):
    programs = [(1, ["a"]), (2, ["b", "x"])]
    assert command("HYDRA", programs=programs)[4:] == ["-n", "1", "a", ":", "-n", "2", "b", "x"]
    with pytest.raises(LaunchError, match="cannot start several programs as one"):
        command("slurm", programs=programs)


def test_the_environment_names_the_family_where_the_version_does_not(command, monkeypatch):
    monkeypatch.setenv("COMPSS_MPIRUN_TYPE", "impi")
    assert command("other")[2:4] == ["-hosts", "localhost"]


def test_ranks_share_cores_on_one_machine_alone():
    """Open MPI puts all ranks on the first of several hosts when it may oversubscribe."""
    one, two = (families.OPEN_MPI.environment(hosts, None) for hosts in (["a", "a"], ["a", "b"]))
    assert one["PRTE_MCA_rmaps_default_mapping_policy"] == ":oversubscribe"
    assert not [name for name in two if "rmaps" in name]


def test_ranks_of_open_mpi_on_other_hosts_get_the_environment_too():
    """MPICH's and Slurm's have it anyway."""
    environment = ["PATH", "OMP_NUM_THREADS", "SSH_CONNECTION", "BASH_FUNC_x%%", "OMPI_MCA_a", "_"]
    far = families.OPEN_MPI.exported(["a", "b"], [], environment)
    assert far == {"OMPI_MCA_mca_base_env_list": "OMP_NUM_THREADS;PATH"}
    assert families.OPEN_MPI.exported(["a", "a"], [], environment) == {}
    assert families.OPEN_MPI.exported(["a", "b"], ["-x", "PATH"], environment) == {}
    assert families.MPICH.exported(["a", "b"], [], environment) == {}


def test_settings_of_the_user_have_the_last_word(monkeypatch):
    name = "PRTE_MCA_hwloc_default_binding_policy"
    assert families.OPEN_MPI.environment(["localhost"], "/f")[name] == "none"
    monkeypatch.setenv(name, "core")
    assert name not in families.OPEN_MPI.environment(["localhost"], "/f")


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"PMI_RANK": "1", "PMI_SIZE": "4"}, (1, 4)),
        ({"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2"}, (0, 2)),
        ({"PMIX_RANK": "3", "SLURM_STEP_NUM_TASKS": "8"}, (3, 8)),
        ({"SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "8"}, (0, 1)),  # srun without MPI
        ({}, (0, 1)),
    ],
)
def test_the_place_of_a_rank_is_what_its_launcher_says(told, found):
    assert world.place(told) == found


def test_a_parcel_maps_large_buffers_and_each_reader_has_its_own(tmp_path):
    path = str(tmp_path / "parcel")
    value = {"a": np.arange(10_000.0), "b": np.zeros((3, 3), order="F"), "c": "text", "d": np.arange(20_000)[::2]}
    parcel.write(path, value, "f", "x")
    first, second = parcel.read(path), parcel.read(path)
    os.unlink(path)
    first["a"][0] = -1
    assert second["a"][0] == 0
    for name in "bcd":
        assert np.array_equal(first[name], value[name])
    assert first["a"].ctypes.data % 64 == 0


def test_a_parcel_that_cannot_be_made_is_not_there(tmp_path):
    path = tmp_path / "parcel"
    with pytest.raises(SerializerException, match="f"), open(os.devnull) as file:
        parcel.write(str(path), [file], "f", "x")
    assert not path.exists()


def test_only_shared_memory_that_nobody_maps_is_left_over(tmp_path, monkeypatch):
    folder = tmp_path / "shm"
    folder.mkdir()
    monkeypatch.setattr(leftovers, "SHARED_MEMORY", str(folder))
    monkeypatch.setattr(leftovers, "PATIENCE", 0)
    for name in ("mpich_shm_1_0", "sm_segment.h.0.1.0", "mpich_shm_old", "another"):
        (folder / name).write_bytes(bytes(4096))
    os.utime(folder / "mpich_shm_old", (1000, 1000))
    with open(folder / "sm_segment.h.0.1.0", "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ):
        leftovers.remove(5000.0)
    assert sorted(os.listdir(folder)) == ["another", "mpich_shm_old", "sm_segment.h.0.1.0"]


def test_shared_memory_of_a_rank_that_is_still_ending_goes_when_it_has_ended(tmp_path, monkeypatch):
    (tmp_path / "mpich_shm_1_0").write_bytes(bytes(4096))
    monkeypatch.setattr(leftovers, "SHARED_MEMORY", str(tmp_path))
    with open(tmp_path / "mpich_shm_1_0", "rb") as file:
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    monkeypatch.setattr(leftovers.time, "sleep", lambda seconds: memory.close())
    leftovers.remove(0.0)
    assert not (tmp_path / "mpich_shm_1_0").exists()
