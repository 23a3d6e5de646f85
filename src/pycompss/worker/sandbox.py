"""The private directory of a task that has files: inputs appear in it under their own names, outputs are collected.

Inputs are symbolic links (a file that is only read is never copied); a file that the task updates is a copy, so that
another attempt starts from the original. Where nodes work on their own disks, inputs are links to copies there
(`staging`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from typing import TYPE_CHECKING, Any

from pycompss.worker import wire

if TYPE_CHECKING:
    from pycompss.worker.staging import Staging


_MODE = 0o700  # of a directory as it was made


class MissingOutput(Exception):  # noqa: N818
    """The task did not make a file that it declared as its output."""


def folder_of(temporary: str, worker: int) -> str:
    """Where the sandboxes of a worker's tasks are; it exists once there has been one."""
    return os.path.join(temporary, f"sandbox_{worker}")


class Sandboxes:
    """The directories of a worker's tasks, one after another.

    To make a directory and to remove it take longer than a small file does, so one that a task has left empty gets the
    name of the next one's. home: the program's directory, where a worker goes whose own was removed.
    """

    def __init__(self, root: str, home: str, staging: Staging | None = None) -> None:
        self.root = root
        self.home = home
        self.staging = staging
        self._spare = ""  # a directory that is empty
        self._made = 0

    def of(self, task: int) -> Sandbox:
        return Sandbox(self, self._folder(f"task{task}_"))

    def _folder(self, prefix: str) -> str:
        spare, self._spare = self._spare, ""
        if not spare:
            return _new_folder(self.root, prefix)
        self._made += 1
        path = os.path.join(self.root, f"{prefix}{self._made}")
        try:
            os.rename(spare, path)
        except OSError:  # somebody has removed it
            return _new_folder(self.root, prefix)
        return path

    def take_back(self, path: str) -> None:
        """The task has ended: what is in its directory goes."""
        try:
            if not self._spare and not os.listdir(path) and stat.S_IMODE(os.stat(path).st_mode) == _MODE:
                self._spare = path
            else:
                os.rmdir(path)
        except OSError:  # something is left in it
            shutil.rmtree(path, ignore_errors=True)


def _current() -> str:
    """The working directory; empty if a task has removed it."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""


class Sandbox:
    """One task's directory, until `leave`."""

    def __init__(self, sandboxes: Sandboxes, path: str) -> None:
        self._sandboxes = sandboxes
        self._staging = sandboxes.staging
        self._home = _current() or sandboxes.home
        self.path = path
        self._outputs: list[tuple[int, str, str]] = []  # (mode, path in the sandbox, path of the version)
        self._names: set[str] = set()
        self._links: list[str] = []

    def enter(self) -> None:
        os.chdir(self.path)

    def leave(self) -> None:
        os.chdir(self._home)
        if self._staging is not None:
            self._staging.release()
        for link in self._links:
            with contextlib.suppress(OSError):
                os.unlink(link)
        self._sandboxes.take_back(self.path)

    def place(self, mode: int, source: str | None, name: str, output: str, *, keep: bool) -> str:
        """Make one file parameter ready and return the path that the task gets."""
        is_directory, mode = bool(mode & wire.DIRECTORY), mode & 7
        path = self._free_path(os.path.basename(output or source or name) if keep else name)
        if mode == wire.FILE_IN:
            if source is not None:
                self._link(source if self._staging is None else self._staging.here(source), path)
            return path
        if mode == wire.FILE_SHARED:
            _share(source, output)
            self._link(output, path)
            self._outputs.append((mode, path, output))
            return path
        if mode == wire.FILE_INOUT and source is not None:
            if self._staging is not None:
                self._staging.copy(source, path)
            elif is_directory:
                shutil.copytree(source, path, symlinks=True)
            else:
                shutil.copyfile(source, path)
                shutil.copymode(source, path)
        self._outputs.append((mode, path, output))
        return path

    def _link(self, target: str, path: str) -> None:
        os.symlink(target, path)
        self._links.append(path)

    def _free_path(self, name: str) -> str:
        """Two parameters with the same base name live in different folders, so that each path ends with its name."""
        folder = self.path
        count = 0
        while os.path.join(folder, name) in self._names:
            count += 1
            folder = os.path.join(self.path, f".{count}")
            os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, name)
        self._names.add(path)
        return path

    def collect(self, *, lenient: bool) -> list[Any]:
        """Move the outputs to their versions' places; the paths, in order.

        lenient: a missing file becomes an empty one instead of an error (the task was ignored).
        """
        values = []
        for mode, path, output in self._outputs:
            if mode != wire.FILE_SHARED:
                if not os.path.lexists(path):
                    if not lenient:
                        name = os.path.basename(path)
                        raise MissingOutput(f"the task has not made {name!r}, which it declares as its output")
                    with open(path, "wb"):
                        pass
                self._hand_over(path, output)
            values.append(output)
        return values

    def _hand_over(self, path: str, output: str) -> None:
        if self._staging is None:
            _move(path, output)
        else:
            self._staging.deliver(path, output)


def _new_folder(root: str, prefix: str) -> str:
    with contextlib.suppress(FileNotFoundError):  # the first one
        return tempfile.mkdtemp(prefix=prefix, dir=root)
    os.makedirs(root, mode=0o700, exist_ok=True)
    return tempfile.mkdtemp(prefix=prefix, dir=root)


def _move(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    if os.path.isdir(target) and not os.path.islink(target):
        shutil.rmtree(target)
    if os.path.islink(source):  # the task put a link there: keep what it points at
        real = os.path.realpath(source)
        shutil.copytree(real, target) if os.path.isdir(real) else shutil.copyfile(real, target)
        return
    try:
        os.replace(source, target)
    except OSError:  # another file system
        shutil.move(source, target)


def _share(source: str | None, target: str) -> None:
    """Give the shared file its first content; only the first member's link succeeds."""
    if os.path.exists(target):
        return
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    fd, copy = tempfile.mkstemp(dir=os.path.dirname(target))
    os.close(fd)
    if source is not None and os.path.exists(source):
        shutil.copyfile(source, copy)
    try:
        os.link(copy, target)
    except FileExistsError:
        pass
    finally:
        os.unlink(copy)
