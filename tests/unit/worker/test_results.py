from __future__ import annotations

import pytest

from pycompss.worker import wire
from pycompss.worker.results import Results


@pytest.fixture
def results():
    return Results()


def test_a_task_gets_what_an_earlier_one_made(results):
    results.of[1] = (10, 11)
    inputs = [(wire.LOCAL, 1, 1), 5, (0, b"pickle")]
    assert results.fill(2, inputs)
    assert inputs == [11, 5, (0, b"pickle")]


def test_a_task_is_stranded_when_the_earlier_one_did_not_end_well(results):
    assert not results.fill(2, [(wire.LOCAL, 1, 0)])
    assert not results.fill(3, [(wire.LOCAL, 2, 0)])
    assert results.clear() == [2, 3]
    assert results.clear() == []


def test_a_promise_of_a_value_is_no_value(results):
    results.of[1] = ((77, "future"),)
    assert not results.fill(2, [(wire.LOCAL, 1, 0)])


def test_results_are_forgotten_with_their_message(results):
    results.of[1] = (10,)
    results.clear()
    assert not results.fill(2, [(wire.LOCAL, 1, 0)])
