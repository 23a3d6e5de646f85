"""Sorting what does not fit into memory: sorted pieces go to temporary files and are merged at the end.

A run's journal tells of tasks when they end, a trace is in order of time; a million tasks make millions of lines. At
most `PIECE` lines are in memory at a time, and as many files are open as there are pieces.
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

PIECE = 400_000  # lines in memory
Line = tuple[int, int, str]  # time in ns, rank among those of one time, text


class Spool:
    """Takes lines in any order, gives them back in order of time and rank."""

    def __init__(self, piece: int = PIECE) -> None:
        self._limit = piece
        self._fresh: list[Line] = []
        self._files: list[IO[str]] = []

    def add(self, time: int, rank: int, text: str) -> None:
        self._fresh.append((time, rank, text))
        if len(self._fresh) >= self._limit:
            self._store()

    def extend(self, lines: Iterable[Line]) -> None:
        self._fresh += lines
        if len(self._fresh) >= self._limit:
            self._store()

    def lines(self) -> Iterator[Line]:
        """Everything, in order; once."""
        self._fresh.sort()
        yield from heapq.merge(self._fresh, *map(_parsed, self._files))
        self.close()

    def close(self) -> None:
        for file in self._files:
            file.close()
        self._files.clear()

    def _store(self) -> None:
        self._fresh.sort()
        file = tempfile.TemporaryFile("w+", encoding="utf-8", prefix="pycompss-trace-")  # noqa: SIM115  (see close)
        file.writelines(f"{time}\t{rank}\t{text}\n" for time, rank, text in self._fresh)
        file.seek(0)
        self._files.append(file)
        self._fresh = []


def _parsed(file: Iterable[str]) -> Iterator[Line]:
    for line in file:
        time, rank, text = line.rstrip("\n").split("\t", 2)
        yield int(time), int(rank), text
