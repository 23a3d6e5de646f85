"""Programming model, section 5.1: objects."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pycompss.api.api import compss_barrier, compss_delete_object, compss_wait_on
from pycompss.api.parameter import INOUT, OUT
from pycompss.api.task import task
from pycompss.errors import SerializerException, TaskWarning
from tests.support.rendezvous import meet


@task(returns=1)
def same(x):
    return x


@task(returns=1)
def length(x):
    return len(x)


@task(x=INOUT)
def append(x, value):
    x.append(value)


@task(x=INOUT)
def rebind(x):
    x = ["rebound"]  # noqa: F841


@task(x=INOUT)
def increment(x):
    x += 1


@task(x=INOUT, returns=1)
def increment_array(x):
    x += 1
    return float(x.sum())


class Box:
    def __init__(self):
        self.v = "default"
        self.part = []


@task(x=OUT)
def set_five(x):
    assert x.v == "default"
    x.v = 5


@task(x=OUT)
def fill(x, values):
    assert x == []
    x.extend(values)


@task(b=INOUT)
def set_v(b, folder):
    b.v = meet(folder, "whole", ["part"])


@task(p=INOUT)
def extend_part(p, folder):
    p.append(meet(folder, "part", ["whole"]))


VALUES: list[Any] = [True, False, 0, -1, 2**63 - 1, -(2**63), 2**64, -(10**40), 1.5, -0.0, math.inf]
VALUES += ["", "text", "é\0日", b"", b"\0x", None, (), [], {}, set(), (1, "a", None), {"k": [1, (2,)]}, {1, 2}]
VALUES += [frozenset({3}), 1 + 2j, range(3), Ellipsis]


@pytest.mark.parametrize("value", VALUES, ids=[f"{type(v).__name__}-{str(v)[:12]!a}" for v in VALUES])
def test_a_value_comes_back_as_it_was(engine: str, value: Any) -> None:
    """Primitives (the empty string, too) travel by value; ints beyond 64 bit, None and everything else as well."""
    result = compss_wait_on(same(value))
    assert type(result) is type(value)
    assert result == value
    assert math.copysign(1, result) == math.copysign(1, value) if isinstance(value, float) else True


def test_nan_stays_nan(engine: str) -> None:
    assert math.isnan(compss_wait_on(same(math.nan)))


@pytest.mark.parametrize("value", [np.float64(1.5), np.int32(7), np.bool_(True), np.datetime64("2026-01-01")], ids=repr)
def test_numpy_scalars_are_objects(engine: str, value: Any) -> None:
    """numpy scalars keep their type."""
    result = compss_wait_on(same(value))
    assert type(result) is type(value)
    assert result == value


@pytest.mark.parametrize("size", [0, 10, 100_000])
def test_arrays_travel_and_can_be_written_to(engine: str, size: int) -> None:
    array = np.arange(size, dtype=float)
    result = compss_wait_on(same(array))
    np.testing.assert_array_equal(result, array)
    result += 1  # what the program gets is its own


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_chain_of_updates_of_an_array(engine: str, size: int) -> None:
    """In place inside the task, a new version outside."""
    array = np.zeros(size)
    sums = [increment_array(array) for _ in range(5)]
    assert compss_wait_on(sums) == [float(size * n) for n in range(1, 6)]
    np.testing.assert_array_equal(compss_wait_on(array), np.full(size, 5.0))


def test_the_programs_array_is_not_modified(local: Any) -> None:
    """The master's object is never modified by a task."""
    array = np.zeros(100_000)
    increment_array(array)
    compss_barrier()
    assert array.sum() == 0
    mine = compss_wait_on(array)
    mine[:] = -1  # scribbling on what wait_on gave …
    again = np.zeros(100_000)
    assert compss_wait_on(increment_array(again)) == 100_000  # … disturbs nobody


def test_content_is_captured_at_first_use(local: Any) -> None:
    """Given l=[1]; f(l); l.append(2); r=f(l), then r is 1; after compss_delete_object(l), f(l) gives 2."""
    x = [1]
    first = length(x)
    x.append(2)
    assert compss_wait_on(first, length(x)) == [1, 1]
    assert compss_delete_object(x) is True
    assert compss_wait_on(length(x)) == 2


def test_content_is_captured_anew_after_a_wait(local: Any) -> None:
    """Objects are tracked from first use until compss_wait_on or compss_delete_object."""
    x = [1]
    append(x, 2)
    x = compss_wait_on(x)
    x.append(3)
    assert compss_wait_on(length(x)) == 3


def test_content_is_captured_anew_after_a_wait_even_if_no_task_changed_it(local: Any) -> None:
    """… until compss_wait_on, whoever changed the object or did not."""
    x, array = [1], np.zeros(100_000)
    assert compss_wait_on(length(x), length(array)) == [1, 100_000]
    x, array = compss_wait_on(x, array)
    x.append(2)
    array[0] = 5
    assert compss_wait_on(length(x)) == 2
    increment_array(array)
    assert compss_wait_on(array)[0] == 6


def test_inout_leaves_the_programs_object_alone(local: Any) -> None:
    """Given INOUT append on l, then l is unchanged but compss_wait_on(l) has the element."""
    x = [1]
    append(x, 2)
    result = compss_wait_on(x)
    assert (x, result) == ([1], [1, 2])
    assert result is not x


def test_inout_mutates_in_place_in_sequence(inline: Any) -> None:
    """Section 13: INOUT mutates in place."""
    x = [1]
    append(x, 2)
    assert compss_wait_on(x) is x
    assert x == [1, 2]


