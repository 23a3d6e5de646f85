"""Short tasks travel together; when one of them turns out long, the others do not wait behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pycompss.api.api import compss_wait_on
from pycompss.api.task import task
from tests.support.rendezvous import await_mark, mark


@task(returns=1, on_failure="FAIL")
def meet(number: int, folder: str, count: int) -> int:
    """Task 0 ends when all others have: it must not have them behind it."""
    if number < 0:
        return number
    if number == 0:
        for other in range(1, count):
            await_mark(Path(folder) / str(other))
    else:
        mark(Path(folder) / str(number))
    return number


@task()
def wait_for(path: str) -> None:
    await_mark(path)


def test_tasks_do_not_wait_behind_one_that_turns_out_long(session: Any, tmp_path: Path) -> None:
    compss_wait_on([meet(-1, "", 0) for _ in range(200)])  # now they count as short
    for _ in range(2):
        wait_for(str(tmp_path / "begin"))  # both workers are busy, so the next tasks gather and travel in bundles
    count = 40
    results = [meet(n, str(tmp_path), count) for n in range(count)]
    mark(tmp_path / "begin")
    assert compss_wait_on(results) == list(range(count))
