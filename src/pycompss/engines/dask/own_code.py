"""The program's own modules as nodes have them: whether those that a node would import are the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence

Code = tuple[str, str, str]  # name of the file below its folder, where it is at home, digest


def digest(path: str) -> str:
    """Raises OSError."""
    with open(path, "rb") as file:
        return hashlib.blake2b(file.read(), digest_size=20).hexdigest()


def problem(node: str, modules: Iterable[Code], path: Sequence[str]) -> str:
    """Why a node that looks for modules in these folders first cannot be used; empty if it can."""
    for name, home, expected in modules:
        for folder in path:
            found = os.path.join(folder, name)
            if not os.path.isfile(found):
                continue
            if digest(found) != expected:
                return (
                    f"node {node} (on {os.uname().nodename}) has another version of the program's own module {name}\n"
                    f"    asked: {home}\n    found: {found}, which differs and is found first (project.xml)\n"
                    f"    try:   copy the program there again, or take {folder} out of <Pythonpath> and <AppDir>"
                )
            break
    return ""
