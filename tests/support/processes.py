"""Finding the processes of a run, however they were started.

Two threads lead to a process: its ancestors, and a mark in the environment that it was executed with. A daemon loses
its parent but keeps the mark; a fork keeps its parent but shows the environment of before the mark was set.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass

MARK = "PURECOMPSS_TEST_MARK"
_ENDED = (FileNotFoundError, ProcessLookupError, PermissionError)


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    state: str
    command: str

    def __str__(self) -> str:
        return f"{self.pid} ({'zombie' if self.state == 'Z' else self.command})"


def pids() -> frozenset[int]:
    return frozenset(int(name) for name in os.listdir("/proc") if name.isdigit())


def look(pid: int) -> Process | None:
    """The process of this number, or None if there is none any more."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            state, parent = file.read().rpartition(")")[2].split()[:2]
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except _ENDED:
        return None
    return Process(pid, int(parent), state, command[:200])


def has_mark(pid: int, mark: str) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return f"{MARK}={mark}".encode() in file.read().split(b"\0")
    except _ENDED:
        return False


def descends(process: Process, ancestor: int) -> bool:
    current: Process | None = process
    while current is not None and current.parent > 1:
        if current.parent == ancestor:
            return True
        current = look(current.parent)
    return False


def of_run(mark: str, *, ancestor: int | None = None, besides: frozenset[int] = frozenset()) -> list[Process]:
    """Processes that carry `mark` or descend from `ancestor`, without those numbered in `besides`."""
    own = os.getpid()
    found = (look(pid) for pid in pids() - besides if pid != own)
    return [
        process
        for process in found
        if process is not None and (has_mark(process.pid, mark) or (ancestor and descends(process, ancestor)))
    ]


def left_after(
    seconds: float, mark: str, *, ancestor: int | None = None, besides: frozenset[int] = frozenset()
) -> list[Process]:
    """What is left of a run once it had `seconds` to vanish; returns as soon as nothing is."""
    deadline = time.monotonic() + seconds
    while (left := of_run(mark, ancestor=ancestor, besides=besides)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return left


def kill(processes: list[Process]) -> None:
    for process in processes:
        with contextlib.suppress(*_ENDED):
            os.kill(process.pid, signal.SIGKILL)
