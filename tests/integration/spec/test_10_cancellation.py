"""Programming model, section 10.3: cancellation."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import (
    TaskGroup,
    compss_barrier,
    compss_cancel_group,
    compss_delete_file,
    compss_open,
    compss_stop,
    compss_wait_on,
)
from pycompss.api.parameter import FILE_IN, FILE_INOUT, FILE_OUT, INOUT
from pycompss.api.task import task
from pycompss.errors import TaskWarning
from pycompss.util.exceptions import CancelError
from tests.support.rendezvous import await_mark, mark, note, notes, reached


@task(returns=1)
def identity(x):
    return x


@task(f=FILE_INOUT)
def write_repeatedly(f, text, times):
    Path(f).write_text(text * times)


@task(f=FILE_INOUT)
def write_once_marked(f, text, started, go):
    mark(started)
    await_mark(go)
    Path(f).write_text(text)


@task(returns=1)
def run_until_cancelled(started, caught):
    mark(started)
    try:
        for _ in range(2000):
            time.sleep(0.01)  # until somebody interrupts
    except CancelError:
        mark(caught)
        raise


@task(returns=1)
def log(path, line, after=None):
    note(path, line)
    return line


@task(x=INOUT)
def append_once_marked(x, value, started, go):
    x.append("lost")
    mark(started)
    await_mark(go)
    x.append(value)


@task(x=INOUT)
def append(x, value):
    x.append(value)


@task(f=FILE_OUT)
def write_after(_earlier, f):
    Path(f).write_text("new")


def test_only_finished_tasks_writes_are_seen(local: Any, folder: Path) -> None:
    """File "1", one finished writer of "2"×n, and a cancelled group of writers: only the finished one's is seen."""
    Path("f").write_text("1")
    write_repeatedly("f", "2", 3)
    with TaskGroup("g", False):
        write_once_marked("f", "3", str(folder / "started"), str(folder / "never"))
        for _ in range(3):
            write_repeatedly("f", "4", 3)
    await_mark(folder / "started")
    compss_cancel_group("g")
    with compss_open("f") as file:
        assert file.read() == "222"


@task(f=FILE_IN, returns=1)
def read_when_told(f, go):
    await_mark(go)
    return Path(f).read_text()


def test_a_file_that_is_what_it_was_stays_until_it_has_been_read(local: Any, folder: Path) -> None:
    Path("f").write_text("old")
    with TaskGroup("g", False):
        write_once_marked("f", "new", str(folder / "started"), str(folder / "never"))
    await_mark(folder / "started")
    compss_cancel_group("g")
    text = read_when_told("f", str(folder / "go"))
    compss_delete_file("f")
    mark(folder / "go")
    assert compss_wait_on(text) == "old"
    assert not Path("f").exists()


def test_a_file_that_a_cancelled_task_was_to_overwrite_is_what_it_was(local: Any, folder: Path) -> None:
    Path("f").write_text("old")
    with TaskGroup("g", False):
        blockers = [run_until_cancelled(str(folder / f"s{n}"), str(folder / f"c{n}")) for n in range(2)]
        write_after(blockers[0], "f")
        write_after(blockers[1], "nothing there")
    compss_cancel_group("g")
    with compss_open("f") as file:
        assert file.read() == "old"
    with pytest.raises(FileNotFoundError, match="nothing there"):
        compss_open("nothing there")


def test_a_running_task_gets_a_cancel_error(local: Any, folder: Path) -> None:
    """Running Python tasks get a CancelError raised in user code."""
    with TaskGroup("g", False):
        result = run_until_cancelled(str(folder / "started"), str(folder / "caught"))
    await_mark(folder / "started")
    compss_cancel_group("g")
    assert reached(folder / "caught")  # compss_cancel_group waits
    with pytest.warns(TaskWarning):
        assert compss_wait_on(result) is None
    assert compss_wait_on(identity(1)) == 1


def test_queued_tasks_never_start(local: Any, folder: Path) -> None:
    """Queued ones never start; waiting on a value never produced → None and a warning."""
    with TaskGroup("g", False):
        blockers = [run_until_cancelled(str(folder / f"s{n}"), str(folder / f"c{n}")) for n in range(2)]
        queued = [log(str(folder / "log"), str(n)) for n in range(5)]
        dependent = log(str(folder / "log"), "dependent", blockers[0])
    await_mark(folder / "s0")
    await_mark(folder / "s1")
    compss_cancel_group("g")
    with pytest.warns(TaskWarning, match=r"log \(task \d+\) has no value, because the task was cancelled") as warned:
        assert compss_wait_on([*queued, dependent]) == [None] * 6
    assert len(warned) == 1  # not one for each value
    assert notes(folder / "log") == []


