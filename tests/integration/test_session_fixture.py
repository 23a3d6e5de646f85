"""The fixture `session` starts the runtime in the test's own process, shared by a module, under each engine."""

from __future__ import annotations

import os

import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.task import task
from pycompss.runtime import current
from pycompss.runtime.caller import Caller
from tests.support.sessions import both_engines, with_workers

_before: list[Caller] = []


@task(returns=1)
def process_of_task() -> int:
    return os.getpid()


@both_engines
def test_tasks_run_where_the_engine_runs_them(session: Caller, engine: str) -> None:
    assert current.peek() is session
    assert (compss_wait_on(process_of_task()) == os.getpid()) is (engine == "inline")


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_module_shares_one_session(session: Caller, turn: str) -> None:
    _before.append(session)
    assert all(earlier is session for earlier in _before)


@with_workers(1, 3)
def test_a_session_has_the_workers_asked_for(session: Caller, workers: int) -> None:
    assert session.number_of_resources() == 1
    assert compss_wait_on([process_of_task() for _ in range(6)]).count(os.getpid()) == 0
