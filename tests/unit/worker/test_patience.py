from __future__ import annotations

import pytest

from pycompss.worker import patience
from pycompss.worker.patience import Patience


@pytest.fixture
def clock(monkeypatch):
    """The time that passes: every look takes a hundredth of what counts as short."""
    now = [0.0]
    monkeypatch.setattr(patience, "perf_counter", lambda: now[0])

    def sleep_for(seconds):
        def sleep():
            now[0] += seconds
            return "slept"

        return sleep

    def look_until(time):
        def look():
            now[0] += patience.SHORT / 100
            return "found" if now[0] >= time else None

        return look

    return now, sleep_for, look_until


def test_the_first_wait_sleeps(clock):
    _, sleep_for, look_until = clock
    assert Patience().wait(look_until(0), sleep_for(1.0)) == "slept"


def test_after_a_short_wait_it_looks(clock):
    now, sleep_for, look_until = clock
    waiting = Patience()
    waiting.wait(look_until(0), sleep_for(patience.SHORT / 2))
    assert waiting.wait(look_until(now[0] + patience.SHORT / 2), sleep_for(1.0)) == "found"
    assert waiting.wait(look_until(now[0] + patience.SHORT / 2), sleep_for(1.0)) == "found"


def test_after_a_few_long_waits_it_sleeps_at_once(clock):
    now, sleep_for, look_until = clock
    waiting = Patience()
    waiting.wait(look_until(0), sleep_for(0))
    for _ in range(patience.FEW):
        before = now[0]
        assert waiting.wait(look_until(now[0] + 1.0), sleep_for(1.0)) == "slept"
        assert now[0] - before >= patience.LOOK + 1.0  # it has looked first
    before = now[0]
    assert waiting.wait(look_until(0), sleep_for(0)) == "slept"
    assert now[0] == before


def test_one_long_wait_among_short_ones_is_forgiven(clock):
    now, sleep_for, look_until = clock
    waiting = Patience()
    waiting.wait(look_until(0), sleep_for(0))
    for _ in range(3 * patience.FEW):
        assert waiting.wait(look_until(now[0] + 1.0), sleep_for(1.0)) == "slept"
        assert waiting.wait(look_until(now[0] + patience.SHORT / 2), sleep_for(1.0)) == "found"


def test_who_was_never_answered_soon_does_not_look(clock):
    now, sleep_for, look_until = clock
    waiting = Patience()
    for _ in range(2 * patience.FEW):
        before = now[0]
        assert waiting.wait(look_until(0), sleep_for(1.0)) == "slept"
        assert now[0] == before + 1.0
