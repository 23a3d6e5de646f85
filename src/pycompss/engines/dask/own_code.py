"""The program's own modules as nodes have them: whether those that a node would import are the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from importlib.machinery import PathFinder

Code = tuple[str, str, str]  # name of the file below its folder, where it is at home, digest


def digest(path: str) -> str:
    """Raises OSError."""
    with open(path, "rb") as file:
        return hashlib.blake2b(file.read(), digest_size=20).hexdigest()


def problem(node: str, modules: Iterable[Code], path: Sequence[str], *, at_home: bool) -> str:
    """Why a node that looks for modules in these folders first cannot be used; empty if it can.

    at_home: then it looks where they are at home.
    """
    for name, home, expected in modules:
        folder = next((folder for folder in path if os.path.isfile(os.path.join(folder, name))), None)
        if folder is None and not at_home:
            continue
        found = os.path.join(folder, name) if folder is not None else home
        if _is_there(found):
            if digest(found) == expected:
                continue
            what, how = "another version of", f"{found}, which differs"
        elif _is_elsewhere(name):
            continue
        else:
            what, how = "nothing of", f"no file {home}, nor {name} elsewhere on its path"
        attempt = "run the program from a folder that all nodes share, or copy it there again"
        if folder is not None:
            how += " and is found first (project.xml)"
            attempt = f"copy the program there again, or take {folder} out of <Pythonpath> and <AppDir>"
        return (
            f"node {node} (on {os.uname().nodename}) has {what} the program's own module {name}\n"
            f"    asked: {home}\n    found: {how}\n    try:   {attempt}"
        )
    return ""


def _is_there(path: str) -> bool:
    """Listing its folder makes NFS look again."""
    try:
        return os.path.isfile(path) or os.path.basename(path) in os.listdir(os.path.dirname(path))
    except OSError:
        return False


def _is_elsewhere(name: str) -> bool:
    """Whether the node's own Python finds a module of that name; which, is not asked."""
    return PathFinder.find_spec(name.partition(os.sep)[0].removesuffix(".py")) is not None
