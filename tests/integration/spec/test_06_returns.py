"""Programming model, section 6.1: the forms of `returns`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task
from pycompss.errors import TaskError
from pycompss.runtime.management.classes import Future
from tests.integration.spec import annotated_tasks
from tests.support.rendezvous import note, notes

N = 2


class P:
    """A class with a no-argument constructor."""

    def __init__(self):
        self.v = "default"


class Needy:
    """A class whose constructor wants something."""

    def __init__(self, v):
        self.v = v


class Shape:
    def __init__(self, sides):
        self.sides = sides
        self.inner = type("Inner", (), {})


@task(returns=2)
def two():
    return 1, 2


@task(returns=(int, str))
def pair_of_types():
    return 1, "b"


@task(returns=[int, str, float])
def list_of_types():
    return [1, "b", 2.0]


@task(returns=(int,))
def one_type_in_a_tuple():
    return 1


@task(returns="3")
def three_by_text():
    return 1, 2, 3


@task(returns="N")
def as_many_as_the_global(n):
    return tuple(range(n))


@task(returns="value_of(n)")
def as_many_as_asked(n):
    return list(range(n))


@task(returns="value_of(shape.sides)")
def as_many_as_sides(shape):
    return list(range(shape.sides))


@task(x=INOUT, returns="{{x}}")
def chained(x, value):
    x.append(value)
    return x


@task(returns=P)
def make_p(v):
    p = P()
    p.v = v
    return p


@task(returns=Needy)
def make_needy(v):
    return Needy(v)


@task(returns=1)
def pair_as_one():
    return 1, 2


@task()
def inferred_three():
    return 1, 2, 3


@task()
def inferred_list():
    return [1, 2]


@task()
def inferred_none():
    pass


@task()
def inferred_bare_return():
    return


@task()
def inferred_one(x):
    if x:
        return x + 1
    return None


@task()
def inferred_longest(x):
    if x:
        return 1
    return 1, 2


@task(returns=0)
def zero_means_inferred():
    return 5


@task(returns=False)
def false_means_inferred():
    return 5


@task(returns=None)
def none_means_inferred():
    return 5


@task(returns=True)
def true_means_one():
    return 5


@task(returns=lambda: None)
def a_callable_means_one():
    return 5


@task()
def annotated_as_text() -> int:
    return 1


@task(returns=2)
def too_many():
    return 1, 2, 3


@task(returns=3)
def too_few(log):
    note(log, "ran")
    return 1, 2


FORMS: list[tuple[Callable[[], Any], int | None]] = [
    (lambda: two(), 2),
    (lambda: pair_of_types(), 2),
    (lambda: list_of_types(), 3),
    (lambda: one_type_in_a_tuple(), None),
    (lambda: three_by_text(), 3),
    (lambda: as_many_as_asked(4), 4),
    (lambda: as_many_as_sides(Shape(3)), 3),
    (lambda: inferred_three(), 3),
    (lambda: inferred_list(), 2),
    (lambda: inferred_one(1), None),
    (lambda: zero_means_inferred(), None),
    (lambda: false_means_inferred(), None),
    (lambda: none_means_inferred(), None),
    (lambda: true_means_one(), None),
    (lambda: a_callable_means_one(), None),
    (lambda: pair_as_one(), None),
    (lambda: annotated_as_text(), None),
    (lambda: annotated_tasks.one(), None),
    (lambda: annotated_tasks.nothing(), None),
    (lambda: annotated_tasks.pair(), 2),
]


def _name(form: tuple[Callable[[], Any], int | None]) -> str:
    return form[0].__code__.co_names[-1]


@pytest.mark.parametrize(("call", "count"), FORMS, ids=[_name(form) for form in FORMS])
def test_a_call_gives_a_list_of_futures_or_one(local: Any, call: Callable[[], Any], count: int | None) -> None:
    """Section 6.1's table; None: a single future."""
    result = call()
    if count is None:
        assert isinstance(result, Future)
    else:
        assert type(result) is list
        assert len(result) == count
        assert all(isinstance(one, Future) for one in result)
    compss_wait_on(result)


def test_two_values(local: Any) -> None:
    """Given returns=2 and return 1, 2, then compss_wait_on(f()) == [1, 2] and a, b = f() works."""
    assert compss_wait_on(two()) == [1, 2]
    a, b = two()
    assert compss_wait_on(b, a) == [2, 1]


def test_two_values_in_sequence_are_the_functions_own(inline: Any) -> None:
    """In seq the function's own value (tuple)."""
    assert two() == (1, 2)
    a, b = two()
    assert compss_wait_on(b, a) == [2, 1]


@pytest.mark.parametrize(
    ("call", "values"),
    [
        (lambda: pair_of_types(), [1, "b"]),
        (lambda: list_of_types(), [1, "b", 2.0]),
        (lambda: three_by_text(), [1, 2, 3]),
        (lambda: as_many_as_asked(4), [0, 1, 2, 3]),
        (lambda: inferred_three(), [1, 2, 3]),
        (lambda: inferred_list(), [1, 2]),
        (lambda: annotated_tasks.pair(), [1, "b"]),
    ],
    ids=["types in a tuple", "types in a list", "text", "value_of", "inferred", "inferred from a list", "annotation"],
)
def test_values_come_one_by_one(engine: str, call: Callable[[], Any], values: list[Any]) -> None:
    first, *rest = call()
    assert compss_wait_on([first, *rest]) == values


