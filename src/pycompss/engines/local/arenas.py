"""The arenas of a run as the engine sees them: who owns which, and whom to tell what is free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pycompss.engines.local.worker import WorkerHandle
from pycompss.store.arena import LEAST_WARM, Arena
from pycompss.store.mappings import Mappings
from pycompss.store.memory import remove_pages


class Arenas:
    """The program's arena, and those of all workers that ever were: values outlive the worker that made them."""

    def __init__(self, own: Arena, mappings: Mappings, workers: Mapping[int, WorkerHandle]) -> None:
        self._own = own
        self._mappings = mappings
        self._workers = workers
        self._fds: dict[int, int] = {}

    def add(self, number: int, fd: int) -> None:
        """A worker has told the file descriptor of its arena."""
        self._fds[number] = fd
        self._mappings.attach(number, fd)

    def fd(self, number: int) -> int:
        """The file descriptor of an arena; KeyError for one that nobody has told."""
        return self._own.fd if number == self._own.number else self._fds[number]

    def release(self, ranges: Iterable[tuple[int, int, int]]) -> list[WorkerHandle]:
        """Nobody uses these ranges (arena, offset, length in bytes) any more: tell their owners, with their next tasks.

        Those that should be told at once, because it is much memory, are returned.
        """
        urgent = []
        for number, offset, length in ranges:
            owner = self._workers.get(number)
            if number == self._own.number:
                self._own.free(offset, length)
                self._own.cool_down()
            elif owner is not None and owner.alive:
                owner.freed.append((offset, length))
                owner.freed_bytes += length
                if owner.freed_bytes > LEAST_WARM and owner not in urgent:
                    urgent.append(owner)
            elif self._mappings.knows(number):  # its owner is dead, so nobody will use it again
                remove_pages(self._mappings.shared(number, offset, length))
        return urgent
