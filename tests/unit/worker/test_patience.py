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


def eager(sleep_for, look_until):
    """One who looks, because it was answered soon."""
    waiting = Patience()
    waiting.wait(look_until(0), sleep_for(0))
    assert waiting.is_eager
    return waiting


def sleeps_at_once(now, waiting, sleep_for, look_until, seconds=0.0):
    before = now[0]
    assert waiting.wait(look_until(0), sleep_for(seconds)) == "slept"
    return now[0] == before + seconds


def test_one_long_wait_among_short_ones_is_forgiven(clock):
    now, sleep_for, look_until = clock
    waiting = eager(sleep_for, look_until)
    for _ in range(10):
        assert waiting.wait(look_until(now[0] + 1.0), sleep_for(1.0)) == "slept"
        assert waiting.wait(look_until(now[0] + patience.SHORT / 2), sleep_for(1.0)) == "found"


def test_after_two_long_waits_it_sleeps_at_once(clock):
    now, sleep_for, look_until = clock
    waiting = eager(sleep_for, look_until)
    for _ in range(2):
        before = now[0]
        assert waiting.wait(look_until(now[0] + 1.0), sleep_for(1.0)) == "slept"
        assert now[0] >= before + patience.SHORT + 1.0  # it has looked first
    assert sleeps_at_once(now, waiting, sleep_for, look_until)
    assert waiting.wait(look_until(0), sleep_for(0)) == "found"


def test_who_keeps_the_other_from_answering_looks_ever_more_rarely(clock):
    """Both have one core: nothing comes as long as one looks, and at once when one sleeps."""
    now, sleep_for, look_until = clock
    waiting = eager(sleep_for, look_until)
    slept = [sleeps_at_once(now, waiting, sleep_for, lambda _: look_until(now[0] + 1.0)) for _ in range(50)]
    looked = [place for place, at_once in enumerate(slept) if not at_once]
    assert looked == [0, 1, 3, 6, 11, 20, 29, 38, 47]


def test_once_looking_finds_something_all_is_forgiven(clock):
    now, sleep_for, look_until = clock
    waiting = eager(sleep_for, look_until)
    while not (waiting.is_eager and now[0] > 10):
        waiting.wait(look_until(now[0] + 1.0), sleep_for(0 if now[0] > 10 else 1.0))
    assert waiting.wait(look_until(0), sleep_for(0)) == "found"
    assert waiting.wait(look_until(now[0] + 1.0), sleep_for(0)) == "slept"
    assert waiting.wait(look_until(0), sleep_for(0)) == "found"


def test_who_was_never_answered_soon_does_not_look(clock):
    now, sleep_for, look_until = clock
    waiting = Patience()
    assert all(sleeps_at_once(now, waiting, sleep_for, look_until, 1.0) for _ in range(5))
