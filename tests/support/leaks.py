"""What a test leaves behind: processes, threads, file descriptors, shared memory, files.

A `Snapshot` is taken before and compared after; the first look is cheap, and only what seems new is looked at again,
after a garbage collection and a moment for dying processes to vanish.
"""

from __future__ import annotations

import gc
import os
import tempfile
import threading
import time
from dataclasses import dataclass, field

from tests.support import processes

PATIENCE = 3.0  # seconds for dying processes and threads to vanish
_TOOLS = frozenset({".hypothesis", ".pytest_cache", "__pycache__"})
_SHARED_MEMORY = "/dev/shm"
_LOCK_OF_PODMAN = "libpod_lock"  # made at its first use on a machine, and kept for all its later ones


def descriptors() -> dict[int, str]:
    """Open file descriptors of this process and what they lead to."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:  # the listing's own
            continue
    return found


def _names(folder: str) -> frozenset[str]:
    return frozenset(os.listdir(folder)) - _TOOLS if os.path.isdir(folder) else frozenset()


def _is_held_by_others(path: str, mark: str) -> bool:
    """Whether a process that is none of ours uses the file: other programs may share this machine."""
    ours = {process.pid for process in processes.of_run(mark, ancestor=os.getpid())} | {os.getpid()}
    for pid in processes.pids() - ours:
        try:
            with open(f"/proc/{pid}/maps") as file:
                if path in file.read():
                    return True
            if any(os.readlink(f"/proc/{pid}/fd/{fd}") == path for fd in os.listdir(f"/proc/{pid}/fd")):
                return True
        except OSError:
            continue
    return False


@dataclass
class Snapshot:
    mark: str
    pids: frozenset[int] = field(default_factory=processes.pids)
    threads: frozenset[int] = field(default_factory=lambda: frozenset(t.ident or 0 for t in threading.enumerate()))
    descriptors: dict[int, str] = field(default_factory=descriptors)
    memory: frozenset[str] = field(default_factory=lambda: _names(_SHARED_MEMORY))
    temporary: frozenset[str] = field(default_factory=lambda: _names(tempfile.gettempdir()))
    folder: str = field(default_factory=os.getcwd)
    files: frozenset[str] = field(default_factory=lambda: _names(os.getcwd()))

    def leaks(self) -> list[str]:
        """One line for everything that is here now and was not then."""
        if self._looks_clean():
            return []
        gc.collect()
        deadline = time.monotonic() + PATIENCE
        while (found := self._found()) and time.monotonic() < deadline and not self._files_only():
            time.sleep(0.02)
        return found

    def _looks_clean(self) -> bool:
        return (
            not self._new_descriptors() and not self._new_threads() and not self._new_names() and not self._new_pids()
        )

    def _found(self) -> list[str]:
        return [
            *(f"process {process}" for process in self._new_pids()),
            *(f"thread {thread.name}" for thread in self._new_threads()),
            *(f"file descriptor {fd} -> {target}" for fd, target in self._new_descriptors()),
            *self._new_names(),
        ]

    def _files_only(self) -> bool:
        """Nothing new but files, which do not vanish by waiting."""
        return not (self._new_pids() or self._new_threads() or self._new_descriptors())

    def _new_pids(self) -> list[processes.Process]:
        return processes.of_run(self.mark, ancestor=os.getpid(), besides=self.pids)

    def _new_threads(self) -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.ident not in self.threads]

    def _new_descriptors(self) -> list[tuple[int, str]]:
        return [(fd, target) for fd, target in descriptors().items() if self.descriptors.get(fd) != target]

    def _new_names(self) -> list[str]:
        names = _names(_SHARED_MEMORY) - self.memory - {_LOCK_OF_PODMAN}
        memory = (os.path.join(_SHARED_MEMORY, name) for name in names)
        return [
            *(f"shared memory {path}" for path in memory if not _is_held_by_others(path, self.mark)),
            *(f"temporary file {name}" for name in _names(tempfile.gettempdir()) - self.temporary),
            *(f"file {name} in the working directory" for name in _names(self.folder) - self.files),
        ]
