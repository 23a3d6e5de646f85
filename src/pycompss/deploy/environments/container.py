"""Environments in a container: it is made once, runs while the environment exists, and commands enter it.

The working directory of the environment is mounted, so files appear outside; processes inside are the user's, not
root's. Without an image one is made, with this Python's version and this release.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata

from pycompss.deploy.environments.store import HOME, Environment
from pycompss.errors import ConfigurationError

ENGINES = ("docker", "podman")
_SLEEP = "trap 'exit 0' TERM; while :; do sleep 3600 & wait; done"
_RECIPE = "FROM python:{python}-slim\nRUN pip install --no-cache-dir 'purecompss[cluster,jupyter,monitor]=={version}'\n"


def create(known: Environment, options: str, *, refresh: bool = False) -> Environment:
    """Make the container of a new environment; returns what is known of it then.

    options: more of them for `docker run`; refresh: get the image anew. Raises ConfigurationError, and leaves nothing.
    """
    engine = find_engine()
    image = known.image or _own_image(engine)
    if refresh:
        _do([engine, "pull", image], f"the image {image} cannot be renewed")
    if not os.path.isdir(known.working_dir):
        raise ConfigurationError(f"{known.working_dir} is no directory; make it first, or give another: -w DIRECTORY")
    mount = ["--volume", f"{known.working_dir}:{HOME}", "--workdir", HOME, "--env", f"HOME={HOME}"]
    user = ["--user", f"{os.getuid()}:{os.getgid()}", *(["--userns=keep-id"] if _is_rootless(engine) else [])]
    own = ["run", "--detach", "--name", known.container, *mount, *user, *shlex.split(options)]
    _do([engine, *own, "--entrypoint", "sh", image, "-c", _SLEEP], "the container cannot be made")
    made = replace(known, engine=engine, image=image)
    try:
        _check(made)
    except ConfigurationError:
        remove(engine, known.container)
        raise
    return made


def remove(engine: str, container: str) -> None:
    """End it and remove it; one that is gone already is no mistake."""
    subprocess.run([engine, "rm", "--force", container], capture_output=True, check=False)


def find_engine(environ: Mapping[str, str] = os.environ) -> str:
    """The program that runs containers: the one that COMPSS_CONTAINER_ENGINE names, or the first that is here."""
    asked = environ.get("COMPSS_CONTAINER_ENGINE", "").lower()
    names = (asked,) if asked else ENGINES
    if asked and asked not in ENGINES:
        raise ConfigurationError(f"COMPSS_CONTAINER_ENGINE={asked}: an environment needs docker or podman")
    found = next((name for name in names if shutil.which(name)), "")
    if not found:
        raise ConfigurationError(
            f"{' or '.join(names)} is needed for an environment of type docker\n    found: not on the PATH\n"
            "    try:   pycompss init -n NAME local"
        )
    return found


def _check(known: Environment) -> None:
    """Whether the image holds what is needed."""
    found = subprocess.run(known.place.words("command -v runcompss"), capture_output=True, text=True, check=False)
    if found.returncode:
        raise ConfigurationError(
            f"the image {known.image} has no runcompss\n    asked: an image with COMPSs\n"
            f"    found: {found.stderr.strip() or 'none on its PATH'}\n"
            "    try:   FROM your/image, RUN pip install purecompss, and -i with the result; or no -i at all"
        )


def _own_image(engine: str) -> str:
    """The image of this release; made now, if it is not here."""
    version = metadata.version("purecompss")
    name = f"localhost/purecompss:{version}"
    if subprocess.run([engine, "image", "inspect", name], capture_output=True, check=False).returncode:
        sys.stdout.write(f"The image {name} is made, which takes a minute\n")
        recipe = _RECIPE.format(python="{}.{}".format(*sys.version_info), version=version)
        _do([engine, "build", "--tag", name, "-"], "the image cannot be made; give one: -i IMAGE", recipe)
    return name


def _is_rootless(engine: str) -> bool:
    return engine == "podman" and os.getuid() != 0


def _do(command: list[str], otherwise: str, given: str = "") -> None:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise ConfigurationError(f"{otherwise}\n    asked: {shlex.join(command)}\n    found: {said[-1]}")
