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
from dataclasses import asdict, dataclass, field, replace

from pycompss.deploy.batch import record
from pycompss.deploy.environments.place import Place
from pycompss.errors import ConfigurationError

DEFAULT = "default"
LOCAL, REMOTE = "local", "remote"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment. apps: directories of deployed applications, as texts for the shell there."""

    name: str
    type: str = LOCAL
    login: str = ""
    modules: tuple[str, ...] = ()
    setup_file: str = ""
    apps: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return Place(self.login, self.modules, self.setup_file)


def check_name(name: str) -> str:
    """A name of an environment or application, which names a folder, too."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"{name!r} is no name: expected letters, digits and . _ -")
    return name


def names() -> list[str]:
    """All environments, the default one first."""
    folder = record.folder()
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


def create(environment: Environment) -> None:
    """A new environment; it does not become the active one."""
    if check_name(environment.name) in names():
        raise ConfigurationError(f"there is an environment {environment.name} already; remove it first")
    environment.place.words("true")  # refuses a login that is none
    save(environment)


def active() -> str:
    """The name of the active environment."""
    return next((name for name in names() if os.path.exists(_file(name, "current"))), DEFAULT)


def activate(name: str) -> None:
    """Make it the only active one."""
    get(name)
    for other in names():
        with contextlib.suppress(FileNotFoundError):
            os.remove(_file(other, "current"))
    if name != DEFAULT:
        open(_file(name, "current"), "w", encoding="utf-8").close()


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
        environment = undeploy(environment, app)
    shutil.rmtree(_file(name))


# -- applications


def deploy(environment: Environment, app: str, source: str, destination: str = "") -> str:
    """Copy an application; returns where it is, as a text for the shell there."""
    if not os.path.isdir(source):
        raise ConfigurationError(f"{source} is no directory")
    usual = f".COMPSsApps/{environment.name}/{check_name(app)}"
    if environment.login:
        target = shlex.quote(destination) if destination else f'"$HOME"/{usual}'
    else:
        target = shlex.quote(os.path.abspath(destination or os.path.join(os.path.expanduser("~"), usual)))
    environment.place.copy(source, target)
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


def _file(*parts: str) -> str:
    return os.path.join(record.folder(), *parts)
