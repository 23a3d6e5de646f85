from __future__ import annotations

import enum
import marshal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycompss.store.codec import Codec
from pycompss.store.descriptor import BUFFERS, INLINE_LIMIT, PICKLED, is_literal, ranges_in, ranges_of, size_of
from pycompss.store.mappings import Mappings


class Colour(enum.IntEnum):
    RED = 1


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    "value", [None, True, 0, -(2**63), 2**63 - 1, 1.5, "", "x" * INLINE_LIMIT, b"", b"x" * INLINE_LIMIT]
)
def test_literals_are_their_own_descriptors(value):
    assert is_literal(value)
    assert Codec(None, Mappings(), None).encode(value) is value


@pytest.mark.parametrize(
    "value",
    [
        2**63,
        -(2**63) - 1,
        "x" * (INLINE_LIMIT + 1),
        b"x" * (INLINE_LIMIT + 1),
        Colour.RED,
        Text("x"),
        np.float64(1),
        np.int64(1),
        np.True_,
        1j,
        (1,),
        ...,
    ],
)
def test_everything_else_is_pickled_and_keeps_its_type(value):
    codec = Codec(None, Mappings(), None)
    assert not is_literal(value)
    descriptor = codec.encode(value)
    assert descriptor[0] == PICKLED
    back = codec.decode(descriptor)
    assert back == value
    assert type(back) is type(value)


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary()))
def test_descriptors_survive_marshal(value):
    codec = Codec(None, Mappings(), None)
    assert codec.decode(marshal.loads(marshal.dumps(codec.encode(value)))) == value


def test_sizes_count_what_is_in_band_and_what_lies_in_arenas():
    assert size_of(None) == 0
    assert size_of(7) == size_of(1.0) == 8
    assert size_of("é") == size_of(b"ab") == 2
    assert size_of((PICKLED, b"abc")) == 3
    assert size_of((BUFFERS, b"abc", ((1, 0, 4000), (2, 0, 50)))) == 4053


def test_only_buffers_refer_to_ranges():
    assert ranges_of("x") == ranges_of((PICKLED, b"")) == ()
    assert ranges_of((BUFFERS, b"", ((1, 0, 4000),))) == ((1, 0, 4000),)


@pytest.mark.parametrize("third", ["text", b"bytes", "", 7, None, (PICKLED, b"y"), (BUFFERS, b"y", ((2, 0, 50),))])
@pytest.mark.parametrize("first", [BUFFERS, True, 1.0])
def test_three_literals_side_by_side_are_no_descriptor(first, third):
    assert list(ranges_in((first, b"x", third))) == list(ranges_of(third))
