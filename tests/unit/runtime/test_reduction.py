"""Reductions by parts: the same value as in one go, whatever the list, the parts and the function."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycompss.api.parameter import COLLECTION_IN, COLLECTION_INOUT, INOUT
from pycompss.api.reduction import reduction
from pycompss.api.task import task
from pycompss.errors import PyCOMPSsException
from pycompss.runtime.reduction import LEAST_CHUNK, USUAL_CHUNK, chunk_size, reduced
from pycompss.util.exceptions import PyCOMPSsException as Documented

sizes = st.integers(LEAST_CHUNK, 12)
matrices = st.tuples(*[st.integers(-9, 9)] * 4)


def product(matrices: list[Any]) -> Any:
    """Of 2x2 matrices: associative, not commutative."""

    def times(one: Any, other: Any) -> Any:
        a, b, c, d = one
        e, f, g, h = other
        return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h

    return reduce(times, matrices)


@given(st.lists(st.text(max_size=3)), sizes)
def test_texts_are_joined_in_order(texts: list[str], size: int) -> None:
    assert reduced(texts, size, "".join) == "".join(texts)


@given(st.lists(matrices, min_size=1), sizes)
def test_a_product_of_matrices_is_that_of_the_sequence(factors: list[Any], size: int) -> None:
    assert reduced(factors, size, product) == product(factors)


@given(st.lists(st.integers()), sizes)
def test_no_part_is_larger_than_asked_and_only_the_last_may_have_one_element(numbers: list[int], size: int) -> None:
    parts: list[int] = []

    def add(part: list[int]) -> int:
        parts.append(len(part))
        return sum(part)

    assert reduced(numbers, size, add) == sum(numbers)
    assert all(1 < length <= size for length in parts[:-1])
    assert parts[-1] <= size
    assert sum(parts) - len(parts) == len(numbers) - 1  # each element and each partial value is used once


@pytest.mark.parametrize("numbers", [[], [7]])
def test_none_and_one_go_through_the_function_once(numbers: list[int]) -> None:
    calls: list[list[int]] = []
    reduced(numbers, 2, calls.append)
    assert calls == [numbers]


# ---------------------------------------------------------------- how many elements a part has


@task(returns=1, items=COLLECTION_IN)
def total(items):
    return sum(items)


@pytest.mark.parametrize(
    ("given_size", "expected"),
    [(4, 4), ("4", 4), (" 4 ", 4), ("$PART", 5), ("${PART}", 5), (1, LEAST_CHUNK), (0, USUAL_CHUNK)],
)
def test_a_chunk_size_is_a_number_a_text_or_a_variable(monkeypatch, given_size: Any, expected: int) -> None:
    monkeypatch.setenv("PART", "5")
    assert chunk_size(total.definition, given_size) == expected


def test_a_variable_that_is_not_set_is_warned_of() -> None:
    with pytest.warns(UserWarning, match=r"total: chunk_size='\$NOPE' .* is not set; using 8"):
        assert chunk_size(total.definition, "$NOPE") == USUAL_CHUNK


@pytest.mark.parametrize(
    "wrong", [1.5, True, -2, "many", "-1", [2], None, "²", "9" * 5000], ids=lambda given: f"{given!r:.12}"
)
def test_any_other_chunk_size_is_refused_where_it_is_written(wrong: Any) -> None:
    with pytest.raises(
        PyCOMPSsException, match=r"total \(.*test_reduction\.py:\d+\), @reduction: chunk_size is a number"
    ):
        reduction(chunk_size=wrong)(total)


def test_a_variable_with_nonsense_is_refused(monkeypatch) -> None:
    monkeypatch.setenv("PART", "many")
    with pytest.raises(PyCOMPSsException, match=r"not '\$PART'"):
        chunk_size(total.definition, "$PART")


# ---------------------------------------------------------------- what can be reduced


@pytest.mark.parametrize(
    ("specs", "reason"),
    [
        ({}, "exactly one parameter that is COLLECTION_IN; this one has none"),
        ({"a": COLLECTION_IN, "b": COLLECTION_IN}, "this one has a, b"),
        ({"a": COLLECTION_INOUT}, "this one has none"),
        ({"a": COLLECTION_IN, "b": INOUT}, "changes none of its arguments, but b is written"),
    ],
)
def test_a_task_that_cannot_be_reduced_is_refused(specs: dict[str, Any], reason: str) -> None:
    with pytest.raises(Documented, match=rf"@reduction: .*{reason}"):
        reduction()(task(returns=1, **specs)(lambda a, b: a))


def test_switched_off_it_may_stand_above_any_task() -> None:
    f = reduction(is_reduce=False, chunk_size=3)(task()(lambda a: a))
    assert not f.definition.is_reduce


def test_arguments_in_camel_case_count_and_unknown_ones_are_warned_of(capsys) -> None:
    f = reduction(chunkSize="3", isReduce=True, size=4)(task(returns=1, items=COLLECTION_IN)(lambda items: sum(items)))
    assert (f.definition.is_reduce, f.definition.chunk_size) == (True, "3")
    assert capsys.readouterr().err.startswith("WARNING: Unexpected argument: size Found in @reduction decorator.\n")


def test_what_is_no_task_is_refused() -> None:
    with pytest.raises(PyCOMPSsException, match="which is no task"):
        reduction(chunk_size=2)(len)
