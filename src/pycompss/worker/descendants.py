"""The processes that a program of a task, or a task, has started, wherever they went.

A program gets a process group of its own, and a mark in its environment that says which worker started it. What it
starts inherits the mark, and keeps it in a new session and without a parent. Only what clears its environment *and*
leaves the group is out of reach.

Whatever else a task leaves behind becomes a child of the fork server, which ends it with the run.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Collection

MARK = "PYCOMPSS_PROGRAM_OF"  # "<worker>.<number of the program>@<host>": ranks of MPI tasks carry it to other hosts
ROUNDS = 20  # of killing, for those who start others meanwhile
BREATH = 0.005  # seconds between them

_VALUE = re.compile(rb"(?:^|\0)" + MARK.encode() + rb"=((\d+)\.\d+@([^\0]*))(?:\0|$)")


def new_mark(number: int) -> str:
    """The mark of this worker's program of that number."""
    return f"{os.getpid()}.{number}@{os.uname().nodename}"


def of_program(mark: str) -> list[int]:
    """The processes of one program. Linux only: elsewhere the process group has to do."""
    return [pid for pid, found, _ in _marked() if found == mark]


def of_workers(workers: Collection[int]) -> list[int]:
    """The processes of all programs that these workers have started."""
    return [pid for pid, _, worker in _marked() if worker in workers]


def kill_programs_of(workers: Collection[int]) -> None:
    """The workers are dead: so be their programs."""
    for _ in range(ROUNDS):
        found = of_workers(workers) if workers else []
        if not found:
            return
        send(found, signal.SIGKILL)
        time.sleep(BREATH)  # what they had mapped is looked at afterwards


def kill_children() -> None:
    """End the children of this process, and theirs, which become its children thereby (`kinship.adopt_orphans`)."""
    for _ in range(ROUNDS):
        if not _has_children():
            return
        send(_children(), signal.SIGKILL)
        time.sleep(BREATH)


def _has_children() -> bool:
    """Whether there are any; those that have ended are buried."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _children() -> list[int]:
    own = str(os.getpid())
    return [int(pid) for pid in _numbers() if _parent(pid) == own]


def _parent(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[1]
    except OSError:  # it has just ended
        return ""


def send(pids: Collection[int], number: int) -> None:
    """Signal processes, some of which may have ended."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _marked() -> list[tuple[int, str, int]]:
    """(pid, mark, worker) of all processes marked on this host that this user may see; zombies show no mark."""
    found, here = [], os.uname().nodename.encode()
    for name in _numbers():
        value = _VALUE.search(_environment(name))
        if value is not None and value[3] == here:
            found.append((int(name), value[1].decode(), int(value[2])))
    return found


def _numbers() -> list[str]:
    """Of all processes; none where the system does not tell."""
    try:
        return list(filter(str.isdigit, os.listdir("/proc")))
    except FileNotFoundError:
        return []


def _environment(pid: str) -> bytes:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read()
    except OSError:  # it has just ended, or is somebody else's
        return b""
