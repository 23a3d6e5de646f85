"""numpy arrays of Python objects as collections: programs slice their futures and blocks with them."""

from __future__ import annotations

import numpy as np
import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import COLLECTION_IN, COLLECTION_INOUT, Depth, Type
from pycompss.api.task import task

pytestmark = pytest.mark.usefixtures("session")


@task(returns=1)
def double(number):
    return 2 * number


@task(numbers=COLLECTION_IN, returns=1)
def total(numbers):
    assert type(numbers) is list
    return sum(numbers)


@task(rows={Type: COLLECTION_IN, Depth: 2}, returns=1)
def total_of_rows(rows):
    return sum(map(sum, rows))


@task(lists=COLLECTION_INOUT)
def append_to_all(lists, item):
    for each in lists:
        each.append(item)


@task(numbers=COLLECTION_IN, returns=1)
def shape(numbers):
    return numbers.shape


@task(numbers=COLLECTION_INOUT)
def clear(numbers):
    for number in numbers:
        number[:] = 0


def test_a_slice_of_an_array_of_futures_is_a_collection():
    futures = np.empty((3, 3), dtype=object)
    for i, j in np.ndindex(3, 3):
        futures[i, j] = double(10 * i + j)
    assert compss_wait_on(total(futures[:, 1])) == 2 * (1 + 11 + 21)
    assert compss_wait_on(total_of_rows(futures[:2])) == 2 * (0 + 1 + 2 + 10 + 11 + 12)


def test_elements_of_an_array_of_objects_are_written_one_by_one():
    first, second = [1], [2]
    lists = np.empty(2, dtype=object)
    lists[:] = first, second
    append_to_all(lists, 3)
    assert compss_wait_on([first, second]) == [[1, 3], [2, 3]]


@task(numbers={Type: COLLECTION_INOUT, Depth: 2})
def increment_all(numbers):
    for row in numbers:
        for index in range(len(row)):
            row[index] += 1


def test_plain_elements_of_an_array_of_objects_are_written_one_by_one():
    """As in a list, what a task writes in their place are futures."""
    numbers = np.array([[1, 2], [3, 4]], dtype=object)
    increment_all(numbers)
    increment_all(numbers[:1])
    assert compss_wait_on(numbers.tolist()) == [[3, 4], [4, 5]]


def test_an_array_of_numbers_arrives_whole():
    assert compss_wait_on(shape(np.zeros((2, 3)))) == (2, 3)
    numbers = np.ones((2, 3))
    clear(numbers)
    assert (compss_wait_on(numbers) == 0).all()


def test_what_can_be_iterated_over_is_a_collection():
    assert compss_wait_on(total(range(4))) == 6
    assert compss_wait_on(total({1: 2, 3: 4}.values())) == 6


@pytest.mark.parametrize("given", [5, "text", {1: 2}, b"bytes"])
def test_what_is_no_collection_is_refused_at_the_call(given):
    with pytest.raises(TypeError, match=r"'numbers' is declared as a collection, so it takes a list, not "):
        total(given)
