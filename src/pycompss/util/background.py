"""Processes that look on take no processor time from those that work."""

from __future__ import annotations

import contextlib
import os

LOWEST = 19


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


def _weigh_session(nice: int) -> None:
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError), open("/proc/self/autogroup", "w", encoding="ascii") as group:
            group.write(str(nice))
