"""Times of a node whose clock is wrong come out by ours; clocks that agree are left alone."""

from __future__ import annotations

import pytest

pytest.importorskip("distributed", reason="pip install 'purecompss[cluster]'")

from pycompss.engines import protocol
from pycompss.engines.dask.clocks import Clocks

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
