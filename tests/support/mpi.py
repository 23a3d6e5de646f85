"""Real MPI for tests: MPICH and Open MPI from PyPI, each in an environment of its own, made at the first use."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
FAMILIES = ("mpich", "openmpi")


@dataclass(frozen=True)
class Mpi:
    """One family. `home` has its launchers in `bin` and its library in `lib`."""

    family: str
    home: Path

    @property
    def runner(self) -> str:
        return str(self.home / "bin" / "mpirun")

    @property
    def packages(self) -> str:
        """Where mpi4py is."""
        (found,) = self.home.glob("lib/python*/site-packages")
        return str(found)

    @property
    def environment(self) -> dict[str, str]:
        """With which a program finds launcher, library and mpi4py."""
        path = f"{self.home / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "PYTHONPATH": self.packages, "MPI4PY_LIBMPI": str(self.home / "lib")}

    def compiled(self, source: str, path: Path) -> str:
        """The path of a program in C, built by this family's compiler. Skips, or on CI fails, without a C compiler."""
        if shutil.which("cc") is None:
            _unavailable("there is no C compiler (cc)")
        path.with_suffix(".c").write_text(source)
        command = [self.home / "bin" / "mpicc", "-o", path, path.with_suffix(".c")]
        subprocess.run(command, env={**os.environ, **self.environment}, check=True, timeout=60)
        return str(path)

    def use(self, patch: pytest.MonkeyPatch) -> None:
        """The same for a session of this process, started afterwards."""
        for name, value in self.environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "path", [*sys.path, self.packages])


@functools.cache
def installed(family: str) -> Mpi:
    """The family. Skips the test if it cannot be had on this machine; on CI, where it must be there, fails it."""
    script = REPOSITORY / "scripts" / "mpi-env.sh"
    environment = {**os.environ, "PIP_NO_CACHE_DIR": "1", "PYTHON": sys.executable}
    done = subprocess.run(
        [script, family], env=environment, stderr=subprocess.PIPE, text=True, check=False, timeout=300
    )
    if done.returncode:
        _unavailable(f"scripts/mpi-env.sh {family} failed: {done.stderr.strip()}")
    return Mpi(family, REPOSITORY / ".venvs" / family)


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
