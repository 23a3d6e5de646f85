"""What a worker must show before it is used: the same versions as the program, and the folders that both share.

It is asked in words that every version understands, before anything is pickled for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pycompss.engines.local import workplace

PATIENCE = 5.0  # seconds that a network file system may take to show what was made on another machine
HURRY = 1.0  # the same, where nodes that see nothing are used, too
LOOK = 0.1
ALIKE = {"python": 2, "purecompss": 9, "distributed": 1, "cloudpickle": 1, "numpy": 1}  # how many parts must be alike
OURS = ("purecompss", "distributed", "cloudpickle", "numpy")


async def answer(
    paths: Sequence[str], working_dir: str, packages: Sequence[str] = (), patience: float = PATIENCE
) -> dict[str, Any]:
    """On a worker: what it has, which of these paths it does not see, and why tasks cannot work where they shall.

    packages: whose versions are asked for, too. patience: seconds that a path may take to be seen.
    """
    missing = [path for path in paths if not _is_there(path)]
    for _ in range(int(patience / LOOK)):
        if not missing:
            break
        await asyncio.sleep(LOOK)
        missing = [path for path in missing if not _is_there(path)]
    unusable = workplace.problem(working_dir)
    return {
        "versions": versions(packages),
        "missing": missing,
        "unusable": unusable,
        "host": os.uname().nodename,
        "python": sys.executable,
    }


def _is_there(path: str) -> bool:
    """Listing its folder makes NFS look again."""
    with contextlib.suppress(OSError):
        return os.path.exists(path) or os.path.basename(path) in os.listdir(os.path.dirname(path))
    return False


def versions(packages: Iterable[str] = ()) -> dict[str, str]:
    """Of what must be alike everywhere, as far as it is installed here."""
    from importlib import metadata  # noqa: PLC0415  (once a run)

    found = {"python": "{}.{}.{}".format(*sys.version_info)}
    for name in (*OURS, *packages):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def packages_of(modules: Iterable[str]) -> list[str]:
    """The names of the installed packages in which modules are."""
    from importlib import metadata  # noqa: PLC0415  (once a run)

    found, others = [], []
    for name in modules:
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            if _is_installed(name):
                others.append(name)
        else:
            found.append(name)
    packages = metadata.packages_distributions() if others else {}  # slow
    return [*found, *(package for name in others for package in packages.get(name, ())[:1])]


def _is_installed(module: str) -> bool:
    with contextlib.suppress(ImportError, ValueError):
        spec = importlib.util.find_spec(module)
        if spec is not None:
            places = [spec.origin or "", *(spec.submodule_search_locations or ())]
            return any(place.startswith(sysconfig.get_path(key)) for place in places for key in ("purelib", "platlib"))
    return False


def problem(
    name: str,
    own: Mapping[str, str],
    said: Mapping[str, Any],
    folders: Mapping[str, str],
    working_dir: str = "",
    imported: Collection[str] = (),
) -> str:
    """Why the worker that has `said` this cannot be used; empty if it can.

    own: the program's versions; folders: what paths that were asked for stand for; imported: packages that the program
    uses.
    """
    node = f"node {name} (on {said['host']})"
    theirs = said["versions"]
    other = [one for one, mine in own.items() if _differs(one, mine, theirs.get(one), is_used=one in imported)]
    if other:
        has = {**dict.fromkeys(other, "none"), **said["versions"]}
        return _told(
            f"{node} has other versions than the program",
            asked=_list(own, other),
            found=_list(has, other),
            attempt=_remedy(own, other, said),
        )
    if said["missing"]:
        return _told(
            f"{node} does not see the program's folders",
            asked=" and ".join(folders[path] for path in said["missing"]) + ", shared by all nodes",
            found="no such folder there, or another one of that name",
            attempt="a folder that all nodes see under the same path: cd to it, and --log_dir=FOLDER; "
            "or --worker_working_dir=local_disk, which needs none",
        )
    if said["unusable"]:
        return _told(
            f"{node} has no place for the working directories of tasks",
            asked=f"--worker_working_dir={working_dir}",
            found=said["unusable"],
            attempt="--worker_working_dir=shared_disk, or a folder that each node has or can make",
        )
    return ""


def remark(name: str, own: Mapping[str, str], said: Mapping[str, Any], imported: Iterable[str]) -> str:
    """What a worker that can be used should have besides; empty if there is nothing."""
    theirs = {package: said["versions"].get(package) for package in imported}
    other = [package for package, version in theirs.items() if version and not _is_alike(own[package], version, 2)]
    if not other:
        return ""
    return _told(
        f"node {name} (on {said['host']}) has other versions than the program of what that imports; results may differ",
        asked=_list(own, other),
        found=_list(said["versions"], other),
        attempt=_remedy(own, other, said),
    )


def _differs(package: str, mine: str, theirs: str | None, *, is_used: bool) -> bool:
    """Versions that need not work together: of what only the program uses, those of another series."""
    if theirs is None:
        return is_used or package != "numpy"  # only tasks that use it need it
    return not _is_alike(mine, theirs, ALIKE.get(package) or (2 if mine.startswith("0.") else 1))


def _is_alike(mine: str, theirs: str, parts: int) -> bool:
    return mine.split(".")[:parts] == theirs.split(".")[:parts]


def _list(versions: Mapping[str, str], names: Sequence[str]) -> str:
    return ", ".join(f"{name} {versions[name]}" for name in names)


def _remedy(own: Mapping[str, str], other: Sequence[str], said: Mapping[str, Any]) -> str:
    if "python" in other:
        return f"start its worker with {sys.executable}, or with the same Python"
    return f"{said['python']} -m pip install " + " ".join(f"{name}=={own[name]}" for name in other)


def _told(what: str, **lines: str) -> str:
    asked, found, attempt = (lines[name] for name in ("asked", "found", "attempt"))
    return f"{what}\n    asked: {asked}\n    found: {found}\n    try:   {attempt}"
