"""How many values a call gives: every form of `returns`, and none."""

from __future__ import annotations

import collections

import numpy as np
import pytest

from pycompss.api.parameter import FILE_OUT, INOUT, Type
from pycompss.api.task import task
from pycompss.errors import PyCOMPSsException
from pycompss.runtime.binding import bind
from pycompss.runtime.returns import ARGUMENT_ITSELF, count_returns, placeholder, returned_argument

N = 2
TEXT = "3"
TYPES = (int, str)
NOT_A_NUMBER = "value_of(n)"


class Settings:
    size = 3


class Point:
    def __init__(self):
        self.x = 1


class Needy:
    def __init__(self, x):
        self.x = x


class Failing:
    def __init__(self):
        raise OSError("no display")


def count(given, *args, function=lambda n=0, p=None: n, **kwargs):
    definition = task(returns=given)(function).definition
    return count_returns(definition, bind(definition, args, kwargs))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (int, (1, False, (int,))),
        (Point, (1, False, (Point,))),
        (list[int], (1, False, (None,))),
        (1, (1, False, (None,))),
        (3, (3, True, (None, None, None))),
        (np.int64(2), (2, True, (None, None))),
        ((int, Point), (2, True, (int, Point))),
        ([int], (1, False, (int,))),
        ([int, "anything"], (2, True, (int, None))),
        ("3", (3, True, (None, None, None))),
        (" 1 ", (1, False, (None,))),
        (True, (1, False, (None,))),
        ({Type: FILE_OUT}, (1, False, (None,))),
        (INOUT, (1, False, (None,))),
        (len, (1, False, (None,))),
        ("N", (2, True, (None, None))),
        ("TEXT", (3, True, (None, None, None))),
        ("TYPES", (2, True, (int, str))),
        ("Settings.size", (3, True, (None, None, None))),
        ("int", (1, False, (int,))),
    ],
)
def test_a_form_of_returns_gives_its_count(given, expected):
    assert count(given) == expected


@pytest.mark.parametrize("given", [0, False, None, (), [], "0"])
def test_nothing_declared_is_inferred(given):
    assert count(given, function=lambda: None)[0] == 0
    assert count(given, function=lambda: (1, 2))[0] == 2


def test_the_global_is_read_at_each_call(monkeypatch):
    definition = task(returns="N")(lambda: None).definition
    assert count_returns(definition, bind(definition, (), {}))[0] == 2
    monkeypatch.setitem(globals(), "N", 5)
    assert count_returns(definition, bind(definition, (), {}))[:2] == (5, True)


def test_the_number_may_be_in_an_argument_and_its_attributes():
    assert count("value_of(n)", 4)[:2] == (4, True)
    assert count("value_of(n)", n=1)[:2] == (1, False)
    assert count("value_of( p.size )", 0, Settings)[:2] == (3, True)
    assert count("value_of(n)", 0)[:2] == (0, False)


def test_an_argument_may_be_given_back_itself():
    thing = object()
    definition = task(returns="{{p}}")(lambda n, p: None).definition
    bound = bind(definition, (0, thing), {})
    assert count_returns(definition, bound)[0] == ARGUMENT_ITSELF
    assert returned_argument(definition, bound) is thing


def test_the_call_has_the_last_word():
    definition = task(returns=1)(lambda v: v).definition
    assert count_returns(definition, bind(definition, (1,), {"returns": 3})) == (3, True, (None, None, None))
    assert count_returns(definition, bind(definition, (1,), {"returns": "{{v}}"}))[0] == ARGUMENT_ITSELF
    assert returned_argument(definition, bind(definition, (7,), {"returns": "{{v}}"})) == 7
    assert count_returns(definition, bind(definition, (1,), {"returns": 0}))[0] == 0
    assert count_returns(definition, bind(definition, (1,), {}))[0] == 1


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("NOBODY", "its module has no 'NOBODY'"),
        ("NOT_A_NUMBER", "which is no number"),
        ("value_of(nobody)", "returns refers to 'nobody', which this call has not"),
        ("value_of(n.size)", "returns refers to 'n.size'"),
    ],
)
def test_what_cannot_be_found_names_the_task_and_the_text(given, reason):
    with pytest.raises(PyCOMPSsException, match=reason) as caught:
        count(given, 1)
    assert f"{__name__}.<lambda> ({__file__}:" in str(caught.value)


def test_the_error_at_the_call_names_the_task():
    definition = task(returns="value_of(n)")(lambda n: n).definition
    with pytest.raises(PyCOMPSsException, match=r"<lambda> .*-1 is not a number of values"):
        count_returns(definition, bind(definition, (-1,), {}))


# ---------------------------------------------------------------- placeholders


def test_a_users_class_gives_a_default_instance():
    made = placeholder(Point)
    assert type(made) is Point
    assert made.x == 1
    assert placeholder(Point) is not made


@pytest.mark.parametrize(
    "cls", [None, int, list, dict, np.ndarray, np.float64, collections.OrderedDict, Needy, Failing]
)
def test_other_classes_give_none(cls):
    assert placeholder(cls) is None
