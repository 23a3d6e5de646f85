"""Chains of short tasks travel in one message; whatever happens in the middle, they compute what they should."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import TaskGroup, compss_barrier, compss_cancel_group, compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task
from pycompss.errors import TaskError, TaskWarning
from tests.support.rendezvous import await_mark, mark

LENGTH = 300


@task(returns=1)
def one_more(x: int) -> int:
    return x + 1


@task(returns=1)
def add(a: int, b: int) -> int:
    return a + b


@task(returns=1)
def grown(items: list[int]) -> list[int]:
    items.append(len(items))
    return items


@task(returns=2)
def both(x: int) -> tuple[int, list[int]]:
    return x + 1, [x]


@task(items=INOUT)
def grow(items: list[int]) -> None:
    items.append(len(items))


@task(returns=1)
def fail_once(x: int, folder: str) -> int:
    if not os.path.exists(os.path.join(folder, "failed")):
        mark(Path(folder) / "failed")
        raise ValueError("the first time")
    return x + 1


@task(returns=1)
def die_once(x: int, folder: str) -> int:
    if not os.path.exists(os.path.join(folder, "died")):
        mark(Path(folder) / "died")
        os.kill(os.getpid(), signal.SIGKILL)
    return x + 1


@task(returns=1)
def boom(x: int) -> int:
    raise ValueError(f"boom at {x}")


@task(returns=1)
def await_file(x: int, path: str) -> int:
    await_mark(Path(path))
    return x


@task(returns=1)
def call_another(x: int) -> Any:
    return one_more(x)


def warm(folder: Path) -> None:
    """From now on these count as short."""
    mark(folder / "open")
    mark(folder / "failed")
    mark(folder / "died")
    compss_wait_on([one_more(0), add(1, 2), grown([]), fail_once(0, str(folder)), die_once(0, str(folder))])
    compss_wait_on([call_another(0), await_file(0, str(folder / "open")), *both(0)])
    for name in ("failed", "died", "open"):
        os.unlink(folder / name)


def chain_of(x: Any, count: int) -> Any:
    for _ in range(count):
        x = one_more(x)
    return x


@pytest.fixture
def gathered(session: Any, tmp_path: Path) -> Any:
    """Both workers are busy until `open` is there, so that what the test submits gathers."""
    warm(tmp_path)
    blocked = [await_file(0, str(tmp_path / "open")) for _ in range(2)]
    yield blocked[0]
    mark(tmp_path / "open")
    compss_barrier()


def test_a_chain(session: Any) -> None:
    assert compss_wait_on(chain_of(0, LENGTH)) == LENGTH


def test_a_chain_that_waited(gathered: Any, tmp_path: Path) -> None:
    last = chain_of(gathered, LENGTH)
    mark(tmp_path / "open")
    assert compss_wait_on(last) == LENGTH


def test_a_tree(gathered: Any, tmp_path: Path) -> None:
    level = [one_more(n) for n in range(256)]
    while len(level) > 1:
        level = [add(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    mark(tmp_path / "open")
    assert compss_wait_on(level[0]) == 256 * 257 // 2


def test_readers_of_one_result_do_not_see_what_others_did_to_it(gathered: Any, tmp_path: Path) -> None:
    first = grown(grown([]))
    results = [grown(first) for _ in range(10)]
    mark(tmp_path / "open")
    assert compss_wait_on(results) == [[0, 1, 2]] * 10
    assert compss_wait_on(first) == [0, 1]


def test_several_results_of_one_task(gathered: Any, tmp_path: Path) -> None:
    x, items = both(chain_of(0, 3))
    x, items = one_more(x), grown(items)
    mark(tmp_path / "open")
    assert compss_wait_on([x, items]) == [5, [3, 1]]


def test_an_object_that_is_updated_in_the_middle(gathered: Any, tmp_path: Path) -> None:
    items = grown(grown([]))
    grow(items)
    grow(items)
    last = grown(items)
    mark(tmp_path / "open")
    assert compss_wait_on(last) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("trouble", [fail_once, die_once])
def test_a_task_in_the_middle_that_is_tried_again(gathered: Any, tmp_path: Path, trouble: Any) -> None:
    last = chain_of(trouble(chain_of(0, 20), str(tmp_path)), 20)
    mark(tmp_path / "open")
    assert compss_wait_on(last) == 41


def test_a_task_in_the_middle_that_fails_for_good(gathered: Any, tmp_path: Path) -> None:
    before = chain_of(0, 20)
    last = chain_of(boom(before), 20)
    mark(tmp_path / "open")
    with pytest.raises(TaskError, match="boom at 20"):
        compss_wait_on(last)
    assert compss_wait_on(before) == 20


def test_a_task_in_the_middle_that_returns_a_future(gathered: Any, tmp_path: Path) -> None:
    last = chain_of(call_another(chain_of(0, 20)), 20)
    mark(tmp_path / "open")
    assert compss_wait_on(last) == 41


def test_a_group_that_is_cancelled_in_the_middle(gathered: Any, tmp_path: Path) -> None:
    before = chain_of(0, 20)
    with TaskGroup("middle", implicit_barrier=False):
        middle = chain_of(before, 20)
    after = chain_of(middle, 20)
    compss_cancel_group("middle")
    mark(tmp_path / "open")
    assert compss_wait_on(before) == 20
    with pytest.warns(TaskWarning, match="cancelled"):
        assert compss_wait_on(after) is None
