"""Programming model, sections 7 and 17: what can travel to a task and back."""

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task
from pycompss.errors import SerializerException, TaskError
from tests.support.rendezvous import note, notes


@task(returns=1)
def same(x):
    return x


@task(returns=1)
def apply(function, *args):
    return function(*args)


@task(returns=1)
def items(iterable):
    return type(iterable).__name__, list(iterable)


@task(returns=1)
def make_lock(log):
    note(log, "ran")
    return {"model": [socket.socket()]}


@task(x=INOUT)
def spoil(x, log):
    note(log, "ran")
    x.append(socket.socket())


def module_function(x):
    return x + 100


class Point(NamedTuple):
    x: int
    y: int


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass(frozen=True)
class Pair:
    left: Any
    right: Any = None


class Slots:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a


class Reduced:
    def __init__(self, seen):
        self.seen = seen

    def __reduce__(self):
        return Reduced, (f"{self.seen} by __reduce__",)


class Stateful:
    def __init__(self):
        self.kept, self.dropped = 1, threading.Lock()

    def __getstate__(self):
        return {"kept": self.kept + 1}

    def __setstate__(self, state):
        self.kept, self.dropped = state["kept"] + 10, None


class Own(list):
    pass


def test_a_lambda_is_an_argument(engine: str) -> None:
    """Given f(lambda x: x+1), then callable in the task."""
    assert compss_wait_on(apply(lambda x: x + 1, 1)) == 2


def test_functions_of_every_sort_are_arguments(engine: str) -> None:
    """Lambdas and plain functions as arguments work."""
    base = 7

    def closure(x):
        return x + base

    functions: list[Callable[[int], int]] = [module_function, closure, functools.partial(pow, 2), abs, [5, 6].index]
    assert compss_wait_on([apply(function, 5) for function in functions]) == [105, 12, 32, 5, 0]


def test_a_function_is_a_result(engine: str) -> None:
    @task(returns=1)
    def adder(n):
        return lambda x: x + n

    assert compss_wait_on(adder(3))(4) == 7
    assert compss_wait_on(apply(adder(3), 5)) == 8


def test_a_generator_is_consumed_and_rebuilt(local: Any) -> None:
    """Given f(i for i in range(3)), then the task can iterate 0, 1, 2; it gets a generator."""
    assert compss_wait_on(items(i for i in range(3))) == ("generator", [0, 1, 2])


def test_a_generator_is_iterated_in_sequence(inline: Any) -> None:
    assert items(i for i in range(3)) == ("generator", [0, 1, 2])


OBJECTS: list[Any] = [
    Point(1, 2),
    Colour.RED,
    Pair([1], {"k": (2,)}),
    collections.OrderedDict(a=1),
    collections.deque([1, 2], maxlen=5),
    collections.Counter("abca"),
    Own([1, 2]),
    ValueError("boom"),
    Point,
    len,
    os,
]


@pytest.mark.parametrize("value", OBJECTS, ids=lambda value: getattr(value, "__name__", type(value).__name__))
def test_objects_of_every_sort_travel(engine: str, value: Any) -> None:
    result = compss_wait_on(same(value))
    assert type(result) is type(value)
    assert repr(result) == repr(value)


def test_what_compares_by_identity_is_the_same_again(engine: str) -> None:
    """Classes and enumeration members come back as themselves."""
    assert compss_wait_on(same(Colour.RED)) is Colour.RED
    assert compss_wait_on(same(Point)) is Point


def test_slots_travel(engine: str) -> None:
    assert compss_wait_on(same(Slots([1]))).a == [1]


def test_local_classes_travel(engine: str) -> None:
    class Local:
        def __init__(self, v):
            self.v = v

        def double(self):
            return 2 * self.v

    @task(returns=1)
    def double(x):
        return x.double(), x

    value, back = compss_wait_on(double(Local(4)))
    assert value == 8
    assert isinstance(back, Local)
    assert back.double() == 8


def test_a_users_reduce_is_honoured(local: Any) -> None:
    """User hooks: __reduce__ is honoured."""
    assert "by __reduce__" in compss_wait_on(same(Reduced("copied"))).seen


def test_a_users_state_is_honoured(local: Any) -> None:
    """User hooks: __getstate__ (and __setstate__) are honoured."""

    @task(returns=1)
    def kept(x):
        return x.kept, x.dropped

    assert compss_wait_on(kept(Stateful())) == (12, None)


def test_shared_references_inside_one_argument_stay_shared(engine: str) -> None:
    inner = [1]

    @task(returns=1)
    def are_shared(x):
        return x[0] is x[1]

    assert compss_wait_on(are_shared([inner, inner])) is True


def test_recursive_objects_travel(engine: str) -> None:
    ring: list[Any] = [1]
    ring.append(ring)
    back = compss_wait_on(same(ring))
    assert back[1] is back


