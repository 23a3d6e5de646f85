"""The program's own modules: the files that it imports from its folder, `--pythonpath` and the working directory.

They are found by reading imports, not by importing: at the start nothing of the program has run. What the program finds
otherwise (`importlib`, plugins) is not known of; a package is taken as a whole.
"""

from __future__ import annotations

import ast
import os
import sys
import sysconfig
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from pycompss.engines.dask.own_code import Code, digest

_OURS = ("pycompss", "pyextrae")
MOST = 2_000  # files; more are no program, but a folder of them


def survey(main: str, folders: Sequence[str]) -> tuple[tuple[Code, ...], tuple[str, ...]]:
    """All of them, and the names of other modules that they import, which are not Python's.

    main: the program's file. folders: in the order in which they are looked through.
    """
    known: dict[str, str] = {}
    others: list[str] = []
    seen = {*_OURS, *sys.stdlib_module_names}
    waiting = deque([main] if os.path.isfile(main) else [])
    own = [folder for folder in dict.fromkeys(map(os.path.abspath, folders)) if not _is_installed(folder)]
    while waiting and len(known) < MOST:
        for name in _imports(waiting.popleft()):
            if name in seen:
                continue
            seen.add(name)
            files = dict(_files(name, own))
            if not files:
                others.append(name)
            waiting.extend(path for relative, path in files.items() if relative not in known)
            known = {**files, **known}
    found = sorted(known.items())[:MOST]
    return tuple((relative, path, digest(path)) for relative, path in found), tuple(sorted(others))


def main_file() -> str:
    """The program's file; empty, if there is none."""
    return getattr(sys.modules.get("__main__"), "__file__", None) or ""


def _imports(path: str) -> Iterator[str]:
    """The first parts of the names that a file imports."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def _files(name: str, folders: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The files of a module or package, in the first folder that has it: below that folder, and in full."""
    for folder in folders:
        package, module = os.path.join(folder, name), os.path.join(folder, f"{name}.py")
        if os.path.isfile(os.path.join(package, "__init__.py")) or (os.path.isdir(package) and _has_python(package)):
            for inside, _, names in os.walk(package):
                for file in sorted(names):
                    if file.endswith(".py"):
                        path = os.path.join(inside, file)
                        yield os.path.relpath(path, folder), path
            return
        if os.path.isfile(module):
            yield f"{name}.py", module
            return


def _has_python(package: str) -> bool:
    return any(name.endswith(".py") for name in os.listdir(package))


def _is_installed(folder: str) -> bool:
    """What is installed has versions, which are compared; it is the same on all nodes, or not there at all."""
    paths = sysconfig.get_paths()
    return any(folder == paths[key] or folder.startswith(paths[key] + os.sep) for key in ("stdlib", "purelib"))
