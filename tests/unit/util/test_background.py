"""A process that only looks on has the least weight, also where the system weighs sessions instead of processes."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from pycompss.util import background

PROGRAM = """
import os
from pycompss.util.background import step_back, step_forward
def now():
    try:
        with open("/proc/self/autogroup") as group:
            of_session = group.read().split()[-1:]  # nothing where sessions are not weighed
    except OSError:
        of_session = []
    return int(of_session[0]) if of_session else None, os.nice(0)
print([now(), step_back() or now(), step_forward() or now()])
"""


def _weights(*, own_session: bool) -> list[tuple[int | None, int]]:
    """(of the session, of the process) before, in the background, and when somebody waits; 19 is the least."""
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=own_session)
    return ast.literal_eval(done.stdout)


def test_a_session_of_its_own_is_made_nice_and_the_process_too() -> None:
    before, background, awaited = _weights(own_session=True)
    if before[0] is None:
        assert (background, awaited) == ((None, 19), (None, 19))
    else:
        assert (background, awaited) == ((19, 19), (before[0], 19))


def test_the_session_of_others_keeps_its_weight() -> None:
    before, background, awaited = _weights(own_session=False)
    assert background == awaited == (before[0], 19)


def test_who_looks_on_rests_where_others_want_its_core(monkeypatch: pytest.MonkeyPatch) -> None:
    spent = iter([(1.0, 0.0), (1.1, 0.0), (1.2, 0.1), (9.0, 9.0)])
    monkeypatch.setattr(background, "_spent", lambda: next(spent))
    pace = background.Pace()
    assert pace.rest() == 0.0  # it had one to itself
    assert pace.rest() == pytest.approx(0.1 * background.REST + 0.1)
    assert pace.rest() == background.LONGEST
