"""Values there and back: through an arena, in place, and in a second process."""

from __future__ import annotations

import datetime as dt
import gc
import math
import os
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pycompss.errors import SerializerException, StorageFull
from pycompss.store.arena import Arena, Mappings
from pycompss.store.codec import Codec
from pycompss.store.descriptor import BUFFER_LIMIT, BUFFERS, PICKLED, ranges_of, size_of
from pycompss.store.ranges import PAGE, pages


@pytest.fixture
def arena():
    arena = Arena(1, 1 << 30)
    yield arena
    arena.close()


@pytest.fixture
def codec(arena):
    mappings = Mappings()
    mappings.attach(1, arena.fd)
    return Codec(arena, mappings, None)


def echo(value):
    return value


def double(array):
    array *= 2
    return array


def same(one, two):
    """Equality that also holds for arrays, NaN, types and layouts."""
    if type(one) is not type(two):
        return False
    if isinstance(one, np.ma.MaskedArray):
        return same(one.data, two.data) and same(np.ma.getmaskarray(one), np.ma.getmaskarray(two))
    if isinstance(one, np.ndarray):
        if one.dtype != two.dtype or one.shape != two.shape or not two.flags.writeable:
            return False
        return one.tobytes() == two.tobytes() if not one.dtype.hasobject else all(map(same, one.flat, two.flat))
    if isinstance(one, (list, tuple)):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, dict):
        return list(one) == list(two) and all(map(same, one.values(), two.values()))
    return one == two or (math.isnan(one) and math.isnan(two))


# ---------------------------------------------------------------- where things lie


def test_small_values_ride_in_the_message(codec, arena):
    assert codec.encode([1, 2])[0] == PICKLED
    assert codec.encode(np.zeros(10))[0] == PICKLED
    assert arena.used == 0


def test_large_buffers_lie_in_the_arena_and_are_not_copied_by_readers(codec, arena):
    array = np.arange(10_000.0)
    descriptor = codec.encode({"a": array, "b": [array * 2, 3]})
    assert descriptor[0] == BUFFERS
    assert [length for _, _, length in ranges_of(descriptor)] == [80_000, 80_000]
    assert len(descriptor[1]) < 300
    value = codec.decode(descriptor)
    assert same(value, {"a": array, "b": [array * 2, 3]})
    arena.view(*ranges_of(descriptor)[0][1:])[0:8] = np.float64(7).tobytes()
    assert value["a"][0] == 7


@pytest.mark.parametrize(
    "value",
    ["é" * 100_000, b"x" * 100_000, bytearray(b"y" * 100_000), list(range(50_000)), [b"x" * 100_000, np.zeros(10_000)]],
    ids=["str", "bytes", "bytearray", "list", "mixture"],
)
def test_large_pickles_lie_in_the_arena_too(codec, value):
    descriptor = codec.encode(value)
    assert descriptor[0] == BUFFERS
    assert len(descriptor[1]) < 300
    assert size_of(descriptor) > BUFFER_LIMIT
    assert same(codec.decode(descriptor), value)


def test_large_bytes_leave_no_claim(codec):
    value = codec.decode(codec.encode(b"x" * 100_000))
    assert len(codec._mappings.collect_released()) == 1
    assert value == b"x" * 100_000


def test_without_an_arena_everything_rides_in_the_message():
    codec = Codec(None, Mappings(), None)
    for value in (np.zeros(100_000), "x" * 100_000, b"x" * 100_000):
        descriptor = codec.encode(value)
        assert descriptor[0] == PICKLED
        assert same(codec.decode(descriptor), value)


def test_readers_may_scribble_without_anyone_seeing_it(codec):
    descriptor = codec.encode(np.zeros(10_000))
    one, two = codec.decode(descriptor), codec.decode(descriptor)
    one += 1
    assert not two.any()
    assert not codec.decode(descriptor).any()


def test_a_decoded_array_is_a_claim_while_any_view_of_it_lives(codec):
    descriptor = codec.encode({"a": np.zeros(10_000)})
    part = codec.decode(descriptor)["a"][5:10]
    assert codec._mappings.held(ranges_of(descriptor)) == list(ranges_of(descriptor))
    del part
    assert codec._mappings.collect_released() == list(ranges_of(descriptor))


