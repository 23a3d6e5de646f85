"""Times of a node whose clock is wrong come out by ours; clocks that agree are left alone."""

from __future__ import annotations

import pytest

pytest.importorskip("distributed", reason="pip install 'purecompss[cluster]'")

from pycompss.engines import protocol
from pycompss.engines.dask.clocks import AGAIN, FIRST, KEPT, Clocks
from pycompss.engines.dask.sight import Sight

RUN = (7, 10.0, 11.0, 12.0, 13.0, 0.5, None, None, None, ((11.5, 9100000, 1),))


def event(sent):
    return (protocol.OBSERVED, 3, 4, (100.0, 0.9, (RUN,)), sent)


@pytest.mark.parametrize("behind", [1000.0, -1000.0])
def test_a_clock_that_is_off_is_put_right_by_the_quickest_message(behind):
    now = [0.0]
    clocks = Clocks(lambda: now[0])
    now[0] = 20.0 + behind + 0.4  # a slow one
    assert clocks.heard(1, 20.0) == pytest.approx(behind + 0.4)
    now[0] = 21.0 + behind
    kind, slot, worker, (shift, load, (run,)) = clocks.observed(1, event(21.0))
    assert (kind, slot, worker, load) == (protocol.OBSERVED, 3, 4, 0.9)
    assert shift == 100.0 + behind
    moved = tuple(time + behind for time in (10.0, 11.0, 12.0, 13.0))
    assert run == (7, *moved, 0.5, None, None, None, ((11.5 + behind, 9100000, 1),))
    assert clocks.heard(2, 21.0) == behind  # nodes have clocks of their own


def test_what_may_be_the_way_of_a_message_moves_nothing():
    clocks = Clocks(lambda: 20.2)
    assert clocks.heard(1, 20.0) == 0.0
    assert clocks.observed(1, event(20.0)) == event(20.0)[:-1]


class TwoMachines:
    """Ours, and a node whose clock is off by `offset`; `there` and `back` are the ways of question and answer."""

    def __init__(self, offset):
        self.now = 1000.0
        self.offset = offset
        self.clocks = Clocks(lambda: self.now)

    def ask(self, there, back):
        asked = self.now
        self.now += there
        theirs = self.now + self.offset
        self.now += back
        self.clocks.answered(1, asked, theirs)


@pytest.mark.parametrize("offset", [0.004, -0.004, 3600.0])
def test_a_small_difference_is_put_right_by_the_quickest_answer(offset):
    two = TwoMachines(offset)
    for there, back in ((0.3, 0.001), (0.0004, 0.0006), (0.001, 0.5)):
        two.ask(there, back)
    assert two.clocks.behind(1) == pytest.approx(-offset, abs=0.0002)
    sight = Sight(two.clocks)
    sight.seen(1, [(5, 7, two.now + offset)], [(1, 20.0)], two.now + offset)
    assert sight.running() == [(5, 7, pytest.approx(two.now, abs=0.0002))]
    assert sight.memory() == [(1, pytest.approx(two.now, abs=0.0002), [(1, 20.0)])]
    sight.lost(1)
    assert sight.running() == sight.memory() == []


def test_clocks_that_agree_are_left_alone_however_uneven_the_ways_are():
    two = TwoMachines(0.0)
    two.ask(0.2, 0.0001)
    assert two.clocks.behind(1) == 0.0
    assert two.clocks.heard(1, two.now - 100) == 0.0  # answers count, where there are some


def test_a_clock_that_drifts_is_followed():
    two = TwoMachines(0.0)
    two.ask(0.0001, 0.0001)
    two.offset = 0.05
    for _ in range(KEPT):
        two.ask(0.001, 0.001)
    assert two.clocks.behind(1) == pytest.approx(-0.05)


def test_nodes_are_asked_soon_at_first_then_seldom():
    two = TwoMachines(0.0)
    for _ in range(FIRST):
        assert two.clocks.due([1, 2]) == [(1, two.now), (2, two.now)]
        two.ask(0.001, 0.001)
    assert two.clocks.due([1]) == []
    two.now += AGAIN
    assert two.clocks.due([1]) == [(1, two.now)]
    two.now -= 500  # somebody has set our clock
    assert two.clocks.due([1]) == [(1, two.now)]
