"""A Python function in a container: function and arguments go in as one file, what it gives comes out as another.

The image needs a `python3` of the same version as ours (functions travel as byte code) and whatever the function
imports; pycompss and cloudpickle are lent to it. Objects that the task changes are brought up to date here.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cloudpickle

from pycompss.errors import LaunchError, ProgramError
from pycompss.worker.launchers import inside_main
from pycompss.worker.launchers.launch import Launch
from pycompss.worker.report import RemoteTraceback

REQUEST, REPLY = inside_main.REQUEST, inside_main.REPLY
_NOT_THERE = (126, 127)  # exit codes: the command cannot be run


def call(
    launch: Launch, function: Callable[..., Any], args: tuple[Any, ...], named: Mapping[str, Any], names: Sequence[str]
) -> Any:
    """The value of the function. Raises what it raises. names: of the positional arguments."""
    written = [i for i, name in enumerate(names) if _is_written(launch, name)]
    written_names = [name for name in named if _is_written(launch, name)]
    paths = _import_paths()
    bridge = tempfile.mkdtemp(prefix="pycompss-", dir=os.path.dirname(launch.sandbox) if _is_private(launch) else None)
    try:
        with open(os.path.join(bridge, REQUEST), "wb") as file:
            cloudpickle.dump((function, args, dict(named), written, written_names), file)
        launch.shared = [bridge, _package("pycompss"), _package("cloudpickle"), *paths]
        lent, ours = (os.path.dirname(_package(name)) for name in ("cloudpickle", "pycompss"))
        _execute(launch, ["python3", inside_main.__file__, bridge, _version(), lent, *paths, ours])
        value, changed, changed_names = _reply(bridge)
    finally:
        shutil.rmtree(bridge, ignore_errors=True)
    for old, new in [(args[i], changed[i]) for i in written] + [(named[n], changed_names[n]) for n in written_names]:
        overwrite(old, new)
    return value


def _execute(launch: Launch, command: list[str]) -> None:
    try:
        launch.execute(command)
    except ProgramError as error:
        if error.exit_code in _NOT_THERE:
            raise LaunchError(f"there is no python3 in the image {launch.around!r}: {error.message}") from None
        raise


def _reply(bridge: str) -> tuple[Any, dict[int, Any], dict[str, Any]]:
    with open(os.path.join(bridge, REPLY), "rb") as file:
        reply = cloudpickle.load(file)
    if reply[0] == inside_main.UNREADABLE:
        raise LaunchError(f"Python in the image cannot take in the task: {reply[1]}")
    if reply[0] == inside_main.RAISED:
        raise reply[1] from RemoteTraceback(reply[2])
    return reply[1], reply[2], reply[3]


def overwrite(old: Any, new: Any) -> None:
    """Give an object the content of its changed copy. Raises TypeError for what cannot be changed."""
    if isinstance(old, (list, bytearray)):
        old[:] = new
    elif isinstance(old, (dict, set)):
        old.clear()
        old.update(new)
    elif hasattr(old, "shape") and old.shape == new.shape:
        old[...] = new
    elif hasattr(old, "__dict__"):
        old.__dict__.clear()
        old.__dict__.update(new.__dict__)
    else:
        raise TypeError(f"a {type(old).__name__} that changed in a container cannot be brought back; return it instead")


def _is_written(launch: Launch, name: str) -> bool:
    parameter = launch.parameters.get(name)
    return parameter is not None and parameter.is_written


def _is_private(launch: Launch) -> bool:
    return launch.sandbox != launch.home


def _package(name: str) -> str:
    return os.path.dirname(os.path.abspath(str(sys.modules[name].__file__)))


def _version() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _import_paths() -> list[str]:
    """Where modules of the program are looked for: not those of this Python's installation."""
    own = [os.path.realpath(path) for path in (*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix)]
    found = [os.path.realpath(path or os.curdir) for path in sys.path]
    return [path for path in found if os.path.isdir(path) and not any(_is_in(path, other) for other in own)]


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
