"""Values of a megabyte, and tasks on them: some dozens fill the memory for values of a test."""

from __future__ import annotations

import numpy as np

from pycompss.api.parameter import COLLECTION_IN, INOUT
from pycompss.api.task import task

NUMBERS = 1 << 17  # of 8 bytes: a value is a megabyte
MEGABYTE = 1 << 20


@task(returns=1)
def make(i):
    return np.full(NUMBERS, i)


@task(returns=1)
def total(a):
    return int(a.sum())


@task(returns=1)
def plus(a, b):
    return a + b


@task(a=INOUT)
def add(a, n):
    a += n


@task(returns=1, parts=COLLECTION_IN)
def sum_of(parts):
    return int(sum(part[0] for part in parts))
