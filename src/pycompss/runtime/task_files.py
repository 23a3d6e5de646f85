"""Files of tasks that a task has called: they come to where the task expects them when it asks."""

from __future__ import annotations

import builtins
import os
import shutil
from typing import IO, Any

from pycompss.runtime.objects import FileEntry
from pycompss.runtime.task_data import TaskData


class TaskFiles(TaskData):
    """What the running task does with files.

    lent: paths that tasks which it called may read, as they lie there.
    """

    def reset(self) -> None:
        super().reset()
        self.lent: set[str] = set()

    def _take_back(self) -> None:
        """Wait until nobody reads what was lent."""
        self.worker.request("barrier")
        self.lent.clear()

    def wait_on_file(self, name: str) -> None:
        entry = self.table.files.get(os.path.abspath(name))
        if entry is None or entry.handle is None:
            return
        path = self._settled_path(entry)
        if path is not None and path != entry.path and os.path.exists(path):
            if entry.path in self.lent:
                self._take_back()
            if os.path.isdir(path):
                shutil.rmtree(entry.path, ignore_errors=True)
                shutil.copytree(path, entry.path, symlinks=True)
            else:
                shutil.copyfile(path, entry.path)
        self.table.forget_file(entry.path)
        self.forget(entry.handle)

    def _settled_path(self, entry: FileEntry) -> str | None:
        for ok, descriptor in self.worker.request("wait", [entry.handle]):
            if not ok:
                raise self.worker.codec.decode(descriptor)
            return descriptor  # type: ignore[no-any-return]
        return None

    def open(self, name: str, mode: str) -> IO[Any]:
        if "w" not in mode:
            self.wait_on_file(name)
        else:
            self.table.forget_file(name)
        return builtins.open(name, mode)

    def file_exists(self, name: str) -> bool:
        return os.path.abspath(name) in self.table.files or os.path.exists(name)

    def delete_file(self, name: str) -> bool:
        entry = self.table.forget_file(name)
        if entry is not None:
            self.forget(entry.handle)
        if os.path.isfile(name):
            os.unlink(name)
        return False

    def fetch_files(self) -> None:
        """Bring files of tasks that this one called to where it expects them; its own folder goes when it ends."""
        for entry in list(self.table.files.values()):
            if entry.written and entry.handle is not None:
                self.wait_on_file(entry.path)
        if any(path.startswith(self.worker.settings["tmp"]) for path in self.lent):
            self._take_back()
