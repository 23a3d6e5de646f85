"""How much memory processes use together, as far as Linux tells.

The proportional set size divides every page by the number of processes that map it, so the sum over an engine's
processes counts each page once. It misses pages of shared memory that exist and that nobody maps at the moment, as in a
file of `memfd_create` that was written by system calls: they are counted by the blocks of the files that are open.
"""

from __future__ import annotations

import os
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

SHARED = ("/memfd:", "/dev/shm/")  # noqa: S108 - what links of open shared memory begin with
INTERVAL = 0.01  # seconds between two samples
HALT = 0.05  # seconds in which a process stands still that was told to
_STILL = frozenset("TtZX")
IDLE = 0.4  # seconds before the work that count as idle

Sample = tuple[float, int]  # time (`time.monotonic`), bytes


def total(pids: Iterable[int]) -> int:
    """Bytes that these processes use."""
    pids = list(pids)
    mapped = [_mapped(pid) for pid in pids]
    unmapped = max(0, _shared_files(pids) - sum(shared for _, shared in mapped))
    return sum(size for size, _ in mapped) + unmapped


def _mapped(pid: int) -> tuple[int, int]:
    """Proportional set size of a process, and how much of it is shared memory."""
    found = {"Pss": 0, "Pss_Shmem": 0}
    try:
        with open(f"/proc/{pid}/smaps_rollup") as lines:
            for line in lines:
                name, _, rest = line.partition(":")
                if name in found:
                    found[name] = int(rest.split()[0]) * 1024
    except OSError:  # it has ended
        pass
    return found["Pss"], found["Pss_Shmem"]


def _shared_files(pids: Iterable[int]) -> int:
    """Bytes in the shared memory files that these processes have open, each counted once."""
    files: dict[tuple[int, int], int] = {}
    for pid in pids:
        folder = f"/proc/{pid}/fd"
        try:
            for name in os.listdir(folder):
                _note(f"{folder}/{name}", files)
        except OSError:
            continue
    return sum(files.values())


def _note(link: str, files: dict[tuple[int, int], int]) -> None:
    try:
        if os.readlink(link).startswith(SHARED):
            status = os.stat(link)
            files[status.st_dev, status.st_ino] = status.st_blocks * 512
    except OSError:  # it was closed
        pass


@contextmanager
def sampled(pids: Callable[[], Iterable[int]], samples: list[Sample]) -> Iterator[None]:
    """Look at the memory of processes again and again, in a thread; they stand still meanwhile.

    A look takes milliseconds: a value that moves from one place to another in that time would be seen in both.
    """
    end = threading.Event()

    def sample() -> None:
        while not end.wait(INTERVAL):
            found = list(pids())
            with halted(found):
                samples.append((time.monotonic(), total(found)))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


@contextmanager
def halted(pids: Iterable[int]) -> Iterator[None]:
    """Processes stand still, as soon as they have left the system call that they are in."""
    stopped = [pid for pid in pids if _signal(pid, signal.SIGSTOP)]
    try:
        end = time.monotonic() + HALT
        while time.monotonic() < end and any(_state(pid) not in _STILL for pid in stopped):
            time.sleep(0)
        yield
    finally:
        for pid in stopped:
            _signal(pid, signal.SIGCONT)


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):  # it has ended
        return False
    return True


def _state(pid: int) -> str:
    """The letter that `ps` shows."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def above_idle(samples: Sequence[Sample], began: float, ended: float) -> float:
    """Bytes at the peak between two times, less what was used just before."""
    idle = [size for at, size in samples if began - IDLE <= at < began]
    busy = [size for at, size in samples if began <= at <= ended]
    if not idle or not busy:
        raise ValueError("memory was not sampled in time")
    return max(busy) - statistics.median(idle)