@pytest.mark.parametrize(
    ("call", "value"),
    [
        (lambda: one_type_in_a_tuple(), 1),
        (lambda: pair_as_one(), (1, 2)),
        (lambda: inferred_one(1), 2),
        (lambda: zero_means_inferred(), 5),
        (lambda: true_means_one(), 5),
        (lambda: annotated_as_text(), 1),
        (lambda: annotated_tasks.one(), 1),
        (lambda: annotated_tasks.nothing(), None),
    ],
    ids=["one type", "tuple as one", "inferred", "zero", "True", "annotation", "annotation of a module", "None"],
)
def test_a_single_value_is_what_the_function_returned(engine: str, call: Callable[[], Any], value: Any) -> None:
    """returns=1 with a tuple → one future of the tuple."""
    assert compss_wait_on(call()) == value


def test_a_function_that_returns_nothing_gives_none(engine: str) -> None:
    """Given @task() def f(): pass, then f() is None; so does a bare return."""
    assert inferred_none() is None
    assert inferred_bare_return() is None


def test_the_longest_literal_counts(local: Any) -> None:
    """A return of a literal tuple → as many as its longest such literal."""
    result = inferred_longest(0)
    assert len(result) == 2
    assert compss_wait_on(result) == [1, 2]


def test_the_number_of_values_is_taken_from_an_argument(local: Any) -> None:
    """Given returns="value_of(n)", then len(f(4)) == 4; value_of(p.a) follows attributes."""
    assert len(as_many_as_asked(4)) == 4
    assert compss_wait_on(as_many_as_sides(Shape(3))) == [0, 1, 2]


def test_the_number_of_values_is_a_global_read_at_every_call(local: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given returns="N" and the global N changed from 2 to 5, then the next call returns 5 futures."""
    assert compss_wait_on(as_many_as_the_global(2)) == [0, 1]
    monkeypatch.setitem(globals(), "N", 5)
    assert compss_wait_on(as_many_as_the_global(5)) == [0, 1, 2, 3, 4]


def test_the_object_passed_is_returned(engine: str) -> None:
    """Given @task(x=INOUT, returns="{{x}}"), then f(o) is o, to chain INOUT calls."""
    x = []
    assert chained(x, 1) is x
    assert compss_wait_on(chained(chained(x, 2), 3)) == [1, 2, 3]


def test_a_class_gives_a_default_instance(local: Any) -> None:
    """Given @task(returns=P), then isinstance(f(), P): attributes readable, constructor defaults."""
    p = make_p(5)
    assert isinstance(p, P)
    assert p.v == "default"
    p = compss_wait_on(p)
    assert (type(p), p.v) == (P, 5)


def test_a_class_whose_constructor_wants_arguments_gives_a_bare_future(local: Any) -> None:
    """Other classes and builtin types → bare Future."""
    needy = make_needy(5)
    assert isinstance(needy, Future)
    assert compss_wait_on(needy).v == 5


def test_a_placeholder_is_an_argument_like_any_future(local: Any) -> None:
    @task(returns=1)
    def read(p):
        return p.v

    assert compss_wait_on(read(make_p("value"))) == "value"


@task(p=INOUT)
def add_to_p(p, value):
    p.v += value


@task(returns=1)
def value_of_p(p):
    return p.v


def values_over_time():
    """What a program sees that goes on with the placeholder after it has waited."""
    p = make_p(5)
    first = compss_wait_on(p)
    seen = [first.v, compss_wait_on(value_of_p(p)), compss_wait_on(p).v]
    add_to_p(p, 1)
    return [*seen, compss_wait_on(p).v, first.v]


def test_a_placeholder_stands_for_the_result_also_after_a_wait(local: Any) -> None:
    """As a future does; its own content, that of the constructor, is never what the program means."""
    assert values_over_time() == [5, 5, 5, 6, 5]


def test_so_it_does_in_a_task(local: Any) -> None:
    assert compss_wait_on(task(returns=1)(values_over_time)()) == [5, 5, 5, 6, 5]


def test_extra_values_are_dropped(local: Any) -> None:
    """Worker: extra values dropped."""
    assert compss_wait_on(too_many()) == [1, 2]


def test_too_few_values_are_a_failure(fresh: Callable[..., Any], folder: Path) -> None:
    """Worker: too few → task failure."""
    fresh(workers=1)
    result = too_few(str(folder / "log"))
    with pytest.raises(TaskError, match="too_few"):
        compss_wait_on(result)
    assert set(notes(folder / "log")) == {"ran"}


def test_results_can_be_any_size_and_number(engine: str) -> None:
    @task(returns=1)
    def zeros(n):
        return bytes(n)

    sizes = [0, 1, 40_000, 3_000_000]
    assert [len(value) for value in compss_wait_on([zeros(n) for n in sizes])] == sizes


def test_a_task_that_sees_its_placeholders_process_is_another(local: Any) -> None:
    """The placeholder is made in the program, the value in the task."""

    @task(returns=P)
    def make_here():
        p = P()
        p.v = os.getpid()
        return p

    assert compss_wait_on(make_here()).v != os.getpid()
