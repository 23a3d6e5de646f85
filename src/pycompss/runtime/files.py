"""The files of a run: every version is a file of its own, and the last one comes home.

A version that tasks wrote lies in the run's temporary folder as `d<N>v<M>_<millis>.IT`. The program's paths are updated
when it waits for a file, and at the end of the run.
"""

from __future__ import annotations

import builtins
import contextlib
import os
import shutil
import stat
import time
import weakref
from typing import IO, TYPE_CHECKING, Any

from pycompss.core.invocation import Invocation
from pycompss.core.parameter import Direction
from pycompss.core.versions import Datum, Status, Version
from pycompss.errors import PyCOMPSsException
from pycompss.runtime.objects import FileEntry

if TYPE_CHECKING:
    from pycompss.runtime.run import Run


BREATH = 0.001  # seconds between looks at whether a file is still read
_INHERITED = frozenset({"system.posix_acl_default", "system.nfs4_acl"})  # attributes of folders


class Files:
    """Paths of versions, and the way home."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.table = run.table
        self._stamp = int(time.time() * 1000)
        self._doomed: dict[str, tuple[Datum, tuple[int, int]]] = {}  # deleted by the program, still read by tasks

    def path_of_output(self, task: Invocation, direction: Direction) -> str:
        """Where the version that `task` is about to write will lie (its last recorded write)."""
        version = task.writes[-1]
        name = f"{version.label}_{self._stamp}.IT"
        if direction is Direction.COMMUTATIVE:
            name = f"{version.label}_t{task.id}_{self._stamp}.IT"
        path = os.path.join(self.run.folder.temporary, name)
        if direction is Direction.CONCURRENT:
            version.value = path
        return path

    def copy_default(self, source: str, path: str) -> str:
        """A file default of an ignored task: its content becomes the version."""
        shutil.copyfile(source, path)
        return path

    def remove(self, version: Version) -> None:
        """Nobody needs this version any more; the program's own files stay."""
        path, version.value = version.value, None
        if path is None:
            return
        if path != version.datum.origin:
            _delete(path)
        elif path in self._doomed and self._doomed[path][0] is version.datum:
            self._delete_doomed(path)

    def _delete_doomed(self, path: str) -> None:
        """The program deleted the file while tasks still read it; a new file of that name is not meant."""
        if self.is_doomed(path):
            _delete(path)
        del self._doomed[path]  # now that it is gone: the program may ask whether it exists

    def is_doomed(self, path: str) -> bool:
        """Whether what lies there is still what the program deleted."""
        doomed = self._doomed.get(path)
        return doomed is not None and doomed[1] == _identity(path)

    # -- coming home -------------------------------------------------------------------------------------------------

    def wait_on(self, name: str) -> None:
        """Bring the last version to its path; the runtime forgets the file."""
        entry = self.table.files.get(self.table.locate(name))
        if entry is None:
            return
        if entry.handle is not None:
            self._settle(entry.handle)
            entry.flush()
            self._wait_for_readers(entry.path)
            self._bring(entry)
        self.table.files.pop(entry.path, None)
        self.run.forget(entry.handle)

    def _wait_for_readers(self, path: str) -> None:
        """Tasks that still read an earlier version where it lies, at the program's path, must not see a later one."""
        while True:
            with self.run.lock:
                if not self._is_read(path):
                    return
            self.run.poll()
            time.sleep(BREATH)

    def _is_read(self, path: str) -> bool:
        """Whether unfinished tasks read the file where it lies (the lock is held)."""
        return any(
            version.datum.is_file and version.content.value == path
            for task in self.run.core.unfinished.values()
            for version in task.reads
        )

    def bring_home(self) -> None:
        """The end of the run: every file that tasks wrote and nobody deleted.

        Raises PyCOMPSsException when some of them find no place; all of these stay where they are.
        """
        homeless = []
        for entry in list(self.table.files.values()):
            if entry.handle is not None and entry.written and not entry.deleted:
                with self.run.lock:
                    settled = entry.handle.current.status is not Status.PENDING
                    is_last = not self.run.core.unfinished
                if settled:
                    entry.flush()
                    try:
                        self._bring(entry, moves=is_last)
                    except (OSError, shutil.Error) as error:
                        where = entry.handle.current.content.value
                        homeless.append(f"\n  {entry.path}: {getattr(error, 'strerror', None) or error}; it is {where}")
        if homeless:
            self.run.folder.keep_temporary()
            raise PyCOMPSsException(f"files that tasks have written cannot be put in their places:{''.join(homeless)}")

    def _settle(self, datum: Datum, call: str = "") -> Version:
        with self.run.lock:
            return self.run.wait_settled(datum, call)

    def _bring(self, entry: FileEntry, *, moves: bool = False) -> None:
        """moves: nobody will read the version where it lies, so it need not be copied."""
        content = entry.handle.current.content
        path = content.value
        if content.status is not Status.READY or path is None or path == entry.path or not os.path.lexists(path):
            return
        folder = os.path.dirname(entry.path)
        if not os.path.isdir(folder):
            if entry.had_folder:  # the program has removed it since: nobody wants the file any more
                return
            os.makedirs(folder)
        if moves and _move(path, entry.path):
            content.value = entry.path
        else:
            _replace(entry.path, path)

    # -- the program's own accesses ------------------------------------------------------------------------------------

    def open(self, name: str, mode: str) -> IO[Any]:
        """The last version as a file object; writing makes a new version."""
        entry = self.table.files.get(self.table.locate(name))
        reads = "w" not in mode and "x" not in mode
        writes = not reads or "a" in mode or "+" in mode
        if entry is None:
            if not writes:
                return builtins.open(name, mode)
            entry = self.table.file(name)
        source = self._settle(entry.handle, "open").value if reads and entry.handle is not None else None
        source = source or entry.path  # what is not there, opening says
        if not writes:
            return builtins.open(source, mode)
        target = self._new_version(entry, source if reads else None)
        stream = builtins.open(target, mode)  # noqa: SIM115  (the program closes it)
        entry.written = True
        entry.deleted = False
        entry.opened = weakref.ref(stream)
        return stream

    def _new_version(self, entry: FileEntry, source: str | None) -> str:
        """The path of the next version, which begins as a copy of `source`."""
        run = self.run
        copy = os.path.join(run.folder.temporary, f"opened_{id(entry)}")
        if source is not None and os.path.exists(source):
            shutil.copyfile(source, copy)
        with run.lock:
            data = run.core.data
            if entry.handle is None:
                entry.handle = data.new_datum(is_file=True)
                entry.handle.origin = entry.path
            old = entry.handle.current
            version = entry.handle.write(None)
            data.unclaim(old)
            version.status = Status.READY
            version.value = os.path.join(run.folder.temporary, f"{version.label}_{self._stamp}.IT")
            run.execute()
            path: str = version.value
        if source is not None and os.path.exists(copy):
            os.replace(copy, path)
        return path

    def exists(self, name: str) -> bool:
        """Whether the file is on disk or any submitted task uses it."""
        entry = self.table.files.get(self.table.locate(name))
        if entry is not None:
            return not entry.deleted
        return not self.is_doomed(self.table.locate(name)) and os.path.exists(name)

    def delete(self, name: str) -> bool:
        """Delete the file everywhere once nobody uses it any more; its name is free at once."""
        if os.path.islink(name):  # what it points to stays, as with os.remove
            _delete(name)
            return False
        path = self.table.locate(name)
        entry = self.table.files.pop(path, None)
        if entry is None or entry.handle is None:
            _delete(path)
            return False
        entry.deleted = True
        self._delete_original(entry.handle, path)
        self.run.forget(entry.handle)
        return False

    def _delete_original(self, datum: Datum, path: str) -> None:
        """Now, or when the last task that reads the program's own file has ended."""
        identity = _identity(path)
        if identity is None or self.is_doomed(path):
            return
        with self.run.lock:
            if self._is_read(path):
                self._doomed[path] = datum, identity
                return
            content = datum.current.content
            if content.value == path:
                content.value = None
        _delete(path)


