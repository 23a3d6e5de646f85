"""Sessions one after the other in one process: each ends as if it had never been."""

from __future__ import annotations

import os

from pycompss.api.api import compss_wait_on
from pycompss.api.task import task
from pycompss.runtime import current
from tests.support.sessions import running


@task(returns=1)
def process_of_task() -> int:
    return os.getpid()


@task(returns=1)
def large() -> bytearray:
    return bytearray(1 << 20)


def test_one_session_after_the_other_leaves_nothing() -> None:
    for workers in (1, 2):
        with running(workers):
            assert compss_wait_on(process_of_task()) != os.getpid()
    assert current.peek() is None


def test_a_value_outlives_its_session() -> None:
    with running():
        value = compss_wait_on(large())
    assert value == bytes(1 << 20)
