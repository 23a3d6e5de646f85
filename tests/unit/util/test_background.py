"""A process that only looks on has the least weight, also where the system weighs sessions instead of processes."""

from __future__ import annotations

import ast
import subprocess
import sys

PROGRAM = """
import os
from pycompss.util.background import step_back, step_forward
def now():
    try:
        with open("/proc/self/autogroup") as group:
            return int(group.read().split()[-1]), os.nice(0)
    except OSError:
        return 0, os.nice(0)
print([now(), step_back() or now(), step_forward() or now()])
"""


def _weights(*, own_session: bool) -> list[tuple[int, int]]:
    """(of the session, of the process) before, in the background, and when somebody waits; 19 is the least."""
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=own_session)
    return ast.literal_eval(done.stdout)


def test_a_session_of_its_own_is_made_nice_where_that_counts_and_else_the_process() -> None:
    before, background, awaited = _weights(own_session=True)
    try:
        with open("/proc/sys/kernel/sched_autogroup_enabled", encoding="ascii") as switch:
            is_by_session = switch.read().strip() == "1"
    except OSError:
        is_by_session = False
    if is_by_session:
        assert (background, awaited) == ((19, before[1]), before)
    else:
        assert background[1] == awaited[1] == 19


def test_the_session_of_others_keeps_its_weight() -> None:
    before, background, awaited = _weights(own_session=False)
    assert background == awaited == (before[0], 19)
