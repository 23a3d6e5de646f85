"""A type checker sees the sequential program: every line here is right."""

from __future__ import annotations

from typing_extensions import assert_type

from pycompss.api.api import TaskGroup, compss_barrier, compss_wait_on
from pycompss.api.binary import binary
from pycompss.api.constraint import constraint
from pycompss.api.data_transformation import dt
from pycompss.api.implement import implement
from pycompss.api.IO import IO
from pycompss.api.local import local
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import COLLECTION_IN, FILE_OUT, INOUT, Depth, Type
from pycompss.api.reduction import reduction
from pycompss.api.task import task


@task(returns=1)
def increment(value: int, by: int = 1) -> int:
    return value + by


@constraint(computing_units="${UNITS}")
@on_failure(management="IGNORE", returns=0.0)
@reduction(chunk_size=2)
@task(returns=float, values={Type: COLLECTION_IN, Depth: 1})
def total(values: list[float]) -> float:
    return sum(values)


@implement(source_class="elsewhere", method="halved")
@dt("value", abs)
@IO()
@task(returns=1)
def half(value: int) -> float:
    return value / 2


@local
def show(value: float, label: str = "") -> str:
    return f"{label}{value}"


@task(file=FILE_OUT)
def write(file: str, *lines: str, end: str = "\n") -> None:
    pass


@binary(binary="ls")
@task(returns=int)
def listing(folder: str) -> int:  # type: ignore[empty-body]
    ...


class Account:
    balance = 0

    @task(self=INOUT)
    def deposit(self, amount: int) -> Account:
        self.balance += amount
        return self

    @classmethod
    @task(returns=1)
    def empty(cls) -> Account:
        return cls()

    @staticmethod
    @task(returns=1)
    def fee(amount: int) -> float:
        return amount * 0.1


assert_type(increment(1), int)
assert_type(increment(value=1, by=2) + increment(3), int)
assert_type(total([1.0, 2.0]), float)
assert_type(half(3), float)
assert_type(show(half(3), label="half: "), str)
assert_type(write("a", "b", "c", end=""), None)
assert_type(listing("."), int)
assert_type(Account().deposit(3).deposit(4), Account)
assert_type(Account.empty(), Account)
assert_type(Account().fee(3), float)
assert_type(increment.__name__, str)
numbers: list[int] = compss_wait_on([increment(1), increment(2)])
with TaskGroup("group") as group:
    assert_type(group.group_name, str)
compss_barrier()
