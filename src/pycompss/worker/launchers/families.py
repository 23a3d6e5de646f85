"""Families of runners: MPI's launchers that are told the same things in the same way.

All of them understand `-n`. They differ in how hosts are named, and in what has to be said so that ranks go where the
task's cores are, as many as were asked for; that is said by the environment, so that `flags` have the last word.

Hosts are where the task's nodes are, one for each node: nodes that are shares of one machine are the same host.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pycompss.core.resources import THIS_MACHINE

Hosts = Sequence[str]


def _ranks_by_host(hosts: Hosts, ranks: int) -> dict[str, int]:
    """How many ranks go where: as many to each node, the first have what is left; some nodes may be one machine."""
    each, more = divmod(ranks, len(hosts))
    placed: Counter[str] = Counter()
    for number, host in enumerate(hosts):
        placed[host] += each + (number < more)
    return {host: count for host, count in placed.items() if count}


def _even(counts: Collection[int]) -> int:
    """How many ranks each machine has, if it is the same number for several machines; else 0."""
    return min(counts) if len(counts) > 1 and len(set(counts)) == 1 else 0


def _hydra(hosts: Hosts, ranks: int) -> list[str]:
    placed = _ranks_by_host(hosts, ranks)
    each = _even(placed.values())
    if each or len(placed) == 1:
        return ["-hosts", ",".join(placed), *(["-ppn", str(each)] if each else [])]
    return ["-hosts", ",".join(f"{host}:{count}" for host, count in placed.items())]


def _open_mpi(hosts: Hosts, ranks: int) -> list[str]:
    return ["--host", ",".join(f"{host}:{count}" for host, count in _ranks_by_host(hosts, ranks).items())]


def _srun(hosts: Hosts, ranks: int) -> list[str]:
    placed = _ranks_by_host(hosts, ranks)
    each = _even(placed.values())
    own = os.environ.get("SLURMD_NODENAME", "")
    named = [own if host == THIS_MACHINE else host for host in placed]
    words = [f"--nodes={len(placed)}", *([f"--ntasks-per-node={each}"] if each else [])]
    return words + ([f"--nodelist={','.join(named)}"] if all(named) else [])


def _nothing(_hosts: Hosts, _ranks: int) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Family:
    """One family.

    marks: what its `--version` says; hosts: words for these hosts and as many ranks; settings: for the environment,
    those `on_one_machine` where there is one, those `for_root` where root starts it; folders: variables that say where
    it keeps its files; joins: several programs, by `:`; libraries: which its own programs alone are linked with;
    exports: the variable with the names of those that ranks on other hosts get, if they do not get all of them.
    """

    name: str
    marks: tuple[str, ...]
    hosts: Callable[[Hosts, int], list[str]]
    settings: Mapping[str, str] = field(default_factory=dict)
    on_one_machine: Mapping[str, str] = field(default_factory=dict)
    for_root: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    joins: bool = True
    libraries: str = ""
    exports: str = ""

    def environment(self, hosts: Hosts, folder: str | None) -> dict[str, str]:
        """What to add to the environment; what the user has set stays. folder: for its own files, if there is one."""
        found = {**self.settings, **(dict.fromkeys(self.folders, folder) if folder else {})}
        if len(set(hosts)) == 1:
            found.update(self.on_one_machine)
        if os.geteuid() == 0:
            found.update(self.for_root)
        return {name: value for name, value in found.items() if name not in os.environ}

    def exported(self, hosts: Hosts, flags: Sequence[str], environment: Iterable[str]) -> dict[str, str]:
        """What to add so that ranks on other hosts get this environment, unless the flags say what they get."""
        if not self.exports or len(set(hosts)) == 1 or "-x" in flags or self.exports in os.environ:
            return {}
        names = [name for name in environment if name.isidentifier() and not name.startswith(_OF_A_HOST)]
        return {self.exports: ";".join(sorted(names))}


# What a session of ssh has of its own, and the launchers' own variables.
_OF_A_HOST = ("SSH_", "HOSTNAME", "PWD", "OLDPWD", "SHLVL", "_", "PRTE_", "OMPI_", "PMIX_")

OPEN_MPI = Family(
    "Open MPI",
    ("Open MPI", "OpenRTE", "PRRTE", "prterun"),
    _open_mpi,
    settings={  # of release 5, and of 4
        "PRTE_MCA_hwloc_default_binding_policy": "none",
        "OMPI_MCA_hwloc_base_binding_policy": "none",
    },
    on_one_machine={  # elsewhere it would put all ranks on the first host
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
    },
    folders=("PRTE_MCA_prte_tmpdir_base", "OMPI_MCA_orte_tmpdir_base"),
    for_root={f"{release}_ALLOW_RUN_AS_ROOT{end}": "1" for release in ("PRTE", "OMPI") for end in ("", "_CONFIRM")},
    libraries=r"libmpi\.so\.(20|40)$|libmpi_(cxx|mpifh|usempi)|libopen-(rte|pal)\.",
    exports="OMPI_MCA_mca_base_env_list",
)
MPICH = Family(
    "MPICH",
    ("HYDRA", "Intel(R) MPI", "MPICH", "MVAPICH"),
    _hydra,
    on_one_machine={"HYDRA_LAUNCHER": "fork"},  # within a batch job, too
    libraries=r"libmpi\.so\.12$|libmpi(cxx|fort)\.|libmpich",
)
SLURM = Family(
    "Slurm",
    ("slurm",),
    _srun,
    settings={"SLURM_OVERLAP": "1"},  # the worker, if it is a step of the job itself, has the same cores
    joins=False,
)
UNKNOWN = Family("of an unknown kind", (), _nothing)


def of_version(text: str) -> Family:
    """The family of a runner whose `--version` says this."""
    return next((family for family in (OPEN_MPI, MPICH, SLURM) if any(mark in text for mark in family.marks)), UNKNOWN)


def of_libraries(names: Iterable[str]) -> tuple[Family, str] | None:
    """The family whose programs are linked with one of these libraries, and that one; None: nobody's, or of several.

    That of MPI's standard ABI, `libmpi_abi`, is nobody's: it is that of any family.
    """
    found = {
        family.name: (family, name)
        for name in names
        for family in (OPEN_MPI, MPICH)
        if re.match(family.libraries, name)
    }
    return next(iter(found.values())) if len(found) == 1 else None


def of_type(name: str) -> Family | None:
    """The family that `COMPSS_MPIRUN_TYPE` names."""
    return {"openmpi": OPEN_MPI, "ompi": OPEN_MPI, "mpich": MPICH, "impi": MPICH, "srun": SLURM}.get(name.lower())
