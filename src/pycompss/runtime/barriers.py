"""The program waits for tasks: for all of them, or for those of a group.

A group takes every task that is submitted while it is open. Its name finds it until a barrier has waited for it.
"""

from __future__ import annotations

import time

from pycompss.core.events import Kind
from pycompss.core.groups import Group
from pycompss.core.watches import Watch
from pycompss.engines.protocol import Engine
from pycompss.engines.token import Token
from pycompss.errors import StorageFull
from pycompss.runtime import recording
from pycompss.runtime.config import Config
from pycompss.runtime.failures import raise_group_exception
from pycompss.runtime.open_groups import OpenGroups
from pycompss.runtime.synchronisation import Synchronisation
from pycompss.runtime.values import MASTER_ARENA
from pycompss.store.descriptor import Range


class Barriers(Synchronisation):
    """Barriers and task groups of the program."""

    def __init__(self, config: Config, engine: Engine | None = None) -> None:
        super().__init__(config, engine)
        self.open_groups = OpenGroups()

    def barrier(self, no_more_tasks: bool = False) -> None:
        """Wait for all tasks."""
        self._record_barrier(None)
        began = time.time()
        self.wait_idle()
        self.record_call("barrier", began)
        if no_more_tasks:
            for entry in list(self.table.entries.values()):
                self.table.untrack(entry.object)
                self.forget(entry.handle)

    def wait_idle(self) -> None:
        """Wait until no task is left; raises TaskError for one that failed and of which nobody was told."""
        with self.lock:
            self.raise_unreported()
            watch = Watch(Token())
            if not self.core.watch_idle(watch, None):
                self.sleep(watch)
            self.raise_unreported()
            self.core.forgive()

    def make_room(self, attempt: int) -> bool:
        """The program's shared memory is full: forget what it dropped, then spill, or else wait for its tasks.

        False: all was done.
        """
        if attempt == 0:
            self.sweep(now=True)
        elif self._has_lock():
            return False
        elif self.spilling.file is not None:
            return self.spilling.make_room(attempt - 1)
        elif attempt == 1:
            self.wait_idle()
        else:
            return False
        with self.lock:
            self.release_forgotten()
            self.execute()
        return True

    def store_elsewhere(self, raw: memoryview) -> Range:
        """Of what finds no room in memory: to disk, or when that is full, once the tasks have ended. StorageFull."""
        try:
            return self.spilling.place(raw)
        except StorageFull as full:
            if self._has_lock() or raw.nbytes > self.values.limit:
                raise
            self.wait_idle()
            try:
                return (MASTER_ARENA, self.values.arena.store(raw), raw.nbytes)
            except StorageFull:
                raise full from None

    def _has_lock(self) -> bool:
        return bool(self.lock._is_owned())  # type: ignore[attr-defined]  # noqa: SLF001

    # -- groups -------------------------------------------------------------------------------------------------------

    def open_group(self, name: str) -> None:
        """Tasks submitted from now on belong to a new group of this name, too."""
        with self.lock:
            self.open_groups.open(name)
            self._record_group(Kind.GROUP_OPENED, name)

    def close_group(self, name: str) -> None:
        """The innermost open group of this name takes no more tasks."""
        with self.lock:
            self.open_groups.close(name)
            self._record_group(Kind.GROUP_CLOSED, name)

    def barrier_group(self, name: str) -> None:
        """Wait for a group's tasks; raises the COMPSsException that one of them raised, once."""
        group = self._group(name)
        if group is None:
            return
        self._record_barrier(group)
        began = time.time()
        with self.lock:
            self._wait_group(group)
            self.record_call("barrier_group", began)
            if group.closed and not group.exception:
                self.open_groups.forget(group)
            raise_group_exception(group)

    def cancel_group(self, name: str) -> None:
        """Cancel pending and running members, and wait until they have ended."""
        group = self._group(name)
        if group is None:
            return
        began = time.time()
        with self.lock:
            self.core.cancel_group(group)
            self.execute()
            self._wait_group(group)
            self.record_call("cancel_group", began)

    def _group(self, name: str) -> Group | None:
        with self.lock:
            return self.open_groups.named(name)

    def _wait_group(self, group: Group) -> None:
        self.raise_unreported()
        watch = Watch(Token())
        if not self.core.watch_group(watch, group):
            self.sleep(watch)
        self.raise_unreported()
        for version in self.core.barred:
            if version.producer is not None and group in version.producer.groups:
                self.core.forgive(version)

    # -- the journal --------------------------------------------------------------------------------------------------

    def _record_group(self, kind: int, name: str) -> None:
        if self.core.journal is not None:
            self.core.journal.append((kind, time.time(), name))

    def _record_barrier(self, group: Group | None) -> None:
        if self.core.journal is not None:
            with self.lock:
                recording.barrier(self.core, group)