def test_a_full_arena_leaves_nothing_allocated():
    arena = Arena(1, 40 * PAGE)
    mappings = Mappings()
    with pytest.raises(StorageFull):
        Codec(arena, mappings, None).encode([np.zeros(30 * PAGE // 8), np.zeros(30 * PAGE // 8)])
    assert arena.used == 0
    arena.close()


# ---------------------------------------------------------------- in place


def test_an_array_that_was_updated_in_place_stays_where_it_is(codec, arena):
    descriptor = codec.encode({"a": np.zeros(10_000), "n": 1})
    value = codec.decode(descriptor, shared=True)
    value["a"] += 5
    value["n"] = 2
    updated, unused = codec.encode_in_place(value, ranges_of(descriptor))
    assert ranges_of(updated) == ranges_of(descriptor)
    assert unused == []
    assert codec.decode(updated)["n"] == 2
    assert (codec.decode(updated)["a"] == 5).all()


def test_memory_in_which_a_value_is_updated_is_claimed_as_long_as_the_value_is_used(codec):
    descriptor = codec.encode(np.zeros(10_000))
    value = codec.decode(descriptor, shared=True)
    assert codec._mappings.held(ranges_of(descriptor)) == list(ranges_of(descriptor))
    del value
    assert codec._mappings.held(ranges_of(descriptor)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda o: o.update(a=np.ones(10_000)),
        lambda o: o.update(a=o["a"][1:]),
        lambda o: o.update(a=o["a"][:-1]),
        lambda o: o.update(a=[1]),
        lambda o: o.clear(),
    ],
    ids=["another array", "without the first", "without the last", "a list", "nothing"],
)
def test_ranges_that_are_not_used_any_more_are_told(codec, change):
    descriptor = codec.encode({"a": np.zeros(10_000)})
    value = codec.decode(descriptor, shared=True)
    change(value)
    updated, unused = codec.encode_in_place(value, ranges_of(descriptor))
    assert unused == list(ranges_of(descriptor))
    assert not set(ranges_of(updated)) & set(unused)
    assert same(codec.decode(updated), value)


def test_a_range_is_referred_to_once_even_if_two_arrays_share_it(codec):
    descriptor = codec.encode([np.zeros(10_000)])
    value = codec.decode(descriptor, shared=True)
    value.append(value[0][:])
    updated, unused = codec.encode_in_place(value, ranges_of(descriptor))
    assert unused == []
    assert len(set(ranges_of(updated))) == 2
    assert same(codec.decode(updated), value)


def test_arrays_that_change_places_stay_where_they_are(codec):
    descriptor = codec.encode([np.zeros(10_000), np.ones(10_000)])
    value = codec.decode(descriptor, shared=True)[::-1]
    updated, unused = codec.encode_in_place(value, ranges_of(descriptor))
    assert ranges_of(updated) == ranges_of(descriptor)[::-1]
    assert not unused
    assert [array[0] for array in codec.decode(updated)] == [1, 0]


def test_a_value_that_became_small_gives_everything_back(codec):
    descriptor = codec.encode(np.zeros(10_000))
    assert codec.encode_in_place(5, ranges_of(descriptor)) == (5, list(ranges_of(descriptor)))


# ---------------------------------------------------------------- a second process


def test_a_second_process_updates_the_masters_memory_in_place(peer):
    descriptor = peer.codec.encode(np.arange(10_000.0))
    updated, unused = peer.run(peer.names.function_reference(double), descriptor, shared=True)
    assert ranges_of(updated) == ranges_of(descriptor)
    assert unused == []
    assert (peer.codec.decode(updated) == 2 * np.arange(10_000.0)).all()


def test_a_large_result_lies_in_the_arena_of_the_process_that_made_it(peer):
    array = np.random.default_rng(1).random(10_000_000)  # 80 MB
    reference = peer.names.function_reference(echo)
    descriptor = peer.run(reference, peer.codec.encode(array))
    assert [place[0] for place in ranges_of(descriptor)] == [2]
    back = peer.codec.decode(descriptor)
    assert (back == array).all()
    assert back.flags.writeable


def test_large_arrays_one_after_another_take_memory_once(codec, arena):
    array = np.ones(10_000_000)  # 80 MB
    for _ in range(5):
        descriptor = codec.encode(array)
        arena.free(*ranges_of(descriptor)[0][1:])
    assert arena.used == 0
    assert os.fstat(arena.fd).st_blocks * 512 == pages(80_000_000)


def masked(array):
    # Floats of 16 bits cannot hold numpy's default for masked places, which it warns about when unpickling.
    return np.ma.masked_array(array) if array.dtype.kind in "iu" else array


# numpy itself pickles some arrays of foreign byte order in native order.
NATIVE: dict = {"endianness": "="}
DTYPES = st.one_of(
    arrays.boolean_dtypes(),
    arrays.integer_dtypes(**NATIVE),
    arrays.floating_dtypes(**NATIVE),
    arrays.complex_number_dtypes(**NATIVE),
    arrays.datetime64_dtypes(**NATIVE),
    arrays.timedelta64_dtypes(**NATIVE),
    arrays.byte_string_dtypes(**NATIVE),
    arrays.unicode_string_dtypes(**NATIVE),
    arrays.array_dtypes(arrays.integer_dtypes(**NATIVE)),
)
ARRAYS = arrays.arrays(DTYPES, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))
LAYOUTS = st.sampled_from([echo, np.asfortranarray, np.transpose, lambda a: a[..., ::2] if a.ndim else a, masked])
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.dates(),
    st.builds(lambda a, f: f(a), ARRAYS, LAYOUTS),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.tuples(inner, inner), st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
IN_ONE_PROCESS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


@IN_ONE_PROCESS
@given(value=VALUES)
def test_nested_values_with_arrays_return_from_a_second_process(peer, value):
    assert same(peer.call(echo, value), value)


@IN_ONE_PROCESS
@given(value=VALUES, limit=st.integers(0, 64))
def test_values_survive_whatever_goes_to_the_arena(codec, arena, value, limit, monkeypatch):
    monkeypatch.setattr("pycompss.store.codec.BUFFER_LIMIT", max(limit, 1))
    descriptor = codec.encode(value)
    assert same(codec.decode(descriptor), value)
    for _, offset, length in ranges_of(descriptor):
        arena.free(offset, length)
    assert arena.used == 0


LARGE = {
    "zero size": np.zeros((0, 100_000)),
    "no dimensions": np.array(5.0),
    "Fortran order": np.asfortranarray(np.arange(40_000.0).reshape(200, 200)),
    "not contiguous": np.arange(80_000.0)[::2],
    "structured": np.zeros(5000, dtype=[("a", "i4"), ("b", "f8", (2,))]),
    "objects": np.array([None, [1], "x"] * 5000, dtype=object),
    "dates": np.arange("2000-01-01", "2030-01-01", dtype="datetime64[h]"),
    "masked": np.ma.masked_greater(np.arange(20_000.0), 500),
    "big endian": np.arange(20_000, dtype=">i4"),
    "half of a file": np.arange(40_000.0)[10_000:],
}


@pytest.mark.parametrize("name", LARGE)
def test_large_arrays_of_every_kind_return_writable(peer, name):
    assert same(peer.call(echo, LARGE[name]), LARGE[name])


def test_the_order_of_a_fortran_array_is_kept(codec):
    assert codec.decode(codec.encode(LARGE["Fortran order"])).flags.f_contiguous


@dataclass
class Holder:
    when: dt.date
    arrays: dict = field(default_factory=dict)


def test_objects_of_importable_classes_hold_large_arrays(peer):
    holder = Holder(dt.date(2020, 1, 1), {"x": np.arange(10_000)})
    back = peer.call(echo, holder)
    assert type(back) is Holder
    assert same(vars(back), vars(holder))


def test_objects_of_the_main_file_hold_large_arrays(main, peer):
    main.run("""
        class Block:
            def __init__(self, data): self.data = data
        def grow(block): block.data += 1; return block
    """)
    block = main.Block(np.zeros(10_000))
    descriptor = peer.codec.encode(block)
    assert len(ranges_of(descriptor)) == 1
    back = peer.call(main.grow, block)
    assert type(back) is main.Block
    assert (back.data == 1).all()
    assert not block.data.any()


def test_what_the_arena_cannot_hold_is_refused_by_a_process_without_one(arena):
    mappings = Mappings()
    mappings.attach(1, arena.fd)
    descriptor = Codec(arena, mappings, None).encode(np.zeros(10_000))
    reader = Codec(None, mappings, None)
    value = reader.decode(descriptor)
    gc.collect()
    assert reader.encode(value)[0] == PICKLED
    assert issubclass(SerializerException, Exception)


class Noting:
    """Notes, while it is unpickled, whether the cyclic collector is on."""

    seen: ClassVar[list[bool]] = []

    def __setstate__(self, state):
        Noting.seen.append(gc.isenabled())


@pytest.mark.parametrize(("count", "expected"), [(1, True), (4_000, False), (40_000, False)])
def test_the_cyclic_collector_rests_while_many_objects_are_unpickled(codec, count, expected):
    noting = Noting()
    noting.state = 1
    Noting.seen.clear()
    codec.decode(codec.encode([noting, [str(i) for i in range(count)]]))
    assert Noting.seen == [expected]
    assert gc.isenabled()


class Unwilling:
    """Cannot be unpickled."""

    def __reduce__(self):
        return int, ("no number",)


def test_the_cyclic_collector_runs_again_after_a_failure(codec):
    descriptor = codec.encode([Unwilling(), "x" * 20_000])
    with pytest.raises(ValueError, match="no number"):
        codec.decode(descriptor)
    assert gc.isenabled()


def test_a_program_without_cyclic_collector_keeps_it_off(codec):
    gc.disable()
    try:
        codec.decode(codec.encode("x" * 100_000 + "y"))
        codec.decode(codec.encode([str(i) for i in range(4_000)]))
        assert not gc.isenabled()
    finally:
        gc.enable()