def _move(source: str, path: str) -> bool:
    """Rename it, if that gives what a new file there would be: on the same disk, with the same group and rights."""
    try:
        if os.path.islink(source) or _is_special(path) or _hands_down(os.path.dirname(path)):
            return False
        if os.path.isdir(source) and os.path.isdir(path):
            shutil.rmtree(path)
        os.rename(source, path)
    except OSError:  # another disk, or something for which copying has the better message
        return False
    return True


def _hands_down(folder: str) -> bool:
    """Whether what is made in a folder gets its group, or access rights that it has for that."""
    return bool(os.stat(folder).st_mode & stat.S_ISGID) or not _INHERITED.isdisjoint(os.listxattr(folder))


def _replace(path: str, source: str) -> None:
    """Make `path` a copy of `source`; of a file, readers see the old or the new content, nothing between.

    A device or a pipe is written to, and stays.
    """
    if os.path.isdir(source):
        if os.path.isdir(path):
            shutil.rmtree(path)
        shutil.copytree(source, path, symlinks=True)
        return
    if _is_special(path):
        with builtins.open(source, "rb") as file, builtins.open(path, "wb") as device:
            shutil.copyfileobj(file, device)
        return
    partial = os.path.join(os.path.dirname(path), f".{os.getpid()}_{os.path.basename(source)}.part")
    try:
        shutil.copyfile(source, partial)
        shutil.copymode(source, partial)
        os.replace(partial, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial)


def _is_special(path: str) -> bool:
    """Whether there is something that is neither a file nor a directory."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _identity(path: str) -> tuple[int, int] | None:
    """What tells a file from another of its name, and from what it is once somebody has written to it."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _delete(path: str) -> None:
    with contextlib.suppress(OSError):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