def test_objects_revert_to_the_last_valid_version(local: Any, folder: Path) -> None:
    """Data of cancelled tasks: last valid version, nothing half done."""
    x = [0]
    append(x, 1)
    with TaskGroup("g", False):
        append_once_marked(x, 2, str(folder / "started"), str(folder / "never"))
        append(x, 3)
    await_mark(folder / "started")
    compss_cancel_group("g")
    assert compss_wait_on(x) == [0, 1]


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_arrays_revert_to_the_last_valid_version(local: Any, folder: Path, size: int) -> None:
    """Also those that a cancelled task was updating in place."""
    import numpy as np

    @task(a=INOUT)
    def add(a):
        a += 1

    @task(a=INOUT)
    def add_half(a, started, go):
        a[: len(a) // 2] += 100
        mark(started)
        await_mark(go)

    array = np.zeros(size)
    add(array)
    with TaskGroup("g", False):
        add_half(array, str(folder / "started"), str(folder / "never"))
    await_mark(folder / "started")
    compss_cancel_group("g")
    result = compss_wait_on(array)
    assert (result.min(), result.max()) == (1.0, 1.0)


def test_others_are_not_cancelled(local: Any, folder: Path) -> None:
    """compss_cancel_group: pending and running members, and no others."""
    stranger = identity("stranger")
    with TaskGroup("g", False):
        run_until_cancelled(str(folder / "started"), str(folder / "caught"))
    other = identity("other")
    await_mark(folder / "started")
    compss_cancel_group("g")
    assert compss_wait_on(stranger, other) == ["stranger", "other"]


def test_cancelling_a_finished_or_unknown_group_does_nothing(engine: str, folder: Path) -> None:
    with TaskGroup("g"):
        result = identity(1)
    compss_cancel_group("g")
    compss_cancel_group("never heard of")
    assert compss_wait_on(result) == 1


def test_members_of_an_inner_group_are_cancelled_with_the_outer(local: Any, folder: Path) -> None:
    """Tasks belong to every enclosing open group."""
    with TaskGroup("outer", False), TaskGroup("inner", False):
        run_until_cancelled(str(folder / "started"), str(folder / "caught"))
    await_mark(folder / "started")
    compss_cancel_group("outer")
    assert reached(folder / "caught")


def test_a_task_that_swallows_the_cancellation_does_not_hold_up_the_program(fresh: Callable[..., Any]) -> None:
    """Whatever a cancelled task does with the exception, its result is not used."""
    import os
    import tempfile

    fresh(workers=1)
    with tempfile.TemporaryDirectory() as place:
        started = os.path.join(place, "started")
        with TaskGroup("g", False):
            result = swallow(started)
        await_mark(started)
        compss_cancel_group("g")
        with pytest.warns(TaskWarning):
            assert compss_wait_on(result) is None
        assert compss_wait_on(identity(1)) == 1


@task(returns=1)
def swallow(started):
    mark(started)
    try:
        for _ in range(1000):
            time.sleep(0.01)  # until somebody interrupts
    except BaseException:  # noqa: BLE001
        return "swallowed"


def test_a_stop_with_a_code_cancels_everything(fresh: Callable[..., Any], folder: Path) -> None:
    """compss_stop(code≠0) cancels all tasks."""
    fresh(workers=1)
    run_until_cancelled(str(folder / "started"), str(folder / "caught"))
    log(str(folder / "log"), "queued")
    await_mark(folder / "started")
    begun = time.monotonic()
    compss_stop(1)
    assert time.monotonic() - begun < 10
    assert notes(folder / "log") == []


def test_the_next_group_of_the_same_name_is_not_cancelled(local: Any, folder: Path) -> None:
    with TaskGroup("g", False):
        run_until_cancelled(str(folder / "started"), str(folder / "caught"))
    await_mark(folder / "started")
    compss_cancel_group("g")
    with TaskGroup("g"):
        result = identity(2)
    assert compss_wait_on(result) == 2
    compss_barrier()
