"""Where the program's time for a task goes: steps do not count what steps within them take."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

import pytest


@pytest.fixture
def budget(benchmark, monkeypatch):
    module = benchmark("budget")
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=count().__next__))  # every look takes a second
    return module


def test_a_step_is_not_charged_for_the_steps_within(budget):
    outer, inner = list(budget.STEPS)[:2]
    watch = budget.Stopwatch()
    within = watch.wrap(inner, lambda: None)
    watch.wrap(outer, lambda: (within(), within()))()
    assert watch.seconds[inner] == 2
    assert watch.seconds[outer] == 5 - 2  # six looks, of which two and two are the inner steps'
    assert (watch.entries[outer], watch.entries[inner]) == (1, 2)


def test_a_step_that_fails_has_taken_its_time(budget):
    outer, inner = list(budget.STEPS)[:2]
    watch = budget.Stopwatch()

    def fails():
        raise ValueError

    with pytest.raises(ValueError):
        watch.wrap(outer, watch.wrap(inner, fails))()
    assert (watch.seconds[outer], watch.seconds[inner]) == (2, 1)


def test_all_steps_are_functions_of_the_project(budget):
    for step, (owner, attribute) in budget.places().items():
        assert callable(getattr(owner, attribute)), step
