"""The batch systems: how each writes a request, what it answers, and how a script finds its way in it."""

from __future__ import annotations

from pycompss.deploy.batch.systems.lsf import Lsf
from pycompss.deploy.batch.systems.pbs import Pbs
from pycompss.deploy.batch.systems.sge import Sge
from pycompss.deploy.batch.systems.slurm import Slurm
from pycompss.deploy.batch.systems.system import System

_SYSTEMS: dict[str, System] = {system.key: system for system in (Slurm(), Pbs(), Lsf(), Sge())}


def named(key: str) -> System:
    """The system of this short name, as `site.system` gives it."""
    return _SYSTEMS[key]
