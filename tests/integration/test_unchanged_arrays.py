"""Arrays that tasks change where they lie, and leave of the same form: nothing of them is counted and freed."""

from __future__ import annotations

from typing import Any

import pytest

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task
from pycompss.runtime import updating
from tests.support.array_tasks import SIZE, made

kept: list[Any] = []


@task(c=INOUT)
def add(c: Any, a: Any):  # type: ignore[no-untyped-def]
    c += a


@task(c=INOUT, returns=1)
def add_and_tell(c: Any, a: Any) -> float:
    c += a
    return float(c[0])


@task(c=INOUT, returns=1)
def add_and_copy(c: Any, a: Any) -> Any:
    c += a
    return c + a


@task(c=INOUT, d=INOUT)
def add_to_both(c: Any, a: Any, d: Any):  # type: ignore[no-untyped-def]
    c += a
    d += a


@task(c=INOUT)
def add_and_reshape(c: Any, a: Any):  # type: ignore[no-untyped-def]
    c += a.reshape(c.shape)
    c.shape = (2, SIZE // 2) if c.ndim == 1 else (SIZE,)


@task(c=INOUT)
def add_and_keep(c: Any, a: Any):  # type: ignore[no-untyped-def]
    c += a
    kept[:] = [c]


@pytest.fixture
def handed_on(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The tasks whose value was handed on to its next version."""
    tasks = []
    hand_on = updating.hand_on

    def note(run: Any, task: Any, seconds: float) -> Any:
        tasks.append(task)
        return hand_on(run, task, seconds)

    monkeypatch.setattr(updating, "hand_on", note)
    return tasks


@pytest.fixture
def loaded(session: Any) -> Any:
    """Makes and changes arrays; first of all, every worker has loaded what that takes."""
    compss_wait_on([add_and_tell(made(0), made(0)) for _ in range(8)])
    return session


def references(session: Any) -> int:
    compss_barrier()
    with session.lock:
        session.release_reminded()
        return sum(session.values._references.values())


@pytest.mark.parametrize(("change", "count"), [(add, 5), (add_and_tell, 5), (add_and_copy, 0), (add_and_reshape, 0)])
def test_only_what_stays_as_it_was_is_handed_on(loaded: Any, handed_on: list[Any], change: Any, count: int) -> None:
    a, c = made(1), made(2)
    before = references(loaded)
    handed_on.clear()
    for _ in range(5):
        change(c, a)
    compss_barrier()
    assert len(handed_on) == count
    assert references(loaded) == before
    assert (compss_wait_on(c).ravel() == 7).all()


def test_of_two_arrays_each_goes_on(loaded: Any, handed_on: list[Any]) -> None:
    a, c, d = made(1), made(2), made(3)
    before = references(loaded)
    handed_on.clear()
    for _ in range(3):
        add_to_both(c, a, d)
    compss_barrier()
    assert not handed_on
    assert references(loaded) == before
    c, d = compss_wait_on(c), compss_wait_on(d)
    assert (c == 5).all()
    assert (d == 6).all()


def test_what_a_version_before_was_is_not_lost_when_somebody_reads_it(loaded: Any) -> None:
    del loaded
    a, c = made(1), made(2)
    seen = []
    for _ in range(4):
        seen.append(add_and_copy(made(0), c))
        add(c, a)
    assert [float(one[0]) for one in compss_wait_on(seen)] == [4, 6, 8, 10]
    assert (compss_wait_on(c) == 6).all()


def test_what_a_task_has_kept_does_not_change_any_more(loaded: Any, handed_on: list[Any]) -> None:
    del loaded
    a, c = made(1), made(2)
    compss_barrier()
    add_and_keep(c, a)
    compss_barrier()
    assert not handed_on
    for _ in range(3):
        add(c, a)
    assert (compss_wait_on(c) == 6).all()
