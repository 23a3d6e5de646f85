"""One object that stands twice among the arguments of a call is one object in the task, too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import COLLECTION_IN, COLLECTION_INOUT, COMMUTATIVE, INOUT
from pycompss.api.task import task
from tests.support.sessions import both_engines

pytestmark = pytest.mark.usefixtures("session")
SIZES = pytest.mark.parametrize("size", [4, 100_000])  # in the message, and in shared memory


@task(c=INOUT)
def relax(a, b, c):
    c += a + b


@task(a=INOUT, b=INOUT)
def move(a, b, value):
    a.append(value)
    b.append(-value)


@task(returns=1)
def are_one(a, b, *, rest):
    return a is b is rest


@task(c=COLLECTION_INOUT)
def increment_all(c):
    for block in c:
        block += 1


@task(x=INOUT, c=COLLECTION_IN)
def lengthen(x, c):
    x.append(sum(map(len, c)))
    x.append(sum(map(len, c)))


@task(returns=1)
def make(value):
    return value


@task(a=INOUT)
def change_and_read(a, b):
    a += 1
    a += b


@task(a=INOUT)
def fail_first(a, b, mark):
    a += 1
    if not mark.exists():
        mark.touch()
        raise ValueError
    a += b


@both_engines
@SIZES
def test_what_is_read_sees_what_is_written(size: int) -> None:
    x, y = np.ones(size), np.ones(size)
    relax(y, x, x)
    relax(x, x, x)
    change_and_read(x, x)
    assert set(compss_wait_on(x)) == {20.0}
    assert set(compss_wait_on(y)) == {1.0}


@both_engines
def test_both_writes_count() -> None:
    x, y = [], []
    for value in (1, 2):
        move(x, x, value)
        move(x, y, value)
    assert compss_wait_on(x, y) == [[1, -1, 1, 2, -2, 2], [-1, -2]]


@task(a=COMMUTATIVE, b=COMMUTATIVE)
def move_at_any_time(a, b, value):
    move.__wrapped__(a, b, value)


@both_engines
def test_both_writes_count_in_any_order_of_tasks() -> None:
    x = []
    for value in (1, 1):
        move_at_any_time(x, x, value)
    assert compss_wait_on(x) == [1, -1, 1, -1]


@both_engines
def test_identity_holds() -> None:
    x = [1]
    assert compss_wait_on(are_one(x, x, rest=x)) is True
    assert compss_wait_on(are_one(x, [1], rest=x)) is False


@both_engines
def test_futures_are_objects_too() -> None:
    x = make([])
    move(x, x, 1)
    assert compss_wait_on(x) == [1, -1]


@both_engines
@SIZES
def test_an_element_that_a_collection_holds_twice(size: int) -> None:
    x, y = np.zeros(size), np.zeros(size)
    increment_all([x, y, x])
    assert [block[0] for block in compss_wait_on([x, y])] == [2.0, 1.0]


@both_engines
def test_an_object_beside_a_collection_with_it() -> None:
    x = [0]
    lengthen(x, [x, [1, 1], x])
    assert compss_wait_on(x) == [0, 4, 6]


@SIZES
def test_every_attempt_starts_from_the_original(tmp_path: Path, size: int) -> None:
    x = np.zeros(size)
    relax(1, 0, x)
    fail_first(x, x, tmp_path / "mark")
    assert set(compss_wait_on(x)) == {4.0}
