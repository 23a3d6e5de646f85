"""`compss_clean_procs`: end the user's runs on this machine, if any hang; nobody else's, and nothing else.

A run's workers die with it by themselves, so there is nothing to clean after one that has ended. Those that go on are
found by their fork servers and bridges: what started one is a program, or an agent. It is asked to end in order, then
made to.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_HELPERS = ("pycompss.worker.forkserver import main", "pycompss.engines.dask.setting_out import main")
_CODE = 2  # position of what `python -c` runs
PATIENCE = 10.0  # seconds to end in order


class Process(NamedTuple):
    """What `/proc` tells of one."""

    pid: int
    parent: int
    user: int
    words: tuple[str, ...]


def clean(words: Sequence[str]) -> int:
    """End what there is; `--dry_run` only names it. Returns the exit code."""
    if any(word in ("-h", "--help") for word in words):
        sys.stdout.write("Usage: compss_clean_procs [--dry_run]\n\nEnds your runs on this machine, and nothing else.\n")
        return 0
    found = runs(processes(), os.getuid())
    for process in found:
        sys.stdout.write(f"{process.pid}  {' '.join(process.words)}\n")
    if not found:
        sys.stdout.write("No run of yours is on this machine\n")
    elif "--dry_run" not in words:
        end([process.pid for process in found])
    return 0


def runs(table: Iterable[Process], user: int) -> list[Process]:
    """The programs of that user that have workers, and agents; not ourselves."""
    by_pid = {process.pid: process for process in table}
    helpers = {process.pid for process in by_pid.values() if process.user == user and _is_helper(process)}
    parents = {by_pid[pid].parent for pid in helpers} - helpers - {os.getpid()}
    return [by_pid[pid] for pid in sorted(parents) if pid in by_pid and by_pid[pid].user == user]


def _is_helper(process: Process) -> bool:
    """A fork server or a bridge, or what they have forked: it has the same words."""
    code = process.words[2] if process.words[1:2] == ("-c",) and len(process.words) > _CODE else ""
    return code.startswith("import sys;") and any(helper in code for helper in _HELPERS)


def processes() -> Iterator[Process]:
    """All that can be seen."""
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = tuple(os.fsdecode(word) for word in file.read().split(b"\0")[:-1])
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                parent = int(file.read().rpartition(")")[2].split()[1])
            yield Process(int(name), parent, os.stat(f"/proc/{name}").st_uid, words)


def end(pids: Sequence[int]) -> None:
    """SIGTERM, and SIGKILL for those that are still there after a while."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, number)
        deadline = time.monotonic() + PATIENCE
        while (pids := [pid for pid in pids if _is_there(pid)]) and time.monotonic() < deadline:
            time.sleep(0.05)


def _is_there(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False
