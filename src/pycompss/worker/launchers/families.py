"""Families of runners: MPI's launchers that are told the same things in the same way.

All of them understand `-n`. They differ in how hosts are named, and in what has to be said so that ranks go where the
task's cores are, as many as were asked for; that is said by the environment, so that `flags` have the last word.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

THIS_MACHINE = "localhost"

Hosts = Sequence[str]


def _hydra(hosts: Hosts, ranks: int) -> list[str]:
    several = ["-ppn", str(ranks // len(hosts))] if len(hosts) > 1 else []
    return ["-hosts", ",".join(hosts), *several]


def _open_mpi(hosts: Hosts, ranks: int) -> list[str]:
    return ["--host", ",".join(f"{host}:{ranks // len(hosts)}" for host in hosts)]


def _srun(hosts: Hosts, _ranks: int) -> list[str]:
    own = os.environ.get("SLURMD_NODENAME", "")
    named = [own if host == THIS_MACHINE else host for host in hosts]
    return [f"--nodes={len(hosts)}", *([f"--nodelist={','.join(named)}"] if all(named) else [])]


def _nothing(_hosts: Hosts, _ranks: int) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Family:
    """One family.

    marks: what its `--version` says; hosts: words for these hosts and as many ranks; settings: for the environment,
    those `on_one_machine` where there is one, those `for_root` where root starts it; folders: variables that say where
    it keeps its files; joins: several programs, by `:`.
    """

    name: str
    marks: tuple[str, ...]
    hosts: Callable[[Hosts, int], list[str]]
    settings: Mapping[str, str] = field(default_factory=dict)
    on_one_machine: Mapping[str, str] = field(default_factory=dict)
    for_root: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    joins: bool = True

    def environment(self, hosts: Hosts, folder: str | None) -> dict[str, str]:
        """What to add to the environment; what the user has set stays. folder: for its own files, if there is one."""
        found = {**self.settings, **(dict.fromkeys(self.folders, folder) if folder else {})}
        if len(hosts) == 1:
            found.update(self.on_one_machine)
        if os.geteuid() == 0:
            found.update(self.for_root)
        return {name: value for name, value in found.items() if name not in os.environ}


OPEN_MPI = Family(
    "Open MPI",
    ("Open MPI", "OpenRTE", "PRRTE", "prterun"),
    _open_mpi,
    settings={  # of release 5, and of 4
        "PRTE_MCA_hwloc_default_binding_policy": "none",
        "OMPI_MCA_hwloc_base_binding_policy": "none",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
    },
    folders=("PRTE_MCA_prte_tmpdir_base", "OMPI_MCA_orte_tmpdir_base"),
    for_root={f"{release}_ALLOW_RUN_AS_ROOT{end}": "1" for release in ("PRTE", "OMPI") for end in ("", "_CONFIRM")},
)
MPICH = Family(
    "MPICH",
    ("HYDRA", "Intel(R) MPI", "MPICH", "MVAPICH"),
    _hydra,
    on_one_machine={"HYDRA_LAUNCHER": "fork"},  # within a batch job, too
)
SLURM = Family("Slurm", ("slurm",), _srun, joins=False)
UNKNOWN = Family("of an unknown kind", (), _nothing)


def of_version(text: str) -> Family:
    """The family of a runner whose `--version` says this."""
    return next((family for family in (OPEN_MPI, MPICH, SLURM) if any(mark in text for mark in family.marks)), UNKNOWN)


def of_type(name: str) -> Family | None:
    """The family that `COMPSS_MPIRUN_TYPE` names."""
    return {"openmpi": OPEN_MPI, "ompi": OPEN_MPI, "mpich": MPICH, "impi": MPICH, "srun": SLURM}.get(name.lower())
