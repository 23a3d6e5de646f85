"""A real Slurm of four nodes, started once for all tests here (`scripts/slurm`), and jobs in it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import components, processes
from tests.support.cluster import Cluster, free_ports
from tests.support.launch import REPOSITORY

PORTS = 5  # one of the controller, one of each node


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The path of Slurm's configuration."""
    components.need("slurmctld", "slurmd", "munged", "sinfo", "unshare")
    if os.geteuid() != 0:
        components.unusable("slurm", "only root can start it")
    script, state = str(REPOSITORY / "scripts/slurm"), str(tmp_path_factory.mktemp("slurm"))
    environment = {name: value for name, value in os.environ.items() if name != processes.MARK}
    started = subprocess.run(
        [script, "up", state, str(free_ports(PORTS))], env=environment, capture_output=True, text=True, check=False
    )
    if started.returncode:
        components.unusable("slurm", started.stderr)
    yield started.stdout.strip().partition("=")[2]
    subprocess.run([script, "down", state], env=environment, check=True, capture_output=True)


@pytest.fixture
def cluster(slurm: str, tmp_path: Path, place: str) -> Cluster:
    folder = tmp_path / "jobs"
    folder.mkdir()
    return Cluster(slurm, folder, place)