def test_an_out_object_is_made_by_the_task(local: Any) -> None:
    """Given @task(x=OUT) with x.v = 5 on class C with no-arg constructor, then compss_wait_on(x).v == 5."""
    box = Box()
    box.v = "not sent"
    set_five(box)
    assert compss_wait_on(box).v == 5


def test_an_out_list_starts_empty(local: Any) -> None:
    """OUT objects: the worker instantiates the class with no arguments (list → [])."""
    x = ["not", "sent"]
    fill(x, [1, 2])
    assert compss_wait_on(x) == [1, 2]


def test_a_chain_of_inout_tasks_runs_in_program_order(engine: str) -> None:
    """Given a chain of INOUT tasks on one object, then executed in program order."""
    x = []
    for number in range(50):
        append(x, number)
    assert compss_wait_on(x) == list(range(50))


def test_rebinding_a_parameter_has_no_effect(engine: str) -> None:
    """Only in-place mutation counts."""
    x = [1]
    rebind(x)
    assert compss_wait_on(x) == [1]


@pytest.mark.parametrize("value", [1, "text"], ids=repr)
def test_inout_on_an_immutable_value_has_no_effect_and_says_so(local: Any, value: Any) -> None:
    """INOUT on an int or str literal has no effect; the call warns, naming task and argument."""

    @task(x=INOUT)
    def change(x):
        x += x

    with pytest.warns(TaskWarning, match=r"(?s)change.*x"):
        change(value)
    assert compss_wait_on(value) == value


@task(x=INOUT)
def append_to_first(x, value):
    x[0].append(value)


def test_what_a_tuple_holds_is_changed(engine: str) -> None:
    """Only in-place mutation counts; a tuple cannot change, what it holds can."""
    x = ([1], "text")
    append_to_first(x, 2)
    append_to_first(x, 3)
    assert compss_wait_on(x) == ([1, 2, 3], "text")


def test_a_call_that_was_refused_leaves_no_trace(local: Any) -> None:
    """What it would have been the first to use is captured by the next call; what it would have written was not."""
    x, y = [1], [1]
    assert compss_wait_on(length(y)) == 1
    for other in (x, y):
        with pytest.raises(SerializerException):
            append(other, threading.Lock())
    x.append(2)
    assert compss_wait_on(length(x)) == 2
    assert compss_wait_on(x, y) == [[1, 2], [1]]


@task(returns=1)
def ring_by_another():
    ring = [same(1), {}]
    ring[1]["ring"] = ring
    return compss_wait_on(ring)


def test_a_list_may_hold_itself(engine: str) -> None:
    ring: list[Any] = [same(1), {}]
    ring[1]["ring"] = ring
    for waited in (compss_wait_on(ring), compss_wait_on(ring_by_another())):
        assert waited[0] == 1
        assert waited[1]["ring"] is waited


def test_dependencies_are_per_parameter_not_per_attribute(local: Any, folder: Path) -> None:
    """f(o) and g(o.part) are independent."""
    box = Box()
    set_v(box, str(folder))
    extend_part(box.part, str(folder))  # both at once, or neither ends
    assert compss_wait_on(box).v == "whole"
    assert compss_wait_on(box.part) == ["part"]


def test_equal_objects_are_not_the_same_object(local: Any) -> None:
    """Objects are tracked by identity."""
    one, two = [0], [0]
    append(one, 1)
    assert compss_wait_on(length(two)) == 1
    assert compss_wait_on(one, two) == [[0, 1], [0]]


def test_objects_that_die_do_not_leave_their_identity_behind(local: Any) -> None:
    """Tracking holds a strong reference, so that the address of a dead object never names another one."""
    results = []
    for number in range(50):
        temporary = [number] * (number + 1)
        append(temporary, None)
        results.append(length(temporary))
    assert compss_wait_on(results) == [number + 2 for number in range(50)]


def test_one_object_can_be_passed_twice(engine: str) -> None:
    @task(returns=1)
    def both(a, b):
        return len(a) + len(b)

    x = [1]
    append(x, 2)
    assert compss_wait_on(both(x, x)) == 4


def test_wait_on_gives_a_new_object_each_version(engine: str) -> None:
    """x = compss_wait_on(x) returns an object with the last value, and work goes on with it."""
    x = []
    for number in range(3):
        append(x, number)
        x = compss_wait_on(x)
        assert x == list(range(number + 1))


def test_versions_that_nobody_needs_are_freed(fresh: Callable[..., Any]) -> None:
    """Runtime and tools, section 7.3: a version is discarded when nothing reads it: work goes on for ever."""
    fresh(workers=2, store_limit=48 << 20)
    array = np.zeros(1 << 19)  # 4 MB
    for _ in range(30):
        result = same(array)
        increment_array(array)
        assert float(compss_wait_on(same(result)).sum()) >= 0
    assert compss_wait_on(array)[0] == 30.0


def test_objects_compare_by_identity_even_if_equality_is_odd(local: Any) -> None:
    """Tracking never asks an object whether it equals another."""

    class Odd:
        def __init__(self):
            self.n = 0

        def __eq__(self, other):
            raise RuntimeError("do not compare me")

        __hash__ = None  # type: ignore[assignment]

    @task(x=INOUT)
    def touch(x):
        x.n += 1

    odd = Odd()
    touch(odd)
    touch(odd)
    assert compss_wait_on(odd).n == 2
