"""Files between the program's machine and nodes that share no folder with it: whole files and directories, streamed.

`fetch` asks for one, and gets nothing when its own copy is the same; `store` brings one home. Times are kept, so that
what was copied is known to be the same from either end.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import stat
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from pycompss.worker.staging import part_of, remove

FETCH, STORE = "pycompss_fetch", "pycompss_store"
Pour = Callable[[Any, memoryview], Awaitable[None]]
Fill = Callable[[Any, memoryview, Any], Awaitable[None]]
# (name inside, "" for the thing itself; kind; permissions; bytes; time of the last change; where a link leads)
Entry = tuple[str, str, int, int, int, str]
_FILE, _FOLDER, _LINK = "f", "d", "l"


class Refused(Exception):  # noqa: N818
    """The other end does not give, or does not take."""


def entries_of(path: str) -> list[Entry]:
    """A file, or a directory and all that is in it, parents first. Raises OSError."""
    found = [_entry("", path, os.stat(path))]
    if found[0][1] == _FOLDER:
        for folder, folders, files in os.walk(path):
            for name in sorted([*folders, *files]):
                inside = os.path.join(folder, name)
                found.append(_entry(os.path.relpath(inside, path), inside, os.lstat(inside)))
    return found


def _entry(name: str, path: str, seen: os.stat_result) -> Entry:
    permissions = stat.S_IMODE(seen.st_mode)
    if stat.S_ISDIR(seen.st_mode):
        return name, _FOLDER, permissions, 0, 0, ""
    if stat.S_ISLNK(seen.st_mode):
        return name, _LINK, permissions, 0, 0, os.readlink(path)
    if not stat.S_ISREG(seen.st_mode):
        raise OSError(f"{path} is neither a file nor a directory")
    return name, _FILE, permissions, seen.st_size, seen.st_mtime_ns, ""


def signature(entries: list[Entry]) -> str:
    """What differs when the content does."""
    return hashlib.blake2b(repr([tuple(entry) for entry in entries]).encode(), digest_size=20).hexdigest()


# -- one end


async def send(comm: Any, path: str, entries: list[Entry], pour: Pour) -> None:
    """The content of the files, in the order of the entries."""
    for name, kind, _, size, *_ in entries:
        if kind == _FILE and size:
            with _content(os.path.join(path, name) if name else path, size) as view:
                await pour(comm, view)


async def receive(comm: Any, path: str, entries: list[Entry], fill: Fill) -> None:
    """Make what is sent; it appears as a whole. Raises OSError."""
    part = part_of(path)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    try:
        for entry in entries:
            await _make(comm, os.path.join(part, entry[0]) if entry[0] else part, entry, fill)
        for name, kind, permissions, *_ in reversed(entries):
            if kind == _FOLDER:
                os.chmod(os.path.join(part, name), permissions)
        remove(path)
        os.replace(part, path)
    except BaseException:
        remove(part)
        raise


async def _make(comm: Any, path: str, entry: Entry, fill: Fill) -> None:
    name, kind, permissions, size, changed, link = entry
    if kind == _FOLDER:
        os.mkdir(path, 0o700)
    elif kind == _LINK:
        os.symlink(link, path)
    else:
        with _new(path, size) as view:
            if size:
                await fill(comm, view, name)
        os.chmod(path, permissions)
        os.utime(path, ns=(changed, changed))


@contextlib.contextmanager
def _content(path: str, size: int) -> Iterator[memoryview]:
    with (
        open(path, "rb") as file,
        mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ) as mapped,
        memoryview(mapped) as view,
    ):
        yield view


@contextlib.contextmanager
def _new(path: str, size: int) -> Iterator[memoryview]:
    with open(path, "x+b") as file:
        if not size:
            yield memoryview(b"")
            return
        os.posix_fallocate(file.fileno(), 0, size)  # a full disk says so, instead of killing us
        with mmap.mmap(file.fileno(), size) as mapped, memoryview(mapped) as view:
            yield view


# -- the program's machine answers


def giver(is_open: Callable[[], bool], pour: Pour) -> Callable[..., Awaitable[Any]]:
    """A handler that gives files. is_open: whether any node needs them in this way."""

    async def fetch(comm: Any, path: str, unless: str) -> Any:
        if not is_open():
            return {"error": "no node was told to ask for files"}
        try:
            entries = entries_of(path)
        except OSError as error:
            return {"error": error.strerror or str(error), "number": error.errno or 0}
        if signature(entries) == unless:
            return {"error": "", "entries": None}
        await comm.write({"error": "", "entries": entries})
        await send(comm, path, entries, pour)
        return {"error": ""}

    return fetch


def taker(folders: tuple[str, ...], fill: Fill) -> Callable[..., Awaitable[Any]]:
    """A handler that takes files, into these folders alone."""

    async def store(comm: Any, path: str, entries: list[Entry]) -> Any:
        if not _is_within(path, folders):
            return {"error": f"{path} is no place of this run"}
        try:
            checked = [_checked(entry) for entry in entries]
        except OSError as error:
            return {"error": str(error)}
        await comm.write({"error": ""})
        try:
            await receive(comm, path, checked, fill)
        except OSError:
            comm.abort()  # what is on its way is no answer to anything
            raise
        return {"error": ""}

    return store


def _is_within(path: str, folders: tuple[str, ...]) -> bool:
    real = os.path.realpath(path)
    return any(os.path.commonpath([real, os.path.realpath(folder)]) == os.path.realpath(folder) for folder in folders)


def _checked(entry: Any) -> Entry:
    """An entry as it was sent; raises PermissionError for one that leads out of its directory."""
    name, kind, permissions, size, changed, link = entry
    if os.path.isabs(name) or ".." in name.split(os.sep):
        raise PermissionError(f"{name!r} leads out of the directory")
    return name, kind, permissions, size, changed, link


def signature_of(path: str) -> str:
    """Of what is there; empty, if nothing is. Raises OSError."""
    return signature(entries_of(path)) if os.path.exists(path) else ""


def grown(folder: str, base: str, known: dict[str, int]) -> list[tuple[str, str]]:
    """The files in a folder that are new or longer than `known` tells, and their names below base; notes them there."""
    found = []
    for inside, _, names in os.walk(folder):
        for path in (os.path.join(inside, name) for name in names):
            size = os.path.getsize(path)
            if known.get(path) != size:
                known[path] = size
                found.append((path, os.path.relpath(path, base)))
    return found
