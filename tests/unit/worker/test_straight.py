"""Arguments that need no account of how they came about."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pycompss.store.descriptor import PICKLED
from pycompss.worker import wire
from pycompss.worker.straight import plain_arguments

LITERALS = st.one_of(st.none(), st.booleans(), st.integers(-3, 12), st.floats(allow_nan=False), st.text(max_size=2))
PLACES = st.integers(0, 3)
READ = st.tuples(st.just(wire.READ), PLACES)
OTHERS = st.one_of(st.tuples(st.just(wire.UPDATE), PLACES, st.just(-1)), st.just((PICKLED, b"data")))
LARGE = (PICKLED, b"read")


def one_by_one(arguments: tuple[Any, ...], inputs: list[Any]) -> list[Any] | None:
    found = []
    for argument in arguments:
        if type(argument) is tuple and argument[0] != wire.READ:
            return None
        found.append(inputs[argument[1]] if type(argument) is tuple else argument)
    return None if LARGE in found else found


@given(st.lists(st.one_of(LITERALS, READ), max_size=7), st.lists(LITERALS, min_size=4, max_size=4))
def test_what_is_read_takes_the_place_where_it_is_read(arguments: list[Any], inputs: list[Any]) -> None:
    found = plain_arguments(tuple(arguments), inputs)
    assert found is not None
    assert list(map(repr, found)) == list(map(repr, one_by_one(tuple(arguments), inputs) or []))


@given(st.lists(LITERALS, max_size=3), st.lists(LITERALS, max_size=3), st.lists(LITERALS, min_size=1, max_size=70))
def test_what_is_read_may_stand_together(before: list[Any], after: list[Any], inputs: list[Any]) -> None:
    arguments = (*before, *((wire.READ, position) for position in range(len(inputs))), *after)
    assert list(map(repr, plain_arguments(arguments, inputs) or [])) == list(map(repr, [*before, *inputs, *after]))


@given(
    st.lists(st.one_of(LITERALS, READ, OTHERS), max_size=7),
    st.lists(st.one_of(LITERALS, st.just(LARGE)), min_size=4, max_size=4),
)
def test_what_is_no_literal_is_not_plain(arguments: list[Any], inputs: list[Any]) -> None:
    assert (plain_arguments(tuple(arguments), inputs) is None) == (one_by_one(tuple(arguments), inputs) is None)