ARRAYS = [
    np.zeros(0),
    np.array(3.5),
    np.arange(24).reshape(2, 3, 4),
    np.asfortranarray(np.arange(60_000.0).reshape(200, 300)),
    np.arange(200_000)[::2],
    np.array(["a", "bcd"]),
    np.array([(1, 2.0)], dtype=[("i", int), ("f", float)]),
    np.array([{"k": 1}, [2]], dtype=object),
    np.array(["2026-01-01"], dtype="datetime64[D]"),
    np.ones(100_000, dtype=bool),
    np.arange(50_000, dtype=">i4"),
    np.ma.masked_array([1, 2, 3], mask=[False, True, False]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{type(array).__name__}-{array.dtype}-{array.shape}")
def test_arrays_of_every_sort_travel(engine: str, array: Any) -> None:
    result = compss_wait_on(same(array))
    assert type(result) is type(array)
    assert (result.dtype, result.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(result, array)


def test_standard_streams_travel_by_name(local: Any) -> None:
    """Section 17: standard streams travel by name."""

    @task(returns=1)
    def are_own(out, err):
        return out is sys.stdout, err is sys.stderr

    assert compss_wait_on(are_own(sys.stdout, sys.stderr)) == (True, True)


def test_a_logger_travels(engine: str) -> None:
    logger = logging.getLogger("a.program")
    assert compss_wait_on(same(logger)).name == "a.program"


class Model:
    def __init__(self, connection):
        self.layers = [1, {"connection": connection}]


def test_an_argument_that_cannot_travel_is_named_with_its_path(local: Any) -> None:
    """Given a thread lock argument, then a serialisation error that names task, argument and attribute path."""
    with socket.socket() as connection, pytest.raises(SerializerException) as caught:
        same(Model(connection))
    text = str(caught.value)
    assert "same" in text
    assert "layers" in text
    assert "connection" in text
    assert "x" in text
    assert compss_wait_on(same(1)) == 1  # the session goes on


def test_a_result_that_cannot_travel_is_not_retried(fresh: Callable[..., Any], folder: Path) -> None:
    """Section 17: an unserialisable result cannot change by trying again."""
    fresh(workers=1)
    result = make_lock(str(folder / "log"))
    with pytest.raises(TaskError) as caught:
        compss_wait_on(result)
    assert "make_lock" in str(caught.value)
    assert "model" in f"{caught.value} {caught.value.__cause__}"
    assert notes(folder / "log") == ["ran"]


def test_a_modified_object_that_cannot_travel_is_not_retried(fresh: Callable[..., Any], folder: Path) -> None:
    fresh(workers=1)
    x: list[Any] = []
    spoil(x, str(folder / "log"))
    with pytest.raises(TaskError, match="spoil"):
        compss_barrier()
    assert notes(folder / "log") == ["ran"]


MAIN_CLASSES = """
import dataclasses, enum, os
from pycompss.api.task import task
from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import INOUT

FACTOR = 3

class Base:
    def __init__(self, n):
        self.n = n
    def scaled(self):
        return self.n * FACTOR

class Derived(Base):
    def scaled(self):
        return super().scaled() + 1
    @task()
    def grow(self):
        self.n += 1

@dataclasses.dataclass
class Data:
    values: list
    kind: "Kind"

class Kind(enum.Enum):
    GOOD = 1

def recursive(n):
    return 1 if n == 0 else n * recursive(n - 1)

@task(returns=1)
def work(x):
    return x.scaled(), x

@task(d=INOUT)
def extend(d):
    d.values.append(recursive(5))

@task(returns=1)
def in_main():
    return __name__, os.getpid()

if __name__ == "__main__":
    value, back = compss_wait_on(work(Derived(2)))
    print(value, type(back) is Derived, isinstance(back, Base), back.n)
    d = Derived(1)
    d.grow(); d.grow()
    print(compss_wait_on(d).n, type(compss_wait_on(work(d))[1]).__name__)
    data = Data([], Kind.GOOD)
    extend(data)
    data = compss_wait_on(data)
    print(data, data.kind is Kind.GOOD)
    print(compss_wait_on(work(Base(2)))[0], [compss_wait_on(f(4)) for f in [task(returns=1)(lambda x: x * FACTOR)]])
"""


@pytest.mark.parametrize("engine", ["local", "inline"])
def test_classes_and_functions_of_the_main_file_travel(run_program: Any, engine: str) -> None:
    """Section 17: functions and classes of __main__ travel by value."""
    result = run_program(MAIN_CLASSES, engine=engine)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        "7 True True 2",
        "3 Derived",
        "Data(values=[120], kind=<Kind.GOOD: 1>) True",
        "6 [12]",
    ]


def test_a_thread_lock_ends_the_program_with_code_1(run_program: Any) -> None:
    """Given a thread lock argument, then the program ends with code 1 and a serialisation error (if dill is away)."""
    program = """
        import sys, threading
        sys.modules["dill"] = None
        from pycompss.api.task import task

        @task(returns=1)
        def f(held):
            return 1

        if __name__ == "__main__":
            f(threading.Lock())
            print("never")
    """
    result = run_program(program)
    assert result.returncode == 1
    assert "never" not in result.stdout
    assert "lock" in result.stderr
    assert "held" in result.stderr
