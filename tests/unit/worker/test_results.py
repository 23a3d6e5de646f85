from __future__ import annotations

from collections import deque

import pytest

from pycompss.worker import wire
from pycompss.worker.results import Results, follows


def task(number, *inputs):
    return (number, 0, ((wire.READ, 0),), None, inputs, 1, None)


@pytest.fixture
def done():
    return deque()


def test_a_task_gets_what_an_earlier_one_reported(done):
    results = Results(done)
    done.append((1, wire.OK, (10, 11), 0.0, None))
    results.note(1)
    assert results.fill(task(2, (wire.LOCAL, 1, 1), 5)) == task(2, 11, 5)


@pytest.mark.parametrize("status", [wire.FAILED, wire.RAISED, wire.CANCELLED])
def test_a_task_is_stranded_when_the_earlier_one_did_not_end_well(done, status):
    results = Results(done)
    done.append((1, status, None, 0.0, None))
    results.note(1)
    assert results.fill(task(2, (wire.LOCAL, 1, 0))) is None
    assert results.fill(task(3, (wire.LOCAL, 2, 0))) is None
    assert results.clear() == [2, 3]
    assert results.clear() == []


def test_a_promise_of_a_value_is_no_value(done):
    results = Results(done)
    done.append((1, wire.OK, ((77, "future"),), 0.0, None))
    results.note(1)
    assert results.fill(task(2, (wire.LOCAL, 1, 0))) is None


def test_what_was_reported_already_is_not_known(done):
    results = Results(done)
    results.note(1)
    assert results.fill(task(2, (wire.LOCAL, 1, 0))) is None


def test_ordinary_inputs_follow_nothing():
    assert not follows((1, "text", (0, b"pickle"), None))
    assert follows((1, (wire.LOCAL, 3, 0)))
