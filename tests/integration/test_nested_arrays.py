"""Values in shared memory that a task waits for while it runs."""

from __future__ import annotations

import numpy as np
import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import COLLECTION_IN
from pycompss.api.task import task

SIZE = 50_000


@task(returns=1)
def filled(number):
    return np.full(SIZE, number)


@task(returns=1)
def total_of_inner_arrays(count):
    return sum(int(array.sum()) for array in compss_wait_on([filled(number) for number in range(count)])) // SIZE


@task(arrays=COLLECTION_IN, returns=1)
def total_of_inner_and_given_arrays(arrays, count):
    inner = compss_wait_on([filled(number) for number in range(count)])
    return sum(int(array.sum()) for array in [*arrays, *inner]) // SIZE


@pytest.mark.usefixtures("session")
def test_arrays_that_other_workers_made_reach_a_task_that_waits_for_them():
    assert compss_wait_on([total_of_inner_arrays(4) for _ in range(8)]) == [6] * 8


@pytest.mark.usefixtures("session")
def test_arrays_arrive_with_a_task_and_while_it_runs():
    given = [filled(number) for number in range(6)]
    assert compss_wait_on([total_of_inner_and_given_arrays(given, 4) for _ in range(8)]) == [21] * 8
