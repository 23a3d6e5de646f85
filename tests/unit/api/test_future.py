"""What a future does without waiting, and what makes it wait."""

from __future__ import annotations

import copy
import gc
import math
import operator
import os
import pickle
import warnings

import numpy as np
import pytest

from pycompss.errors import SynchronisationWarning
from pycompss.runtime.future import EmptyReturn, Future


class Owner:
    def __init__(self, value=None):
        self.value = value
        self.waits = 0
        self.forgotten: list[object] = []

    def resolve(self, future):
        self.waits += 1
        return self.value

    def describe(self, future):
        return "app.increment", "running"

    def forget(self, handle):
        self.forgotten.append(handle)

    def reduce(self, future):
        return (int, (future.handle,))


def future_of(value):
    return Future(7, Owner(value))


# ---------------------------------------------------------------- without waiting


def test_equality_and_hash_are_identity():
    owner = Owner(3)
    a, b = Future(1, owner), Future(1, owner)
    assert a == a  # noqa: PLR0124  (that is the question)
    assert a != b
    assert not (a == 3)  # noqa: SIM201  (the same)
    assert len({a, b, a}) == 2
    assert owner.waits == 0


def test_the_representation_tells_task_and_state():
    future = future_of(3)
    assert repr(future) == "<Future of app.increment: running>"
    assert future.owner.waits == 0


def test_attributes_do_not_wait_but_say_what_to_do():
    future = future_of([])
    with pytest.raises(AttributeError, match=r"'append' of the future of app.increment \(running\).*compss_wait_on"):
        future.append(1)
    assert not hasattr(future, "shape")
    assert future.owner.waits == 0


def test_pickling_is_the_owners_business():
    assert pickle.loads(pickle.dumps(future_of(3))) == 7


def test_a_dropped_future_is_forgotten_by_its_owner():
    owner = Owner()
    future = Future("handle", owner)
    del future
    gc.collect()
    assert owner.forgotten == ["handle"]


def test_collecting_a_future_never_raises():
    future = Future.__new__(Future)
    del future
    broken = Future(1, None)
    del broken
    gc.collect()


def test_assignment_to_an_element_says_what_to_do():
    future = future_of([1])
    with pytest.raises(TypeError, match="cannot be changed in place"):
        future[0] = 2
    with pytest.raises(TypeError, match="cannot be changed in place"):
        del future[0]
    assert future.owner.waits == 0


def test_whether_the_value_is_known_is_told_without_waiting():
    future = future_of(3)
    assert not future.is_known()
    future.value = 3
    assert future.is_known()


# ---------------------------------------------------------------- waiting

BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
    operator.lshift,
    operator.rshift,
    operator.and_,
    operator.or_,
    operator.xor,
    divmod,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
]
CONVERSIONS = [
    (int, "12"),
    (float, 2),
    (complex, 2),
    (bool, 0),
    (bool, 5),
    (str, [1]),
    (bytes, [65, 66]),
    (len, "abc"),
    (list, (1, 2)),
    (tuple, {3: 1}),
    (sorted, [2, 1]),
    (abs, -3),
    (operator.neg, 3),
    (operator.pos, -3),
    (operator.invert, 3),
    (operator.index, 4),
    (round, 2.6),
    (lambda x: round(x, 1), 2.66),
    (math.floor, 2.5),
    (math.ceil, 2.5),
    (math.trunc, -2.5),
    (math.sqrt, 16),
    (lambda x: list(reversed(x)), [1, 2]),
    (lambda x: x[1], "ab"),
    (lambda x: x["k"], {"k": 1}),
    (lambda x: x[0:2], [1, 2, 3]),
    (lambda x: 2 in x, [1, 2]),
    (lambda x: f"{x:>5}", "ab"),
    (lambda x: f"{x}", 3),
    (lambda x: "%d" % x, 3),  # noqa: UP031
    (lambda x: [10, 20, 30][x], 2),
    (lambda x: x(4), lambda y: y + 1),
    (lambda x: next(x), iter([9])),
    (lambda x: [a for a in x], [1, 2]),  # noqa: C416
    (lambda x: copy.copy(x), [1]),
    (lambda x: copy.deepcopy(x), [[1]]),
]


@pytest.mark.filterwarnings("ignore::pycompss.errors.SynchronisationWarning")
@pytest.mark.parametrize("operation", BINARY)
def test_operators_use_the_value_on_either_side(operation):
    left, right = future_of(7), future_of(2)
    assert operation(left, 2) == operation(7, 2)
    assert operation(7, right) == operation(7, 2)
    assert operation(left, right) == operation(7, 2)
    assert left.owner.waits == right.owner.waits == 2


@pytest.mark.filterwarnings("ignore::pycompss.errors.SynchronisationWarning")
@pytest.mark.parametrize(("conversion", "value"), CONVERSIONS)
def test_conversions_use_the_value(conversion, value):
    expected = conversion(copy.copy(value))
    future = future_of(value)
    assert conversion(future) == expected
    assert future.owner.waits > 0


@pytest.mark.filterwarnings("ignore::pycompss.errors.SynchronisationWarning")
def test_arrays_use_the_value():
    array = np.arange(4.0)
    assert (array + future_of(np.ones(4)) == array + 1).all()
    assert (future_of(array) @ np.ones(4)) == 6
    assert np.asarray(future_of([1, 2]), dtype=float).dtype == float
    assert np.sum(future_of(array)) == 6


@pytest.mark.filterwarnings("ignore::pycompss.errors.SynchronisationWarning")
def test_printing_waits(capsys):
    print(future_of(3))
    assert capsys.readouterr().out == "3\n"


@pytest.mark.filterwarnings("ignore::pycompss.errors.SynchronisationWarning")
def test_a_failure_while_waiting_reaches_the_program():
    future = future_of(None)
    future.owner.resolve = lambda _future: 1 / 0
    with pytest.raises(ZeroDivisionError):
        future + 1


def test_waiting_is_said_once_per_line_of_the_program():
    future = future_of(3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            future + 1
        bool(future)
    assert [w.category for w in caught] == [SynchronisationWarning] * 2
    assert {os.path.basename(w.filename) for w in caught} == {"test_future.py"}
    assert caught[1].lineno == caught[0].lineno + 1
    assert "waits here for app.increment" in str(caught[0].message)


def test_the_old_path_of_futures_leads_here():
    from pycompss.runtime.management import classes

    assert classes.Future is Future
    assert classes.EmptyReturn is EmptyReturn
