"""A task hands what it may write on to tasks that it calls, and ends without waiting for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import COLLECTION_INOUT, COLLECTION_OUT, INOUT, Depth, Type
from pycompss.api.task import task


@task(x=INOUT)
def append(x, item):
    x.append(item)


@task(x=INOUT)
def append_by_another(x, item):
    append(x, item)


@task(x=INOUT)
def append_by_others(x, item):
    append_by_another(x, item)
    append_by_another(x, item + 1)


@task(array=INOUT)
def add(array, number):
    array += number


@task(array=INOUT)
def add_by_another(array, number):
    array += 1
    add(array, number)


@task(array=INOUT)
def double_at_second(array, attempts):
    with open(attempts, "a") as file:
        print("attempt", file=file)
    array *= 2
    if Path(attempts).read_text().count("attempt") == 1:
        raise ValueError("half-way")


@task(returns=1)
def ones_and_note(runs):
    with open(runs, "a") as file:
        print("run", file=file)
    return np.ones(50_000)


@task(returns=1)
def ones_by_another(runs):
    return compss_wait_on(ones_and_note(runs)) + 0


@task(blocks={Type: COLLECTION_INOUT, Depth: 2})
def add_to_all(blocks, number):
    for row in blocks:
        for block in row:
            block += number


@task(blocks={Type: COLLECTION_INOUT, Depth: 2}, returns=1)
def add_to_all_by_another(blocks, number):
    add_to_all(blocks, number)
    return number


@task(returns=1)
def double(number):
    return 2 * number


@task(out={Type: COLLECTION_OUT, Depth: 1})
def double_by_others(out):
    for i in range(len(out)):
        out[i] = double(i)


@task(returns=1)
def a_list_that_another_writes(item):
    made = [item]
    append(made, item + 1)
    return made


@task(returns=2)
def two_lists_that_others_write(item):
    made = [item], [[item]]
    append(made[0], item + 1)
    append(made[1][0], item + 2)
    return made


class Counter:
    def __init__(self):
        self.number = 0


@task(returns=Counter)
def counter(number):
    made = Counter()
    made.number = number
    return made


@task(returns=Counter)
def counter_by_another(number):
    return counter(number)


pytestmark = pytest.mark.usefixtures("session")


def test_an_object_has_what_the_inner_task_did():
    x = [0]
    append_by_another(x, 1)
    append_by_others(x, 2)
    append(x, 4)
    assert compss_wait_on(x) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("size", [3, 100_000])
def test_an_array_has_what_outer_and_inner_task_did(size):
    array = np.zeros(size)
    for _ in range(5):
        add_by_another(array, 10)
    array = compss_wait_on(array)
    assert (array == 55).all()


@task(x=INOUT)
def append_by_keyword(**named):
    named["x"].append(named["item"])


@task(x=INOUT)
def append_by_keyword_and_more(x):
    x.append(0)
    append_by_keyword(x=x, item=1)
    x.append(2)


class Shelf:
    def __init__(self):
        self.top, self.boards = [], [[1], [2]]

    @task()
    def fill(self):
        append(self.top, 0)
        for board in self.boards:
            append(board, 3)

    def content(self):
        return self.top, self.boards


@task(returns=1)
def full_shelves():
    shelf = Shelf()
    Shelf.fill.__wrapped__(shelf)
    return shelf, [shelf]


def test_an_inner_task_changes_what_it_gets_by_keyword():
    x = []
    append_by_keyword_and_more(x)
    assert compss_wait_on(x) == [0, 1, 2]


def test_attributes_have_what_the_inner_task_did():
    shelf = Shelf()
    shelf.fill()
    full = ([0], [[1, 3], [2, 3]])
    assert compss_wait_on(shelf).content() == full
    one, (other,) = compss_wait_on(full_shelves())
    assert one.content() == other.content() == full


def test_what_a_failed_attempt_spoilt_is_made_again_by_a_task_that_hands_it_on(tmp_path):
    array = np.zeros(50_000)
    add_by_another(array, 10)
    double_at_second(array, str(tmp_path / "attempts"))
    assert (compss_wait_on(array) == 22).all()


@task(arrays={Type: COLLECTION_INOUT, Depth: 1})
def replace_all(arrays):
    for index, array in enumerate(arrays):
        arrays[index] = array + 10


def test_what_a_failed_attempt_spoilt_is_made_again_by_a_task_that_replaced_it(tmp_path):
    array = np.zeros(50_000)
    add(array, 1)
    replace_all([array])
    double_at_second(array, str(tmp_path / "attempts"))
    assert (compss_wait_on(array) == 22).all()


def test_a_task_that_called_others_is_not_run_again_to_make_what_a_failed_attempt_spoilt(tmp_path):
    array = ones_by_another(str(tmp_path / "runs"))
    double_at_second(array, str(tmp_path / "attempts"))
    assert (compss_wait_on(array) == 2).all()
    assert (tmp_path / "runs").read_text() == "run\n"


def test_elements_of_a_collection_have_what_the_inner_task_did():
    blocks = [[np.zeros(3), np.ones(50_000)], [np.zeros(3), np.ones(50_000)]]
    numbers = [add_to_all_by_another(blocks, number) for number in range(1, 4)]
    assert compss_wait_on(numbers) == [1, 2, 3]
    assert [[block[-1] for block in row] for row in compss_wait_on(blocks)] == [[6, 7], [6, 7]]


def test_futures_assigned_to_a_collection_arrive_as_values():
    out = [object() for _ in range(4)]
    double_by_others(out)
    assert compss_wait_on(out) == [0, 2, 4, 6]


def test_returned_objects_have_what_inner_tasks_did():
    assert compss_wait_on(a_list_that_another_writes(1)) == [1, 2]
    assert compss_wait_on(two_lists_that_others_write(1)) == [[1, 2], [[1, 3]]]


def test_a_returned_placeholder_arrives_as_the_value_that_it_stands_for():
    assert compss_wait_on(counter_by_another(7)).number == 7
