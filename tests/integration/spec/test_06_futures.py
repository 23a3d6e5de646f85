"""Programming model, sections 6.2 and 17: what a future does before anybody waits for it."""

from __future__ import annotations

import gc
import math
import operator
import re
import warnings
import weakref
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task
from pycompss.errors import SynchronisationWarning
from tests.support.rendezvous import await_mark, mark


@task(returns=1)
def f(x):
    return x


@task(x=INOUT)
def note(x, item):
    x.append(item)


@task(x=INOUT, y=INOUT)
def note_both(x, y):
    x.append(0)
    y.append(0)


@task(returns=1)
def waiting_twice():
    x = f([1])
    first = compss_wait_on(x)
    note(x, 2)
    return [first, compss_wait_on(x)]


@task(returns=1)
def double(x):
    return 2 * x


@task(returns=1)
def late(x, path):
    await_mark(path)
    return x


# One line each, because the warning comes once per line.
USES: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "add": (1, lambda x: x + 1),
    "add from the right": (1, lambda x: 1 + x),
    "subtract": (3, lambda x: x - 1),
    "subtract from the right": (3, lambda x: 10 - x),
    "multiply": (3, lambda x: x * 2),
    "divide": (3, lambda x: x / 2),
    "divide by": (4, lambda x: 2 / x),
    "floor": (7, lambda x: x // 2),
    "modulo": (7, lambda x: x % 4),
    "divmod": (7, lambda x: divmod(x, 4)),
    "power": (3, lambda x: x**2),
    "power from the right": (3, lambda x: 2**x),
    "negate": (3, lambda x: -x),
    "positive": (3, lambda x: +x),
    "absolute": (-3, lambda x: abs(x)),
    "invert": (3, lambda x: ~x),
    "and": (6, lambda x: x & 3),
    "or": (6, lambda x: x | 1),
    "exclusive or": (6, lambda x: x ^ 3),
    "shift left": (1, lambda x: x << 4),
    "shift right": (16, lambda x: x >> 2),
    "less": (1, lambda x: x < 2),
    "less or equal": (1, lambda x: x <= 1),
    "greater": (1, lambda x: x > 2),
    "greater or equal": (1, lambda x: x >= 2),
    "compare from the right": (1, lambda x: max(5, x)),
    "length": ([1, 2], lambda x: len(x)),
    "iterate": ([1, 2], lambda x: list(x)),
    "unpack": ((1, 2), lambda x: (lambda a, b: a - b)(*x)),
    "index": ([5, 6], lambda x: x[1]),
    "slice": ([5, 6, 7], lambda x: x[1:]),
    "contains": ([5, 6], lambda x: 6 in x),
    "reverse": ([5, 6], lambda x: list(reversed(x))),
    "dict": ({"ab": 1}, lambda x: dict(x)),
    "dict of pairs": ([("ab", 1)], lambda x: dict(x)),
    "unpack a dict": ({"ab": 1}, lambda x: {**x}),
    "keywords": ({"ab": 1}, lambda x: dict(**x)),
    "update in place": ({"ab": 1}, lambda x: operator.ior({"cd": 2}, x)),
    "count elements": (["ab", "ab"], lambda x: Counter(x)),
    "int": (2.5, lambda x: int(x)),
    "float": (2, lambda x: float(x)),
    "complex": (2, lambda x: complex(x)),
    "str": (2, lambda x: str(x)),
    "f-string": (2, lambda x: f"{x}"),
    "format": (2.0, lambda x: f"{x:.3f}"),
    "round": (2.567, lambda x: round(x, 1)),
    "floor of math": (2.5, lambda x: math.floor(x)),
    "range": (3, lambda x: list(range(x))),
    "index of a list": (1, lambda x: ["a", "b"][x]),
    "sum": (1, lambda x: sum([x, 2])),
    "sorted": ([3, 1], lambda x: sorted(x)),
    "bool": (0, lambda x: bool(x)),
    "not": ([], lambda x: not x),
}


@pytest.mark.parametrize(("value", "use"), USES.values(), ids=list(USES))
def test_a_future_is_used_like_its_value(local: Any, value: Any, use: Callable[[Any], Any]) -> None:
    """Section 17: operators, bool, len, iteration, indexing, conversion wait for the value and use it."""
    with pytest.warns(SynchronisationWarning):
        result = use(f(value))
    expected = use(value)
    assert type(result) is type(expected)
    assert result == expected


@pytest.mark.filterwarnings("ignore::pycompss.errors.SynchronisationWarning")
def test_counts_of_futures_add_up(local: Any) -> None:
    """A `Counter` asks for the type of what it is given: a future of a dict is no sequence of its keys."""
    counts = Counter(f({"ab": 3}))
    counts.update(f({"ab": 1, "cd": 4}))
    counts.subtract(f({"cd": 2}))
    assert counts == {"ab": 4, "cd": 2}


