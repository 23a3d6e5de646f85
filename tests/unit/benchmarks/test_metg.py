"""The search for the smallest tasks that run at half efficiency."""

from __future__ import annotations

import math

import pytest


@pytest.fixture(scope="module")
def metg(benchmark):
    return benchmark("metg")


class Fake:
    """An engine that adds a fixed time to every task, on cores that slow each other down."""

    def __init__(self, metg, overhead, speed=1.0):
        self.metg, self.overhead, self.speed = metg, overhead, speed
        self.asked = []

    def run(self, iterations):
        self.asked.append(iterations)
        plain = iterations * 1e-6
        return self.metg.Run(plain, plain / self.speed + self.overhead)


@pytest.mark.parametrize("overhead", [20e-6, 100e-6, 2e-3])
def test_half_efficiency_is_where_tasks_take_as_long_as_the_overhead(metg, overhead):
    found = metg.crossing(Fake(metg, overhead).run, 0.5)
    assert found == pytest.approx(2 * overhead, rel=0.1)


def test_cores_that_slow_each_other_down_make_it_larger_unless_that_is_taken_out(metg):
    assert metg.crossing(Fake(metg, 100e-6, speed=0.7).run, 0.5) == pytest.approx(350e-6, rel=0.1)
    assert metg.crossing(Fake(metg, 100e-6, speed=0.7).run, 0.35) == pytest.approx(200e-6, rel=0.1)


def test_an_engine_that_never_gets_there_is_given_up_before_tasks_take_minutes(metg):
    engine = Fake(metg, 1e-6, speed=0.4)
    assert metg.crossing(engine.run, 0.5) == math.inf
    assert max(engine.asked) <= metg.LARGEST


def test_an_engine_without_overhead_is_as_good_as_the_smallest_task(metg):
    assert metg.crossing(Fake(metg, 0.0).run, 0.5) < 10e-6


@pytest.fixture
def plain(benchmark):
    return benchmark("engines").Plain(2)


def test_the_stencil_runs_on_an_engine_and_its_runs_are_remembered(metg, plain):
    bench = metg.Bench(plain, scale=0.001)
    first = bench.run(10)
    assert first.plain > 0
    assert bench.run(10) is first


def test_wrong_values_are_noticed(metg, plain):
    plain.value = lambda handle: handle + 1
    with pytest.raises(ValueError, match="wrong"):
        metg.Bench(plain, scale=0.001).run(10)


def test_a_plain_loop_that_was_held_up_makes_no_engine_look_efficient(metg, monkeypatch):
    measured = iter([metg.Run(plain=9e-5, granularity=1.0e-4), metg.Run(plain=5e-5, granularity=1.2e-4)])
    bench = metg.Bench(metg.Plain(1), 1.0)
    monkeypatch.setattr(bench, "_run", lambda _: next(measured))
    assert bench.run(80) == metg.Run(plain=5e-5, granularity=1.0e-4)
