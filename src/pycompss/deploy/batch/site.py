"""What a site says about its cluster: a `.cfg` file in the syntax that COMPSs' own have, or nothing at all.

`--sc_cfg=NAME` is looked for as NAME.cfg in `~/.config/pycompss/sites/` and below `$COMPSS_HOME`; a path is a path. No
file is needed: which batch system there is can be seen from its commands, and its limits can be asked for.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from pycompss.deploy.batch import assignments
from pycompss.deploy.batch.assignments import Assignment, Omission
from pycompss.deploy.batch.refused import Refused

DEFAULT = "default"
_OF_COMPSS = "Runtime/scripts/queues/supercomputers"
_KNOWN = (("slurm", "slurm"), ("pbs", "pbs"), ("lsf", "lsf"), ("sge", "sge"))  # part of QUEUE_SYSTEM -> system
_SHIPPED = frozenset(  # names of files that COMPSs brings along, with which scripts are full
    {
        "mn", "mn4", "mn5", "nord3", "nord4", "mt", "minotauro", "karolina", "leonardo", "g100", "juwels", "jusuf",
        "mahti", "hawk", "dardel", "supermuc", "archer", "cte_power", "cte_arm",
    }
)  # fmt: skip
_COMMANDS = (("sbatch", "slurm"), ("bsub", "lsf"), ("qconf", "sge"), ("qsub", "pbs"))


@dataclass(frozen=True, slots=True)
class Site:
    """One site file; without one, empty."""

    file: str = ""
    assigned: Mapping[str, Assignment] = field(default_factory=dict)
    omitted: tuple[Omission, ...] = ()

    @property
    def name(self) -> str:
        return os.path.basename(self.file) or "none (found by what this machine has)"

    def setting(self, name: str) -> Assignment | None:
        """A setting that is there and not empty."""
        found = self.assigned.get(name)
        return found if found is not None and found.text else None

    def text(self, name: str) -> str:
        found = self.setting(name)
        return "" if found is None else found.text

    def number(self, name: str) -> int | None:
        """A whole number; raises Refused for another text."""
        found = self.setting(name)
        if found is None or found.text in ("disabled", "unset"):
            return None
        if not found.text.isdecimal():
            raise Refused(f"{found.place}: {name}={found.text}: expected a whole number")
        return int(found.text)

    def forbids(self, directive: str) -> bool:
        """Whether `DISABLE_QARG_<directive>` is true."""
        return self.text(f"DISABLE_QARG_{directive.upper()}").lower() == "true"


def find(name: str, environ: Mapping[str, str] = os.environ) -> Site:
    """The site of `--sc_cfg=name`; raises Refused when there is no such file."""
    candidates = _candidates(name, environ)
    path = next((path for path in candidates if os.path.isfile(path)), None)
    if path is not None:
        return read(path, environ)
    if name.removesuffix(".cfg") in (DEFAULT, *_SHIPPED):
        if name.removesuffix(".cfg") != DEFAULT:
            sys.stderr.write(
                f"WARNING: --sc_cfg={name}: the file that COMPSs has of that name is not here; "
                f"defaults are those of this machine (a copy would be found as {candidates[0]})\n"
            )
        return Site()
    raise Refused(
        f"there is no site file {name}",
        asked=f"--sc_cfg={name}",
        found=f"none of {', '.join(candidates)}",
        attempt="leave --sc_cfg out: the batch system is found without a file",
    )


def _candidates(name: str, environ: Mapping[str, str]) -> list[str]:
    if os.sep in name:
        return [name, f"{name}.cfg"]
    settings = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME", "/"), ".config")
    file = f"{name.removesuffix('.cfg')}.cfg"
    found = [os.path.join(settings, "pycompss", "sites", file)]
    home = environ.get("COMPSS_HOME")
    return [*found, os.path.join(home, _OF_COMPSS, file)] if home else found


def read(path: str, environ: Mapping[str, str] = os.environ) -> Site:
    """Read a site file."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"the site file {path} cannot be read: {error}") from None
    found, omitted = assignments.read(lines, path, environ)
    return Site(path, found, tuple(omitted))


def system(site: Site, asked: str | None = None) -> str:
    """Which batch system there is: as the user says, the site file does, or the commands of this machine show."""
    if asked is not None:
        return asked
    told = site.setting("QUEUE_SYSTEM")
    if told is not None:
        return _known(told)
    found = next((system for command, system in _COMMANDS if shutil.which(command)), None)
    if found is None:
        raise Refused(
            "this machine has no batch system",
            asked="submission of a job",
            found="none of the commands sbatch, bsub, qsub on the PATH",
            attempt="submit from a login node of the cluster (perhaps after `module load slurm`), or see the script "
            "with --dry_run --batch_system=slurm",
        )
    return found


def _known(told: Assignment) -> str:
    found = next((system for part, system in _KNOWN if part in told.text.lower()), None)
    if found is None:
        raise Refused(
            f"{told.place}: QUEUE_SYSTEM={told.text} is not supported",
            found="slurm, pbs, lsf and sge are",
            attempt="--batch_system= with one of these",
        )
    return found
