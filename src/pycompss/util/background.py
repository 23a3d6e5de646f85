"""Processes that look on take no processor time from those that work."""

from __future__ import annotations

import os

LOWEST = 19


def step_back() -> None:
    """This process, which leads a session of its own, runs where a core would idle otherwise.

    Where Linux schedules by session (`sched_autogroup_enabled`, see sched(7)), a nice value counts among the processes
    of one session only, and each session has the weight of any other; so there, the session is made nice.
    """
    if not _weigh_session(LOWEST):
        os.nice(LOWEST)


def step_forward() -> None:
    """Somebody waits for this process now; only a nice value is not taken back, which takes rights."""
    _weigh_session(0)


def _weigh_session(nice: int) -> bool:
    if os.getsid(0) != os.getpid():
        return False
    try:
        with open("/proc/self/autogroup", "w", encoding="ascii") as group:
            group.write(str(nice))
        with open("/proc/sys/kernel/sched_autogroup_enabled", encoding="ascii") as switch:
            return switch.read().strip() == "1"
    except OSError:
        return False
