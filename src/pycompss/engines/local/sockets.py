"""The cores that tasks may be bound to, socket by socket, and the choice among them.

A task gets the cores of one socket if they suffice: of all that have enough, from the one with fewest, so that wide
tasks still find room.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

_CPUS = "/sys/devices/system/cpu"


class Free:
    """Cores that nobody has."""

    def __init__(self, sockets: Sequence[Sequence[int]]) -> None:
        self._sockets = [sorted(cores) for cores in sockets if cores]
        self._home = {core: cores for cores in self._sockets for core in cores}

    def __len__(self) -> int:
        return sum(map(len, self._sockets))

    def take(self, count: int) -> list[int]:
        """As many of them as there are, up to `count`."""
        able = [cores for cores in self._sockets if len(cores) >= count]
        if able:
            return _cut(min(able, key=len), count)
        taken: list[int] = []
        for cores in sorted(self._sockets, key=len, reverse=True):
            taken += _cut(cores, count - len(taken))
        return sorted(taken)

    def give_back(self, cores: Sequence[int]) -> None:
        for core in cores:
            home = self._home[core]
            home.append(core)
            home.sort()


def _cut(cores: list[int], count: int) -> list[int]:
    taken = cores[:count]
    del cores[:count]
    return taken


def usable() -> frozenset[int]:
    """The cores that this process may use; none where the system does not tell."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()


def by_socket(cores: frozenset[int]) -> list[list[int]]:
    """These cores as the machine has them."""
    sockets: dict[str, list[int]] = {}
    for core in sorted(cores):
        sockets.setdefault(_socket(core), []).append(core)
    return list(sockets.values())


def _socket(core: int) -> str:
    with contextlib.suppress(OSError), open(f"{_CPUS}/cpu{core}/topology/physical_package_id") as file:
        return file.read().strip()
    return ""
