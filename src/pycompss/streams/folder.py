"""Which files of a folder are complete.

Linux says whether anybody on this machine has a file open for writing: a read lease is refused then. Where there are
no leases (other systems, files of others, some network file systems) a file counts once it has not changed for a
while. Whoever wants to be sure writes under another name, `.name` or `name.tmp`, and renames.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time

QUIET = 0.2  # seconds without a change
QUIET_THOUGH_REFUSED = 5.0  # seconds; somebody has it open, or the file system gives no leases
_UNFINISHED = (".tmp", ".part", "~")


class Folder:
    """Watches a folder by looking at it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._changed: dict[str, tuple[tuple[int, int], float]] = {}  # what a file looked like, and since when

    def files(self) -> dict[str, tuple[int, int]]:
        """What is in the folder: paths, with sizes and times of the last change."""
        found = {}
        with contextlib.suppress(FileNotFoundError), os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.endswith(_UNFINISHED):
                    continue
                with contextlib.suppress(FileNotFoundError):
                    if entry.is_file():
                        status = entry.stat()
                        found[entry.path] = status.st_size, status.st_mtime_ns
        return dict(sorted(found.items(), key=lambda item: (item[1][1], item[0])))

    def complete(self, known: set[str], *, everything: bool = False) -> list[str]:
        """Files that are complete and not `known`, oldest first. everything: nobody writes any more."""
        now = time.monotonic()
        return [
            path
            for path, look in self.files().items()
            if path not in known and (everything or self._is_complete(path, look, now))
        ]

    def _is_complete(self, path: str, look: tuple[int, int], now: float) -> bool:
        lease = _lease(path)
        if lease:
            return True
        before, since = self._changed.setdefault(path, (look, now))
        if before != look:
            self._changed[path] = look, now
            return False
        return now - since >= (QUIET if lease is None else QUIET_THOUGH_REFUSED)


def _lease(path: str) -> bool | None:
    """Whether nobody on this machine has the file open for writing; None if that cannot be told."""
    if not hasattr(fcntl, "F_SETLEASE"):
        return None
    try:
        with open(path, "rb") as file:
            fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)  # if it is opened just now; the usual SIGIO would kill
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
