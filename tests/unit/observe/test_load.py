"""The load over time: fine at first, coarser as the run goes on, and never more than some hundred looks."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from pycompss.core.events import Kind
from pycompss.observe.load import FINEST, MOST, Load
from pycompss.observe.records import Stage
from pycompss.observe.runview import RunView


def test_a_long_run_has_no_more_looks_than_a_short_one():
    load = Load()
    for step in range(200_000):
        time = step * FINEST / 2
        if time >= load.due:
            load.look(time, Counter({Stage.RUNNING: step}), time)
    assert MOST // 2 <= len(load.looks) < MOST
    gaps = [after[0] - before[0] for before, after in pairwise(load.looks)]
    assert max(gaps) <= 4 * min(gaps)
    assert load.looks[0][0] == 0.0


def test_the_load_is_what_lasted_not_what_a_moment_between_two_events_shows():
    view = RunView()
    view.read([(Kind.RUN_STARTED, 1.0, "app", (("n", 1, None),))])
    for task in (1, 2, 3):
        view.read([(Kind.TASK_CREATED, 1.0, task, 0, (), (), (), (), frozenset(), None, 0, None)])
    for task, time in ((1, 2.0), (2, 4.0)):
        view.read([(Kind.TASK_READY, time, task), (Kind.TASK_ASSIGNED, time, task, "n", 1, 1)])
        view.read([(Kind.TASK_FINISHED, time + 2.0, task, "n", 1, 1, 0.9)])  # the next one begins at this time
    view.read([(Kind.RUN_ENDED, 8.0, 0)])
    assert view.load.looks == [(1.0, 0, 0, 3), (2.0, 1, 0, 2), (4.0, 1, 0, 1), (6.0, 0, 0, 1)]