def test_a_false_value_is_false(local: Any) -> None:
    """Section 17 (not 6.2): `if f(0):` is not taken, as in sequence."""
    with pytest.warns(SynchronisationWarning):
        assert not f(0)
    with pytest.warns(SynchronisationWarning):
        assert f(1)


def test_two_futures_add_up(local: Any) -> None:
    with pytest.warns(SynchronisationWarning):
        assert f(1) + f(2) == 3


def test_the_warning_names_task_and_line_once_per_line(local: Any) -> None:
    """One warning per line of the program naming task and line."""
    futures = [f(n) for n in range(5)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        total = 0
        for future in futures:
            total = total + future
        here = total + f(1)
    messages = [str(one.message) for one in caught if one.category is SynchronisationWarning]
    assert (total, here) == (10, 11)
    assert len(messages) == 2
    assert all(re.search(r"\bf\b", message) for message in messages)
    places = {(one.filename, one.lineno) for one in caught if one.category is SynchronisationWarning}
    assert {Path(name).name for name, _ in places} == {Path(__file__).name}
    assert len(places) == 2


def test_the_warning_names_the_program_not_the_library_that_uses_the_value(local: Any) -> None:
    with pytest.warns(SynchronisationWarning) as caught:
        counts = Counter(f(["ab", "ab"]))
    assert counts == {"ab": 2}
    assert [Path(one.filename).name for one in caught] == [Path(__file__).name]


def test_equality_and_hash_are_identity(local: Any) -> None:
    """Equality and hash stay identity."""
    one, two = f(1), f(1)
    assert one != two
    assert one == one  # noqa: PLR0124
    assert one != 1
    assert len({one, two, one}) == 2
    assert [one, two].index(two) == 1


def test_repr_does_not_wait(local: Any, folder: Path) -> None:
    """repr tells task and state without waiting."""
    future = late(1, str(folder / "go"))
    text = repr(future)
    assert "late" in text
    mark(folder / "go")
    assert compss_wait_on(future) == 1
    assert repr(future) != text


def test_attributes_of_the_value_are_refused_with_a_hint(local: Any, folder: Path) -> None:
    """Attribute access does not wait: AttributeError with the hint."""
    future = late([1], str(folder / "go"))
    with pytest.raises(AttributeError, match="compss_wait_on"):
        future.append(2)
    assert not hasattr(future, "shape")
    mark(folder / "go")
    assert compss_wait_on(future) == [1]


def test_a_future_is_an_argument_and_can_still_be_waited_for(engine: str) -> None:
    """Given x=f(1); g(x); compss_wait_on(x), then g got the value and x's value is returned."""
    x = f(1)
    y = double(x)
    assert compss_wait_on(x) == 1
    assert compss_wait_on(y) == 2


def test_a_second_wait_gives_the_value_again(local: Any) -> None:
    """Section 17: second compss_wait_on on the same future: the value again."""
    x = f([1])
    assert compss_wait_on(x) == [1]
    assert compss_wait_on(x) == [1]
    assert compss_wait_on(double(x)) == [1, 1]


def test_a_wait_after_an_update_gives_what_became_of_the_value(local: Any) -> None:
    """`value_so_far = compss_wait_on(x)` in the middle of a program that goes on with x."""
    x, y = f([1]), f([2])
    assert compss_wait_on(x) == [1]
    before = compss_wait_on(y)
    for _ in range(2):  # the second call goes the short way
        note(x, 3)
        note_both(x, y)
    assert compss_wait_on([x, y]) == [[1, 3, 0, 3, 0], [2, 0, 0]]
    assert before == [2]


def test_a_task_waits_again_after_an_update(local: Any) -> None:
    assert compss_wait_on(waiting_twice()) == [[1], [1, 2]]


def test_what_was_waited_for_needs_no_warning(local: Any) -> None:
    """Once the program has waited, using the future costs nothing and surprises nobody."""
    x = f(1)
    compss_wait_on(x)
    assert compss_wait_on([x, {"k": x}]) == [1, {"k": 1}]


def test_results_can_be_discarded(local: Any) -> None:
    """Results can be discarded freely."""
    for n in range(100):
        f(n)
    x = f(1)
    there = weakref.ref(x)
    y = double(x)
    del x
    gc.collect()
    assert there() is None
    assert compss_wait_on(y) == 2
    compss_barrier()


def test_a_future_of_an_inout_task_goes_through_many_hands(engine: str) -> None:
    x = f(1)
    for _ in range(10):
        x = double(x)
    assert compss_wait_on(x) == 1024
