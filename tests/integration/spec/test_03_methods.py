"""Programming model, section 3.1: methods as tasks."""

from __future__ import annotations

import os
import unittest
from pathlib import Path
from typing import Any

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import COMMUTATIVE, CONCURRENT, IN, INOUT
from pycompss.api.task import task
from tests.support.rendezvous import alone, meet, note, notes


class Counter:
    def __init__(self, n=0):
        self.n = n

    @task()
    def inc(self):
        self.n += 1

    @task(returns=1)
    def add(self, amount):
        self.n += amount
        return self.n

    @task(target_direction=IN)
    def lost(self):
        self.n += 100

    @task(self=IN)
    def lost_too(self):
        self.n += 100

    @task(returns=1, target_direction=IN)
    def meet(self, folder, name, other):
        return meet(folder, name, [other])

    @task(returns=1, target_direction=CONCURRENT)
    def meet_concurrently(self, folder, name, other):
        return meet(folder, name, [other])

    @task(target_direction=COMMUTATIVE)
    def add_in_any_order(self, amount, guard):
        with alone(guard):
            self.n += amount

    @classmethod
    @task(returns=1)
    def describe(cls, x):
        return f"{cls.__name__} {x}"

    @staticmethod
    @task(returns=1)
    def double(x):
        return 2 * x

    @task(returns=1)
    def name(self):
        return "counter"

    @task(returns=1)
    def inherited(self):
        return f"inherited by {type(self).__name__}"


class Loud(Counter):
    @task(returns=1)
    def name(self):
        return "LOUD"


@task(returns=Counter)
def make(n):
    return Counter(n)


@task(returns=1)
def read(counter):
    return counter.n


def test_a_method_modifies_its_object(local: Any) -> None:
    """Given o.inc() twice, then compss_wait_on(o).n == 2 while the original o.n stays 0."""
    o = Counter()
    o.inc()
    o.inc()
    assert compss_wait_on(o).n == 2
    assert o.n == 0


def test_a_method_modifies_its_object_in_place_in_sequence(inline: Any) -> None:
    """Section 13: INOUT mutates in place."""
    o = Counter()
    o.inc()
    o.inc()
    assert compss_wait_on(o) is o
    assert o.n == 2


def test_a_method_returns_values_too(engine: str) -> None:
    o = Counter(1)
    first, second = o.add(2), o.add(3)
    assert compss_wait_on(first, second) == [3, 6]
    assert compss_wait_on(o).n == 6


def test_the_modified_object_goes_on_to_other_tasks(engine: str) -> None:
    o = Counter(1)
    o.inc()
    before = read(o)
    o.inc()
    assert compss_wait_on(before, read(o)) == [2, 3]


def test_a_change_under_in_is_lost(local: Any) -> None:
    """Given @task(target_direction=IN) modifying self, then the change is lost; @task(self=IN) means the same."""
    o = Counter(1)
    o.lost()
    o.lost_too()
    o.inc()
    assert compss_wait_on(o).n == 2


def test_two_calls_under_in_may_overlap(local: Any, folder: Path) -> None:
    """… and two calls may overlap."""
    o = Counter()
    assert compss_wait_on([o.meet(str(folder), "a", "b"), o.meet(str(folder), "b", "a")]) == ["a", "b"]


def test_two_calls_under_concurrent_may_overlap(local: Any, folder: Path) -> None:
    """CONCURRENT is allowed for self."""
    o = Counter()
    one, two = o.meet_concurrently(str(folder), "a", "b"), o.meet_concurrently(str(folder), "b", "a")
    assert compss_wait_on([one, two]) == ["a", "b"]


def test_commutative_calls_accumulate_and_never_overlap(engine: str, folder: Path) -> None:
    """COMMUTATIVE is allowed for self."""
    o = Counter()
    for amount in (1, 2, 3):
        o.add_in_any_order(amount, str(folder / "guard"))
    assert compss_wait_on(o).n == 6


def test_a_placeholder_has_methods(engine: str) -> None:
    """Given p = make() with returns=P, then p.step(); p = compss_wait_on(p) works without a wait in between."""
    p = make(5)
    p.inc()
    p = compss_wait_on(p)
    assert p.n == 6


def test_an_overriding_method_runs(engine: str) -> None:
    """Given class B(A) overriding task m, then B().m() runs B's version."""
    assert compss_wait_on([Counter().name(), Loud().name()]) == ["counter", "LOUD"]


class Twice(Counter):
    @task()
    def inc(self):
        super().inc()
        self.n += 1


def test_an_overriding_method_calls_the_overridden_one(engine: str) -> None:
    """What `super().inc()` does to `self` inside the task counts, as in sequence: nobody could wait for it there."""
    o = Twice()
    o.inc()
    o.inc()
    assert compss_wait_on(o).n == 4


def test_an_inherited_method_sees_the_class_at_hand(engine: str) -> None:
    """Inherited methods dispatch on the runtime class."""
    assert compss_wait_on([Counter().inherited(), Loud().inherited()]) == [
        "inherited by Counter",
        "inherited by Loud",
    ]


def test_class_and_static_methods_are_tasks(engine: str) -> None:
    """First argument cls under @classmethod: class task; @staticmethod works."""
    o = Loud()
    results = [Counter.describe(1), Loud.describe(2), o.describe(3), Counter.double(4), o.double(5)]
    assert compss_wait_on(results) == ["Counter 1", "Loud 2", "Loud 3", 8, 10]


class Case(unittest.TestCase):
    """Holds, while it runs, what a test runner gives it: results, streams."""

    __test__ = False  # run by the test below, not by pytest
    pids: list[int]

    @task(returns=1)
    def compute(self, x):
        self.assertEqual(x, 3)
        return x + 1, os.getpid()

    def runTest(self):
        value, process = compss_wait_on(self.compute(3))
        self.assertEqual(value, 4)
        self.pids = [process]


def test_a_method_of_a_running_test_case_is_a_task(local: Any) -> None:
    """Section 17: standard streams travel by name, so that a method of a unittest.TestCase can be a task."""
    case = Case()
    result = unittest.TextTestRunner().run(case)
    assert result.wasSuccessful(), result.errors + result.failures
    assert case.pids != [os.getpid()]


class Log:
    def __init__(self, path):
        self.path = path

    @task(target_direction=INOUT)
    def write(self, line):
        note(self.path, line)


def test_modifying_methods_of_one_object_run_in_order(local: Any, folder: Path) -> None:
    """Every method task under INOUT makes a new version and serialises with the others of that object."""
    log = Log(str(folder / "notes"))
    for number in range(20):
        log.write(str(number))
    compss_barrier()
    assert notes(folder / "notes") == [str(number) for number in range(20)]
