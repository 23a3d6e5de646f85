"""Real container engines, with images that are made here: see `scripts/containers`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import components
from tests.support.launch import REPOSITORY

NEEDS = {"podman": ("podman", "runc", "busybox"), "docker": ("dockerd", "docker", "busybox")}
LENT = ["/usr", "/lib", "/lib64", sys.base_prefix]
MOUNTS = [f"--volume={path}:{path}:ro" for path in LENT if os.path.isdir(path)]  # with which Python runs inside
LIBRARIES = f"--env=LD_LIBRARY_PATH={sys.base_prefix}/lib"


@contextmanager
def started(engine: str, state: Path) -> Iterator[dict[str, str]]:
    """Variables with which the engine finds the images."""
    components.need(*NEEDS[engine])
    script = str(REPOSITORY / "scripts/containers")
    python = os.path.join(sys.base_prefix, "bin", f"python3.{sys.version_info[1]}")
    environment = {**os.environ, "PYTHON": python}
    made = subprocess.run(
        [script, engine, str(state)], env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    if made.returncode:
        components.unusable(engine, made.stderr)
    yield dict(line.split("=", 1) for line in made.stdout.splitlines())
    subprocess.run([script, "--remove", engine, str(state)], check=True)
