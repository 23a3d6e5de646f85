"""Tasks on arrays by position, whose worker keeps no account of them until something is out of the ordinary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.exceptions import COMPSsException
from pycompss.api.parameter import COLLECTION_IN, COLLECTION_INOUT, INOUT, OUT
from pycompss.api.task import task
from tests.support.array_tasks import SIZE, made
from tests.support.sessions import both_engines

pytestmark = pytest.mark.usefixtures("session")
kept: list[Any] = []


@task(c=INOUT)
def add(c: Any, a: Any, times: int) -> None:
    c += a * times


@task(returns=2, c=INOUT)
def add_and_tell(c: Any, a: Any) -> Any:
    c += a
    return float(c[0]), c + 1


@task(c=INOUT, rest=COLLECTION_INOUT)
def add_to_all(c: Any, a: Any, rest: Any, again: Any) -> None:
    c += a
    for other in rest:
        other += again


@task(c=INOUT, d=OUT, rest=COLLECTION_IN)
def split(c: Any, rest: Any, d: Any) -> None:
    c += sum(rest)
    d.extend(["from", len(rest)])


@task(c=INOUT)
def reshape(c: Any) -> None:
    c += 1
    c.shape = (2, SIZE // 2)


@task(c=INOUT)
def freeze(c: Any) -> None:
    c += 1
    c.flags.writeable = False


@task(c=INOUT)
def keep(c: Any, a: Any) -> None:
    c += a
    kept.extend([c, a])


@task(c=INOUT)
def change_what_was_kept(c: Any) -> None:
    for each in kept:
        each += 100
    c += 1


@task(c=INOUT)
def call_others(c: Any, a: Any) -> None:
    c += a
    one_more = made(1.0)
    add(one_more, a, 2)
    c += compss_wait_on(one_more)


@task(c=INOUT)
def raise_after_adding(c: Any, a: Any) -> None:
    c += a
    raise COMPSsException("as planned")


@task(c=INOUT)
def fail_first(c: Any, a: Any, mark: str) -> None:
    c += a
    if not Path(mark).exists():
        Path(mark).touch()
        raise ValueError("the first time")


@task(returns=1)
def itself(a: Any) -> Any:
    a[0] = 5
    return a


def all_are(array: Any, value: float) -> bool:
    return bool((compss_wait_on(array) == value).all())


@both_engines
def test_what_is_changed_in_place_goes_on() -> None:
    a, c = made(2.0), made(0.0)
    for times in range(5):
        add(c, a, times)
    assert all_are(c, 20)
    assert all_are(a, 2)


@both_engines
def test_what_is_returned_beside_it() -> None:
    a, c = made(2.0), made(0.0)
    first = add_and_tell(c, a)
    second = add_and_tell(c, a)
    assert compss_wait_on(first[0]) == 2
    assert all_are(second[1], 5)
    assert all_are(c, 4)


@both_engines
def test_a_collection_behind_arrays() -> None:
    a, c = made(2.0), made(0.0)
    rest = [made(1.0), made(2.0)]
    for _ in range(2):
        add_to_all(c, a, rest, c)
    assert all_are(c, 4)
    assert [float(block[0]) for block in compss_wait_on(rest)] == [7, 8]


@both_engines
def test_a_new_object_behind_arrays() -> None:
    c: Any = made(0.0)
    words: list[Any] = []
    split(c, [made(1.0), made(2.0)], words)
    assert all_are(c, 3)
    assert compss_wait_on(words) == ["from", 2]


@both_engines
def test_an_array_that_has_another_form_afterwards() -> None:
    c, d = made(0.0), made(0.0)
    reshape(c)
    freeze(d)
    c, d = compss_wait_on(c, d)
    assert (c.shape, float(c.sum())) == ((2, SIZE // 2), SIZE)
    assert float(d.sum()) == SIZE


def test_an_array_that_a_task_keeps_changes_for_nobody_else() -> None:
    a, c, d = made(2.0), made(0.0), made(0.0)
    keep(c, a)
    for _ in range(4):
        change_what_was_kept(d)
    assert all_are(c, 2)
    assert all_are(a, 2)
    assert all_are(d, 4)


@both_engines
def test_a_task_that_calls_others() -> None:
    a, c = made(2.0), made(0.0)
    call_others(c, a)
    add(c, a, 1)
    assert all_are(c, 2 + 5 + 2)


def test_what_a_task_leaves_that_raises() -> None:
    a, c = made(2.0), made(0.0)
    raise_after_adding(c, a)
    compss_barrier()
    assert all_are(c, 2)
    assert all_are(a, 2)


def test_a_second_attempt_begins_with_what_was_there_before(tmp_path: Path) -> None:
    a, c = made(2.0), made(0.0)
    add(c, a, 1)
    fail_first(c, a, str(tmp_path / "mark"))
    assert all_are(c, 4)
    assert all_are(a, 2)


def test_an_array_that_is_only_read_comes_back_as_another() -> None:
    a = made(2.0)
    b = itself(a)
    assert compss_wait_on(b)[0] == 5
    assert all_are(a, 2)
