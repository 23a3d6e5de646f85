"""Programming model, section 9.1: task groups."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import TaskGroup, compss_barrier, compss_barrier_group, compss_wait_on
from pycompss.api.exceptions import COMPSsException
from pycompss.api.task import task
from tests.support.rendezvous import await_mark, mark, note, notes, reached


@task(returns=1)
def f(x):
    return x


@task()
def log(path, line):
    note(path, line)


@task()
def log_late(path, line, go):
    await_mark(go)
    note(path, line)


def test_leaving_a_group_waits_for_its_tasks(engine: str, folder: Path) -> None:
    """On exit the group closes, then, if implicit, compss_barrier_group runs."""
    with TaskGroup("g"):
        for n in range(4):
            log(str(folder / "log"), str(n))
    assert sorted(notes(folder / "log")) == ["0", "1", "2", "3"]


def test_leaving_a_group_does_not_wait_if_told_so(local: Any, folder: Path) -> None:
    """Given TaskGroup("g", False), then leaving does not wait and compss_barrier_group("g") does."""
    with TaskGroup("g", False):
        log_late(str(folder / "log"), "late", str(folder / "go"))
    assert notes(folder / "log") == []
    mark(folder / "go")
    compss_barrier_group("g")
    assert notes(folder / "log") == ["late"]


def test_implicit_barrier_is_a_keyword(engine: str, folder: Path) -> None:
    with TaskGroup(group_name="g", implicit_barrier=False):
        log(str(folder / "log"), "1")
    compss_barrier_group("g")
    assert notes(folder / "log") == ["1"]


def test_a_group_does_not_wait_for_strangers(local: Any, folder: Path) -> None:
    """Tasks submitted in the body belong to it, and no others."""
    log_late(str(folder / "log"), "stranger", str(folder / "go"))
    with TaskGroup("g"):
        log(str(folder / "log"), "member")
    assert notes(folder / "log") == ["member"]
    mark(folder / "go")
    compss_barrier()


def test_an_outer_group_waits_for_tasks_of_the_inner_one(local: Any, folder: Path) -> None:
    """Given nested groups a⊃b, then compss_barrier_group("a") waits for tasks submitted in b too."""
    with TaskGroup("a", False):
        log(str(folder / "log"), "a")
        with TaskGroup("b", False):
            log_late(str(folder / "log"), "b", str(folder / "go"))
    mark(folder / "go")
    compss_barrier_group("a")
    assert sorted(notes(folder / "log")) == ["a", "b"]
    compss_barrier_group("b")


def test_an_inner_group_does_not_wait_for_the_outer_one(local: Any, folder: Path) -> None:
    with TaskGroup("a", False):
        log_late(str(folder / "log"), "a", str(folder / "go"))
        with TaskGroup("b"):
            log(str(folder / "log"), "b")
        assert notes(folder / "log") == ["b"]
        mark(folder / "go")
    compss_barrier_group("a")
    assert notes(folder / "log") == ["b", "a"]


def test_membership_is_dynamic(local: Any, folder: Path) -> None:
    """Membership is dynamic, also from called functions."""

    def submit():
        log(str(folder / "log"), "from a function")

    with TaskGroup("g"):
        submit()
    assert reached(folder / "log")


def test_exceptions_of_the_body_propagate(engine: str, folder: Path) -> None:
    """Exceptions of the body propagate; its tasks are waited for all the same."""
    with pytest.raises(KeyError, match="from the body"), TaskGroup("g"):
        log(str(folder / "log"), "1")
        raise KeyError("from the body")
    compss_barrier()
    assert notes(folder / "log") == ["1"]


def test_a_name_can_be_reused(engine: str, folder: Path) -> None:
    """Reusing a name makes a new group."""
    for n in range(3):
        with TaskGroup("g"):
            log(str(folder / "log"), str(n))
        assert notes(folder / "log") == [str(i) for i in range(n + 1)]


def test_a_group_may_be_empty(engine: str) -> None:
    with TaskGroup("g"):
        pass
    compss_barrier_group("g")


def test_the_barrier_of_a_finished_group_returns(engine: str) -> None:
    with TaskGroup("g"):
        f(1)
    compss_barrier_group("g")
    compss_barrier_group("g")


def test_results_of_a_group_are_ordinary_futures(engine: str) -> None:
    with TaskGroup("g"):
        results = [f(n) for n in range(3)]
    assert compss_wait_on(results) == [0, 1, 2]


@task(returns=1)
def submits(path, go):
    log_late(path, "inner", go)
    return "outer done"


def test_tasks_of_tasks_belong_to_the_group_of_their_caller(local: Any, folder: Path) -> None:
    """What a member submits is a member, too."""
    with TaskGroup("g", False):
        result = submits(str(folder / "log"), str(folder / "go"))
    assert compss_wait_on(result) == "outer done"
    mark(folder / "go")
    compss_barrier_group("g")
    assert notes(folder / "log") == ["inner"]


@task()
def raise_exception():
    raise COMPSsException("of one task")


@task(returns=2)
def uses_a_name_twice():
    with TaskGroup("g", False):
        raise_exception()
    compss_barrier()
    with TaskGroup("g"):
        result = f(1)
    with pytest.raises(COMPSsException, match="of one task"), TaskGroup("g"):
        raise_exception()
    compss_barrier_group("g")
    return compss_wait_on(result), compss_wait_on(f(2))


def test_a_task_too_can_reuse_a_name(local: Any) -> None:
    """What happened in the first group of that name is not the second one's business."""
    assert compss_wait_on(uses_a_name_twice()) == [1, 2]


# ------------------------------------------------------------------ threads of the program


def test_threads_that_have_groups_of_the_same_name_wait_for_their_own(local: Any, folder: Path) -> None:
    def log_in_a_group() -> None:
        with TaskGroup("g"):
            log(str(folder / "log"), "thread")

    with ThreadPoolExecutor(1) as thread, TaskGroup("g"):
        log_late(str(folder / "log"), "main", str(folder / "go"))
        thread.submit(log_in_a_group).result()
        mark(folder / "go")
    assert notes(folder / "log") == ["thread", "main"]


def test_a_group_does_not_take_what_another_thread_calls(local: Any) -> None:
    group = TaskGroup("g")
    with ThreadPoolExecutor(1) as thread:
        thread.submit(group.__enter__).result()
        thread.submit(raise_exception).result()
        compss_barrier()
        assert compss_wait_on(f(1)) == 1
        with pytest.raises(COMPSsException, match="of one task"):
            thread.submit(group.__exit__, None, None, None).result()


def test_a_group_of_the_main_thread_takes_what_all_threads_call(local: Any, folder: Path) -> None:
    """They may work for its body."""
    with ThreadPoolExecutor(1) as pool, TaskGroup("g"):
        pool.submit(log, str(folder / "log"), "by a pool").result()
    assert notes(folder / "log") == ["by a pool"]


def test_a_group_of_another_thread_is_found_by_its_name(local: Any, folder: Path) -> None:
    def log_in_a_group() -> None:
        with TaskGroup("of a thread", False):
            log(str(folder / "log"), "thread")

    with ThreadPoolExecutor(1) as thread:
        thread.submit(log_in_a_group).result()
    compss_barrier_group("of a thread")
    assert notes(folder / "log") == ["thread"]
