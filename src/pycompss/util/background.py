"""Processes that look on take no processor time from those that work."""

from __future__ import annotations

import contextlib
import os
from time import process_time

LOWEST = 19
REST = 4  # times as long as the work took, where others wanted its core, and as long as it waited for one
LONGEST = 1.0  # seconds of a rest
_FREE = 0.1  # of the time of work: who waits less for a core has one to itself


def step_back() -> None:
    """This process, which leads a session of its own, runs where a core would idle otherwise.

    Where Linux schedules by session (`sched_autogroup_enabled`, see sched(7)), a nice value counts among the processes
    of one session only, and each session has the weight of any other; so the session is made nice too. Whether it is
    scheduled so cannot be told from inside a container, so both are always done.
    """
    os.nice(LOWEST)
    _weigh_session(LOWEST)


def step_forward() -> None:
    """Somebody waits for this process now; only the nice value of the process is not taken back, which takes rights."""
    _weigh_session(0)


class Pace:
    """Rests between pieces of work, so that it takes a fifth of a core at most where there is none to spare.

    Even with the lowest priority whoever works between two short tasks keeps the next one waiting for a time slice, and
    leaves it cold caches. Where all cores are busy, the rest doubles what the priority makes it wait.
    """

    def __init__(self) -> None:
        self._used, self._waited = _spent()

    def rest(self) -> float:
        """Seconds, after a piece of work."""
        used, waited = _spent()
        worked, queued = used - self._used, waited - self._waited
        self._used, self._waited = used, waited
        return min(REST * worked + queued, LONGEST) if queued > _FREE * worked else 0.0


def _spent() -> tuple[float, float]:
    """Seconds of processor time of this process so far, and in which its first thread waited for a core (Linux)."""
    waited = 0.0
    with contextlib.suppress(OSError), open("/proc/self/schedstat", "rb") as file:
        waited = int(file.read().split()[1]) / 1e9
    return process_time(), waited


def _weigh_session(nice: int) -> None:
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError), open("/proc/self/autogroup", "w", encoding="ascii") as group:
            group.write(str(nice))
