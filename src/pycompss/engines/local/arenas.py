"""The arenas of a run as the engine sees them: who owns which, and whom to tell what is free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pycompss.engines.local.worker import WorkerHandle
from pycompss.store.arena import LEAST_WARM
from pycompss.store.memory import remove_pages
from pycompss.store.shared import SharedMemory
from pycompss.store.spill import SPILL


class Arenas:
    """The program's arena, and those of all workers that ever were: values outlive the worker that made them."""

    def __init__(self, memory: SharedMemory, workers: Mapping[int, WorkerHandle]) -> None:
        self._memory = memory
        self._workers = workers

    def welcome(self, worker: WorkerHandle) -> None:
        """A worker is about to start."""
        worker.room.allowed = self._memory.share
        self._memory.rooms[worker.number] = worker.room

    def add(self, number: int, fd: int) -> None:
        """A worker has told the file descriptor of its arena."""
        self._memory.mappings.attach(number, fd)

    def bury(self, worker: WorkerHandle) -> None:
        """A worker has ended; its arena holds what versions refer to, and nothing else any more."""
        self._memory.rooms.pop(worker.number, None)

    def fd(self, number: int) -> int:
        """The file descriptor of an arena; KeyError for one that nobody has told."""
        return self._memory.mappings.fd(number)

    def release(self, ranges: Iterable[tuple[int, int, int]]) -> list[WorkerHandle]:
        """Nobody uses these ranges (arena, offset, length in bytes) any more: tell their owners, with their next tasks.

        Those that should be told at once, because it is much memory, are returned.
        """
        memory = self._memory
        urgent = []
        for number, offset, length in ranges:
            owner = self._workers.get(number)
            if number == memory.arena.number:
                memory.arena.free(offset, length)
                memory.arena.cool_down()
            elif number == SPILL:
                assert memory.spill is not None
                memory.spill.free(offset, length)
            elif owner is not None and owner.alive:
                owner.room.free(offset, length)
                if owner.room.freed_bytes > LEAST_WARM and owner not in urgent:
                    urgent.append(owner)
            elif memory.mappings.knows(number):  # its owner is dead, so nobody will use it again
                remove_pages(memory.mappings.shared(number, offset, length))
        return urgent
