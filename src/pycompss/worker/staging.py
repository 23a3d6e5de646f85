"""Copies of files on a node's own disk: made once for all tasks of the node, and compared with the original.

A copy is found again by the path of the original, its size, its time and its inode: a file that has changed is
another one. Directories are copied whole. Outputs go the other way, and stay as copies for later tasks of the node.

Each copy has two locks. Who makes it has the one, so that it is made once; tasks that use it share the other, and only
a copy that nobody uses goes when the disk is full. What was copied appears by being renamed.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import itertools
import os
import shutil
from collections.abc import Callable

from pycompss.worker import disks

_MAKING, _USE = ".making", ".use"
CHUNK = 1 << 20
ATTEMPTS = 2  # a copy that differs is made once more
_serial = itertools.count(1)


class Staging:
    """The copies of one node, in a folder that its workers share."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._held: list[int] = []  # descriptors of the locks of what the task uses

    def here(self, source: str) -> str:
        """The path of a copy of this file or directory; of itself, if there is none such. Raises OSError."""
        if not os.path.exists(source):
            return source
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        copy = self._copy_of(source)
        with open(f"{copy}{_MAKING}", "wb") as making:
            fcntl.flock(making, fcntl.LOCK_EX)
            use = os.open(f"{copy}{_USE}", os.O_RDWR | os.O_CREAT, 0o600)
            self._held.append(use)
            fcntl.flock(use, fcntl.LOCK_SH)
            if not os.path.exists(copy):
                self._make_room_for(lambda: fetch(source, copy))
        return copy

    def release(self) -> None:
        """The task has ended: it uses no copy any more."""
        while self._held:
            lock = self._held.pop()
            fcntl.flock(lock, fcntl.LOCK_UN)  # also for what the task has forked
            os.close(lock)

    def copy(self, source: str, path: str) -> None:
        """A copy that the task may change. Raises OSError."""
        fetch(source, path)

    def deliver(self, path: str, output: str) -> None:
        """What a task has made goes to its place. Raises OSError."""
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        os.makedirs(os.path.dirname(output), mode=0o700, exist_ok=True)
        fetch(os.path.realpath(path), output)
        if not os.path.islink(path):
            copy = self._copy_of(output)
            os.close(os.open(f"{copy}{_USE}", os.O_CREAT, 0o600))
            os.replace(path, copy)

    def _copy_of(self, source: str) -> str:
        name = hashlib.blake2b(repr((source, _signature(source))).encode(), digest_size=20).hexdigest()
        return os.path.join(self._folder, name)

    def _make_room_for(self, work: Callable[[], None]) -> None:
        """Do it; when the disk is full, once more without copies that no task uses."""
        try:
            work()
        except OSError as error:
            if error.errno != errno.ENOSPC or not self._drop_unused():
                raise
            work()

    def _drop_unused(self) -> bool:
        """Whether there were any."""
        dropped = False
        for name in os.listdir(self._folder):
            copy, is_lock, _ = name.rpartition(_USE)
            if is_lock and os.path.exists(os.path.join(self._folder, copy)):
                dropped |= self._drop(os.path.join(self._folder, copy))
        return dropped

    def _drop(self, copy: str) -> bool:
        with open(f"{copy}{_MAKING}", "wb") as making, open(f"{copy}{_USE}", "wb") as use:
            try:
                for lock in (making, use):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            remove(copy)
        return True


def fetch(source: str, target: str) -> None:
    """Copy a file or directory; what is there by then is replaced. Raises OSError, also when the copy differs."""
    part = part_of(target)
    try:
        if os.path.isdir(source):
            shutil.copytree(source, part, symlinks=True, copy_function=_copy)
        else:
            _copy(source, part)
        if os.path.isdir(target) and not os.path.islink(target):
            shutil.rmtree(target)
        os.replace(part, target)
    except OSError as error:
        remove(part)
        raise disks.named(error, source, target) from None
    except BaseException:
        remove(part)
        raise


def part_of(target: str) -> str:
    """Where something is made before it takes its place, whose name may be the longest that there is."""
    return os.path.join(os.path.dirname(target), f".{os.getpid()}_{next(_serial)}.part")


def _copy(source: str, target: str) -> str:
    for _ in range(ATTEMPTS):
        digest = hashlib.blake2b()
        with open(source, "rb") as file, open(target, "wb") as copy:
            while part := file.read(CHUNK):
                digest.update(part)
                copy.write(part)
        if _digest(target) == digest.digest():
            shutil.copymode(source, target)
            return target
    raise OSError(errno.EIO, "the copy differs from the original", source, None, target)


def _digest(path: str) -> bytes:
    found = hashlib.blake2b()
    with open(path, "rb") as file:
        while part := file.read(CHUNK):
            found.update(part)
    return found.digest()


def _signature(path: str) -> list[tuple[str, int, int, int]]:
    """What differs when the content does: of a file, or of all that is in a directory."""
    if not os.path.isdir(path):
        return [_look("", path)]
    found = []
    for folder, _, names in os.walk(path):
        found += [
            _look(os.path.relpath(os.path.join(folder, name), path), os.path.join(folder, name)) for name in names
        ]
        found.append(_look(os.path.relpath(folder, path), folder))
    return sorted(found)


def _look(name: str, path: str) -> tuple[str, int, int, int]:
    seen = os.lstat(path) if name else os.stat(path)
    return name, seen.st_size, seen.st_mtime_ns, seen.st_ino


def remove(path: str) -> None:
    """A file, or a directory with all that is in it; whoever needs its place finds out what could not go."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        try:
            os.unlink(path)
        except OSError:
            return
