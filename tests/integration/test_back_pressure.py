"""A program that submits faster than its tasks run waits for them: its memory does not grow with their number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.task import task
from pycompss.runtime import submission
from tests.support.rendezvous import await_mark, mark

MOST = 200
NEVER = 60.0  # seconds; a lull so long does not come while tasks end


@task()
def nothing() -> None:
    pass


@task(returns=1)
def await_file(path: str) -> int:
    await_mark(Path(path))
    return 1


def test_no_more_tasks_than_the_limit_are_unfinished_while_tasks_end(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission, "MOST_UNFINISHED", MOST)
    monkeypatch.setattr(submission, "LULL", NEVER)
    unfinished = []
    for _ in range(20 * MOST):
        nothing()
        unfinished.append(session.core.live)
    assert max(unfinished) <= MOST + submission.POLL_EVERY
    compss_barrier()


def test_tasks_may_wait_for_what_the_program_does_after_many_more(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission, "MOST_UNFINISHED", MOST)
    waiting = [await_file(str(tmp_path / "open")) for _ in range(2)]  # no worker is left
    for _ in range(3 * MOST):
        nothing()
    assert session.core.live >= 3 * MOST
    mark(tmp_path / "open")
    assert compss_wait_on(waiting) == [1, 1]
    compss_barrier()
