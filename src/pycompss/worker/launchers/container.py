"""`@container`: a command runs in a container, with the task's directory and files where they are outside.

The sandbox, the working directory, the program's own directory and those of the task's files are mounted under their
own paths, so that paths mean the same inside; programs run as the user, so that files belong to them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pycompss.core import template
from pycompss.errors import LaunchError

VARIABLES = ("COMPSS_", "SLURM_", "OMP_", "OPENBLAS_", "MKL_", "NUMBA_", "CUDA_VISIBLE_", "HIP_VISIBLE_", "GPU_DEVICE_")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command runs. mounts: directories; reads_input: somebody gives it a standard input."""

    folder: str
    mounts: Sequence[str]
    environment: Mapping[str, str]
    reads_input: bool = False


@dataclass(frozen=True, slots=True)
class Container:
    """A container that is made for one command. name: by which the engine knows it while it runs."""

    engine: str
    image: str
    options: tuple[str, ...]
    name: str

    def command(self, words: Sequence[str], place: Place) -> list[str]:
        """The command line that runs `words` in the container."""
        return _ENGINES[self.engine](self, list(words), place)

    def failed_itself(self, code: int, words: str) -> bool:
        """Whether the engine says that there is no container; code, words: how it ended, and what was said last."""
        own, says = _OWN_FAILURES[self.engine]
        return code == own and says.search(words) is not None

    def ending(self) -> list[str]:
        """The command line that ends it, or removes what it leaves, if the end of its process does not; else empty."""
        if self.engine == "UDOCKER":
            return [*_udocker_program(), "rm", "-f", self.name]
        return [*_ENDING[self.engine], self.name] if self.engine in _ENDING else []


def container_of(options: Mapping[str, Any], name: str, text_of: Callable[[str], str]) -> Container:
    """The container that the decorator describes; text_of: fills a template. Raises LaunchError."""
    engine = options["engine"].upper()
    if engine not in _ENGINES:
        raise LaunchError(f"there is no container engine {engine}; possible are {', '.join(_ENGINES)}")
    flags = [
        "".join(_filled(form, text, text_of) for form, text in word)
        for word in template.words(options.get("options") or "")
    ]
    return Container(engine, options["image"], tuple(flags), name)


def _filled(form: int, text: str, text_of: Callable[[str], str]) -> str:
    return text if form == template.LITERAL else text_of(f"{{{{{text}}}}}" if form == template.VALUE else text)


def mounts(paths: Iterable[str]) -> list[str]:
    """The directories in which these are, by their real names too, without those that lie in another."""
    found: set[str] = set()
    for path in paths:
        for known in (path, os.path.realpath(path)):
            found.add(known if os.path.isdir(known) else os.path.dirname(known))
    found.discard(os.sep)
    return sorted(path for path in found if not any(path.startswith(other + os.sep) for other in found))


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that tell a task about itself."""
    return {name: value for name, value in environment.items() if name.startswith(VARIABLES)}


# -- one function for each family of engines


def _docker(container: Container, words: list[str], place: Place) -> list[str]:
    command = [_PROGRAMS[container.engine], "run", "--rm", f"--name={container.name}"]
    command += ["--interactive"] if place.reads_input else []
    command += [f"--user={os.getuid()}:{os.getgid()}", f"--workdir={place.folder}"]
    if container.engine == "PODMAN" and os.getuid():
        command.append("--userns=keep-id")
    command += [_mounted("--volume", path) for path in place.mounts]
    command += [f"--env={name}={value}" for name, value in place.environment.items()]
    return [*command, *container.options, container.image, *words]


def _singularity(container: Container, words: list[str], place: Place) -> list[str]:
    """It runs as the user anyway, with the whole environment."""
    command = [_PROGRAMS[container.engine], "exec", f"--pwd={place.folder}"]
    command += [_mounted("--bind", path) for path in place.mounts]
    return [*command, *container.options, container.image, *words]


def _udocker(container: Container, words: list[str], place: Place) -> list[str]:
    command = [*_udocker_program(), "run", "--nobanner", "--rm", f"--name={container.name}"]
    command += [f"--user={os.getuid()}:{os.getgid()}", f"--workdir={place.folder}"]
    command += [f"--volume={path}:{path}" for path in place.mounts]
    command += [f"--env={name}={value}" for name, value in place.environment.items()]
    return [*command, *container.options, container.image, *words]


def _mounted(option: str, path: str) -> str:
    """The option that mounts a directory under its own path; with a colon in it, it takes the longer form (as CSV)."""
    if ":" not in path:
        return f"{option}={path}:{path}"
    quoted = path.replace('"', '""')
    return f'--mount=type=bind,"source={quoted}","target={quoted}"'


def _udocker_program() -> list[str]:
    return ["udocker", *(["--allow-root"] if os.getuid() == 0 else [])]


_ENGINES: dict[str, Callable[[Container, list[str], Place], list[str]]] = {
    "DOCKER": _docker,
    "PODMAN": _docker,
    "SINGULARITY": _singularity,
    "APPTAINER": _singularity,
    "UDOCKER": _udocker,
}
# The exit code of an engine's own failure. Programs may end with it, too, so it has to be said as engines say it.
_OWN_FAILURES = {
    "DOCKER": (125, re.compile("")),
    "PODMAN": (125, re.compile("")),
    "SINGULARITY": (255, re.compile(r"^\s*FATAL:", re.MULTILINE)),
    "APPTAINER": (255, re.compile(r"^\s*FATAL:", re.MULTILINE)),
    "UDOCKER": (1, re.compile(r"^\s*Error: image or container not available", re.MULTILINE)),
}
_PROGRAMS = {name: name.lower() for name in _ENGINES}
# A service, or a monitor of its own, keeps these running. At once: whoever does this may be killed soon, too.
_ENDING = {"DOCKER": ["docker", "rm", "--force"], "PODMAN": ["podman", "rm", "--force", "--time=0"]}
