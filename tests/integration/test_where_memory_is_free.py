"""A value that follows one which the program has dropped is made where the memory of that one is."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.task import task
from tests.support.rendezvous import await_true, mark

MB = 1 << 20


@task(returns=1)
def ones(megabytes: int) -> Any:
    return np.ones(megabytes * MB // 8)


@task(returns=1)
def total(array: Any) -> float:
    return float(array.sum())


@task()
def meet(folder: str) -> None:
    mark(os.path.join(folder, str(os.getpid())))
    await_true(lambda: len(os.listdir(folder)) >= 2, "the other worker did not come")


def maker(value: Any) -> int:
    """The number of the arena in which a large value lies, which is that of the worker that made it."""
    number: int = value.handle.current.value[2][0][0]
    return number


def test_values_that_follow_each_other_are_made_in_one_place(session: Any, tmp_path: Any) -> None:
    for _ in range(2):
        meet(str(tmp_path))
    compss_barrier()  # both workers are there, and idle
    makers = set()
    for _ in range(10):
        value = ones(4)
        assert compss_wait_on([total(value) for _ in range(8)]) == [4 * MB / 8] * 8
        compss_barrier()
        makers.add(maker(value))
        del value
    assert len(makers) == 1
