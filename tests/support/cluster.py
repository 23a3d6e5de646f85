"""Jobs in a real batch system, as a user on its login node meets them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support import processes
from tests.support.launch import REPOSITORY

PATIENCE = 100.0  # seconds until a job must have come where it is expected


@dataclass(frozen=True)
class Cluster:
    """Slurm; `folder` is the working directory of all jobs, and holds their run folders."""

    configuration: str
    folder: Path
    mark: str | None = None  # that processes of jobs get, so that those that are left behind are found

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Any command on the login node."""
        environment = {**os.environ, "SLURM_CONF": self.configuration, "PYCOMPSS_LOG_DIR": str(self.folder)}
        environment[processes.MARK] = self.mark or ""
        return subprocess.run(
            words, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def pycompss(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "pycompss", *words)

    def submit(self, *words: str) -> str:
        """The number of the new job."""
        done = self.pycompss("job", "submit", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[-1]

    def program(self, name: str, source: str) -> str:
        (self.folder / name).write_text(source)
        return name

    def wait(self, job: str, *states: str) -> None:
        """Return when the job has come to one of the states."""
        deadline = time.monotonic() + PATIENCE
        while (state := self.pycompss("job", "status", job).stdout.strip().removeprefix("SUCCESS:")) not in states:
            assert time.monotonic() < deadline, f"job {job} is {state}\n{self.out(job)}\n{self.err(job)}"
            time.sleep(0.1)

    def wait_for(self, name: str) -> None:
        """Return when there is a file of this name in the folder."""
        deadline = time.monotonic() + PATIENCE
        while not (self.folder / name).exists():
            assert time.monotonic() < deadline, f"no file {name}"
            time.sleep(0.05)

    def lose(self, node: str) -> None:
        """All that runs on a node ends at once, Slurm's daemon there included."""
        self._slurm("lose", node)

    def regain(self, node: str) -> None:
        """The node is there again, and ready."""
        self._slurm("regain", node)
        deadline = time.monotonic() + PATIENCE
        while "idle\n" not in (state := self.run("sinfo", "-h", "-N", "-n", node, "-o", "%T").stdout):
            assert time.monotonic() < deadline, f"{node} is {state}"
            time.sleep(0.1)

    def _slurm(self, command: str, node: str) -> None:
        script, state = REPOSITORY / "scripts/slurm", Path(self.configuration).parents[1]
        environment = {name: value for name, value in os.environ.items() if name != processes.MARK}
        environment["PATH"] += ":/usr/sbin:/sbin"
        subprocess.run([script, command, state, node], env=environment, check=True, timeout=PATIENCE)

    def out(self, job: str) -> str:
        return self._text(f"compss-{job}.out")

    def err(self, job: str) -> str:
        return self._text(f"compss-{job}.err")

    def _text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""


def free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody uses."""
    for first in range(16817, 32000, 100):
        if all(_is_free(first + number) for number in range(count)):
            return first
    raise AssertionError


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
