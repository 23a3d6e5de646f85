"""Small results that workers of one machine hand to each other, without the program: a page of shared memory.

A task may be sent while others still make what it reads, in other workers (`core.handing`). Those put it on the board,
and whoever wants it looks there. Each task has one place, by its number; a later one takes it over after `PLACES` more.

A place holds the task's number, and length and checksum of what follows: its results, by `marshal`. The checksum
covers the number, so that it does not matter in which order another core sees what was written, nor that a place may be
taken over while somebody reads it.
"""

from __future__ import annotations

import marshal
import mmap
import os
from collections.abc import Iterable
from typing import Any, Final
from zlib import crc32

PLACES: Final = 16381  # a prime: groups that take turns are often a power of two apart
SIZE: Final = 64  # bytes of a place
_HEAD: Final = 16
_ROOM: Final = SIZE - _HEAD
_WORDS: Final = SIZE // 8
_REFUSED: Final = -1  # instead of length and checksum
_LENGTH_BITS: Final = 32

REFUSED: Final = ()  # what `get` tells of a task that makes nothing for the board (who makes nothing is not asked)


class Board:
    """One process's view; `fd` is kept by whoever made it, for workers that are yet to come."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._memory = mmap.mmap(fd, PLACES * SIZE)
        self._bytes = memoryview(self._memory)
        self._words = self._bytes.cast("q")

    @classmethod
    def new(cls, fd: int) -> Board:
        """In a new, empty file."""
        os.ftruncate(fd, PLACES * SIZE)
        return cls(fd)

    def close(self) -> None:
        self._words.release()
        self._bytes.release()
        self._memory.close()
        os.close(self.fd)

    def put(self, task: int, values: tuple[Any, ...] | None) -> None:
        """What the task has made; None, what is no literal, and what is too large: nothing for the board."""
        place = task % PLACES
        word, start = place * _WORDS, place * SIZE + _HEAD
        words = self._words
        if values and (type(values[0]) is not tuple if len(values) == 1 else tuple not in map(type, values)):
            data = marshal.dumps(values)
            length = len(data)
            if length <= _ROOM:
                self._bytes[start : start + length] = data
                words[word + 1] = length << _LENGTH_BITS | crc32(data, task & 0xFFFFFFFF)
                words[word] = task
                return
        words[word + 1] = _REFUSED
        words[word] = task

    def refuse(self, tasks: Iterable[int]) -> None:
        """These make nothing for the board, for now."""
        for task in tasks:
            self.put(task, None)

    def get(self, task: int) -> tuple[Any, ...] | None:
        """What the task has made, or REFUSED; None: it has not ended yet."""
        place = task % PLACES
        words = self._words
        found = words[place * _WORDS]
        if found < task:
            return None
        if found > task:  # somebody else's by now
            return REFUSED
        checked = words[place * _WORDS + 1]
        if checked == _REFUSED:
            return REFUSED
        start = place * SIZE + _HEAD
        length = checked >> _LENGTH_BITS
        data = bytes(self._bytes[start : start + length]) if 0 < length <= _ROOM else b""
        if not data or checked & 0xFFFFFFFF != crc32(data, task & 0xFFFFFFFF):  # half of it is here
            return None
        values: tuple[Any, ...] = marshal.loads(data)
        return values
