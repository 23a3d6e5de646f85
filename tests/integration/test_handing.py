"""Workers hand small results to each other; whatever happens in the middle, programs compute what they should."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import TaskGroup, compss_barrier, compss_cancel_group, compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task
from pycompss.errors import TaskError
from pycompss.runtime import current
from tests.support.rendezvous import mark

WIDTH, STEPS = 4, 60


def cell_of(left: int, centre: int, right: int) -> int:
    return (left + 3 * centre + 5 * right + 1) % 1_000_003


@task(returns=1)
def cell(left: int, centre: int, right: int) -> int:
    """It takes long enough to be handed on, and no longer."""
    end = time.perf_counter() + 5e-5
    while time.perf_counter() < end:
        pass
    return cell_of(left, centre, right)


@task(returns=1)
def text_cell(left: str, centre: str, right: str) -> str:
    return str(cell_of(*(int(text) for text in (left, centre, right)))).zfill(int(centre) % 200)


@task(returns=2)
def both_cell(left: int, centre: int, right: int) -> tuple[int, str]:
    value = cell_of(left, centre, right)
    return value, str(value)


@task(returns=1)
def fatal_cell(left: int, centre: int, right: int, folder: str) -> int:
    """It kills its worker, the first time."""
    if not os.path.exists(os.path.join(folder, "died")):
        mark(Path(folder) / "died")
        os.kill(os.getpid(), signal.SIGKILL)
    return cell_of(left, centre, right)


@task(returns=1)
def failing_cell(left: int, centre: int, right: int, folder: str) -> int:
    """It fails, the first time."""
    if not os.path.exists(os.path.join(folder, "failed")):
        mark(Path(folder) / "failed")
        raise ValueError("the first time")
    return cell_of(left, centre, right)


@task(returns=1)
def bad_cell(left: int, centre: int, right: int) -> int:
    raise ValueError(f"bad at {left} {centre} {right}")


@task(returns=1)
def stopped_cell(left: int, centre: int, right: int, folder: str) -> int:
    """Others wait for it longer than they do."""
    if not os.path.exists(os.path.join(folder, "waited")):
        mark(Path(folder) / "waited")
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.pause()
    return cell_of(left, centre, right)


@task(returns=1)
def calling_cell(left: int, centre: int, right: int) -> Any:
    return cell(left, centre, right)


@task(row=INOUT, returns=1)
def noting_cell(row: list[int], left: int, centre: int, right: int) -> int:
    value = cell_of(left, centre, right)
    row.append(value)
    return value


def warm() -> None:
    """From now on these count as short, and both workers are there."""
    compss_wait_on([cell(1, 2, 3) for _ in range(40)])
    compss_wait_on([text_cell("1", "2", "3"), both_cell(1, 2, 3)[0], calling_cell(1, 2, 3)])


def neighbours(row: list[Any], position: int) -> tuple[Any, Any, Any]:
    return row[position - 1], row[position], row[(position + 1) % WIDTH]


def computed(special: Any = None, at: int = STEPS // 2, *more: Any) -> list[Any]:
    """The last row of a stencil, in which one cell in the middle is computed by `special`."""
    row: list[Any] = list(range(WIDTH))
    for step in range(STEPS):
        others = [
            special(*neighbours(row, i), *more) if special is not None and step == at and i == 1
            else cell(*neighbours(row, i))
            for i in range(WIDTH)
        ]  # fmt: skip
        row = others
    return row


def expected(width: int = WIDTH) -> list[int]:
    row = list(range(width))
    for _ in range(STEPS):
        row = [cell_of(*neighbours(row, i)) for i in range(width)]
    return row


@pytest.fixture(autouse=True)
def warmed(session: Any) -> None:
    warm()


def test_a_stencil_computes_what_a_loop_does_and_most_tasks_are_sent_before_what_they_read_is_made() -> None:
    handing = current.get().core.scheduler.handing
    before = handing.planned
    for _ in range(5):
        assert compss_wait_on(computed()) == expected()
    assert handing.planned - before > 2 * STEPS


def test_one_of_several_results_is_handed_on() -> None:
    row: list[Any] = list(range(WIDTH))
    texts: list[Any] = []
    for _ in range(STEPS):
        pairs = [both_cell(*neighbours(row, i)) for i in range(WIDTH)]
        row, texts = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert compss_wait_on(row) == expected()
    assert compss_wait_on(texts) == [str(value) for value in expected()]


def test_results_too_large_to_be_handed_on_go_by_the_program() -> None:
    row: list[Any] = [str(number) for number in range(WIDTH)]
    for _ in range(STEPS):
        row = [text_cell(*neighbours(row, i)) for i in range(WIDTH)]
    assert [int(text) for text in compss_wait_on(row)] == expected()


@pytest.mark.parametrize("special", [fatal_cell, failing_cell, stopped_cell])
def test_when_a_worker_dies_a_task_fails_or_takes_long_the_others_get_the_right_values(
    special: Any, tmp_path: Path
) -> None:
    assert compss_wait_on(computed(special, STEPS // 2, str(tmp_path))) == expected()


def test_a_task_may_call_others() -> None:
    assert compss_wait_on(computed(calling_cell)) == expected()


def test_a_task_that_updates_something_reads_what_was_handed_on() -> None:
    notes: list[int] = []
    row: list[Any] = list(range(WIDTH))
    for _ in range(STEPS):
        row = [noting_cell(notes, *neighbours(row, i)) if i == 1 else cell(*neighbours(row, i)) for i in range(WIDTH)]
    assert compss_wait_on(row) == expected()
    assert len(compss_wait_on(notes)) == STEPS


def test_a_failure_for_good_is_told_with_its_own_exception() -> None:
    row = computed(bad_cell)
    with pytest.raises(TaskError, match="bad at"):
        compss_wait_on(row[0])


def test_a_cancelled_group_ends_and_what_does_not_belong_to_it_goes_on() -> None:
    with TaskGroup("stencil", implicit_barrier=False):
        computed()
        compss_cancel_group("stencil")
    compss_barrier()
    assert not current.get().core.stopping
    assert compss_wait_on(computed()) == expected()
