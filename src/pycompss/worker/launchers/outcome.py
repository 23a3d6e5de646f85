"""How a program ended, for people: its exit code or signal, and what it said last."""

from __future__ import annotations

import os
import shlex
import signal
import stat
import sys
from collections.abc import Sequence
from typing import Final

from pycompss.errors import ProgramError
from pycompss.worker.launchers.programs import Streams

LAST_LINES: Final = 20  # of what a program said, shown when it fails
_TAIL: Final = 8192  # bytes in which they are looked for
_SHOWN: Final = 300  # characters of a command in a message


def flushed(streams: Streams) -> tuple[int, int]:
    """Have what Python has printed come before what the program prints; how much there is of both."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return _length(streams.stdout or 1), _length(streams.stderr or 2)


def _length(place: int | str) -> int:
    """The length of the file that a stream leads to, by descriptor or path; -1: it is no file."""
    try:
        status = os.stat(place)
    except FileNotFoundError:  # the program makes it
        return 0
    except OSError:
        return -1
    return status.st_size if stat.S_ISREG(status.st_mode) else -1


def failure(command: Sequence[str], code: int, words: str) -> ProgramError:
    shown = shlex.join(command)
    how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
    error = ProgramError(f"{shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'} {how}{words}")
    error.exit_code = code if code >= 0 else 128 - code
    error.command = tuple(command)
    return error


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def last_words(streams: Streams, before: tuple[int, int]) -> str:
    """What the program said last: its standard error, else its output."""
    places = (("standard error", streams.stderr or 2, before[1]), ("output", streams.stdout or 1, before[0]))
    for what, place, start in places:
        lines = _tail(place, start).decode(errors="replace").splitlines()[-LAST_LINES:]
        if lines:
            return f"\n  the end of its {what}:\n" + "\n".join(f"    {line}" for line in lines)
    return ""


def _tail(place: int | str, start: int) -> bytes:
    """The end of a file; nothing of what stood there before `start`."""
    if start < 0:
        return b""
    try:
        with open(place, "rb", closefd=isinstance(place, str)) as file:
            length = os.fstat(file.fileno()).st_size
            start = max(start, length - _TAIL)
            return os.pread(file.fileno(), length - start, start)
    except (OSError, ValueError):  # gone, or cut short
        return b""
