"""The user's environments: a folder each in `~/.COMPSs/envs/`, with `config.json`, and an empty file `current` in one.

`default`, this machine as it is, always exists and needs no folder; it is the active one when no other is.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, count

from pycompss.deploy.environments.active import CURRENT
from pycompss.deploy.environments.active import folder as state_folder
from pycompss.deploy.environments.place import Place
from pycompss.errors import ConfigurationError

DEFAULT = "default"
LOCAL, REMOTE, DOCKER = "local", "remote", "docker"
HOME = "/home/user"  # where the working directory of a container is mounted
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment. apps: directories of deployed applications, as texts for the shell there.

    image, container, engine: of type docker. working_dir, log_dir: where commands run, and where runs are noted.
    """

    name: str
    type: str = LOCAL
    login: str = ""
    modules: tuple[str, ...] = ()
    setup_file: str = ""
    apps: dict[str, str] = field(default_factory=dict)
    image: str = ""
    container: str = ""
    engine: str = ""
    working_dir: str = ""
    log_dir: str = ""

    @property
    def place(self) -> Place:
        directory = "" if self.container else shlex.quote(self.working_dir) if self.working_dir else ""
        return Place(self.login, self.modules, self.setup_file, self.container, self.engine, directory)


def check_name(name: str) -> str:
    """A name of an environment or application, which names a folder, too."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"{name!r} is no name: expected letters, digits and . _ -")
    return name


def names() -> list[str]:
    """All environments, the default one first."""
    folder = state_folder()
    found = os.listdir(folder) if os.path.isdir(folder) else []
    return [DEFAULT, *sorted(name for name in found if name != DEFAULT and os.path.isfile(_file(name, "config.json")))]


def get(name: str) -> Environment:
    """The environment of this name; raises ConfigurationError when there is none."""
    if name not in names():
        raise ConfigurationError(f"there is no environment {name}; there are {', '.join(names())}")
    try:
        with open(_file(name, "config.json"), encoding="utf-8") as file:
            told = json.load(file)
        return Environment(**{**told, "name": name, "modules": tuple(told.get("modules", ()))})
    except FileNotFoundError:
        return Environment(name)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{_file(name, 'config.json')}: cannot be read: {error}") from None


def save(environment: Environment) -> None:
    """Write it down; readable by its owner alone."""
    os.makedirs(_file(check_name(environment.name)), mode=0o700, exist_ok=True)
    path = _file(environment.name, "config.json")
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump(asdict(environment), file, indent=1)
    os.replace(f"{path}.new", path)


def check_new(name: str) -> None:
    """Raise ConfigurationError when no environment can get this name."""
    if check_name(name) in names():
        raise ConfigurationError(f"there is an environment {name} already; remove it first")


def free_name(kind: str) -> str:
    """A name for one that the user does not name."""
    taken = names()
    return next(name for name in chain([kind], (f"{kind}-{number}" for number in count(2))) if name not in taken)


def create(environment: Environment) -> None:
    """A new environment; it does not become the active one."""
    check_new(environment.name)
    environment.place.words("true")  # refuses a login that is none
    save(environment)


_chosen: list[str] = []  # by `--env_id`, for this command


@contextlib.contextmanager
def chosen(name: str) -> Iterator[None]:
    """Inside, it is the active one."""
    get(name)
    _chosen.append(name)
    try:
        yield
    finally:
        _chosen.pop()


def active() -> str:
    """The name of the active environment."""
    if _chosen:
        return _chosen[-1]
    return next((name for name in names() if os.path.exists(_file(name, CURRENT))), DEFAULT)


def activate(name: str) -> None:
    """Make it the only active one."""
    get(name)
    for other in names():
        with contextlib.suppress(FileNotFoundError):
            os.remove(_file(other, CURRENT))
    if name != DEFAULT:
        open(_file(name, CURRENT), "w", encoding="utf-8").close()


def remove(name: str, *, force: bool = False) -> None:
    """Forget it, and with `force` remove its applications; without, it must have none."""
    environment = get(name)
    if name == DEFAULT:
        raise ConfigurationError("the environment default always exists")
    if environment.apps and not force:
        raise ConfigurationError(
            f"environment {name} has applications: {', '.join(environment.apps)}; -f removes them, too"
        )
    for app in environment.apps:
        with contextlib.suppress(*([ConfigurationError] if environment.container else [])):  # it goes with them
            environment = undeploy(environment, app)
    if environment.container:
        from pycompss.deploy.environments import container  # noqa: PLC0415  (it needs this module)

        container.remove(environment.engine, environment.container)
    shutil.rmtree(_file(name))


# -- applications


def deploy(
    environment: Environment, app: str, source: str, destination: str = "", files: Sequence[str] = (), *, anew: bool
) -> str:
    """Copy an application; returns where it is, as a text for the shell there.

    files: these of it alone; anew: what is there goes first.
    """
    if not os.path.isdir(source):
        raise ConfigurationError(f"{source} is no directory")
    missing = [file for file in files if not os.path.exists(os.path.join(source, file))]
    if missing:
        raise ConfigurationError(f"{source} has no {', '.join(missing)}")
    usual = f".COMPSsApps/{environment.name}/{check_name(app)}"
    if not environment.place.is_here:
        target = shlex.quote(destination) if destination else f'"$HOME"/{usual}'
    else:
        target = shlex.quote(os.path.abspath(destination or os.path.join(os.path.expanduser("~"), usual)))
    if anew and app in environment.apps:
        environment.place.do(f"rm -rf -- {target}")
    environment.place.copy(source, target, files or (".",))
    save(replace(environment, apps={**environment.apps, check_name(app): target}))
    return target


def undeploy(environment: Environment, app: str) -> Environment:
    """Delete an application; returns what is left of the environment."""
    environment.place.do(f"rm -rf -- {directory(environment, app)}")
    left = replace(environment, apps={name: place for name, place in environment.apps.items() if name != app})
    save(left)
    return left


def directory(environment: Environment, app: str) -> str:
    """Where an application is; raises ConfigurationError when it was not deployed."""
    if app not in environment.apps:
        known = ", ".join(environment.apps) or "none"
        raise ConfigurationError(f"environment {environment.name} has no application {app}; it has {known}")
    return environment.apps[app]


def directory_for(environment: Environment, path: str) -> str:
    """Where a command that is given in this directory runs, as a text for the shell there; empty: where it always does.

    In a container that is the same directory, if it lies in the mounted one, else that.
    """
    if not environment.container:
        return ""
    relative = os.path.relpath(os.path.realpath(path), os.path.realpath(environment.working_dir))
    is_within = relative != "." and relative.partition(os.sep)[0] != ".."
    return shlex.quote(os.path.join(HOME, relative) if is_within else HOME)


def _file(*parts: str) -> str:
    return os.path.join(state_folder(), *parts)
