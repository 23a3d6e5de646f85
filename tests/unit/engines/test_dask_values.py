"""What the engine for several nodes knows of values: names of ranges, who has copies, when copies go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pycompss.engines.dask.bundles import Bundle, needs
from pycompss.engines.dask.copies import Copies
from pycompss.engines.dask.descriptors import renamed
from pycompss.engines.dask.numbering import PROGRAM, first_arena, node_of
from pycompss.engines.dask.whereabouts import Whereabouts
from pycompss.store.descriptor import BUFFERS, PICKLED, ranges_in
from pycompss.worker import wire

MADE = (first_arena(0) + 1, 4096, 100_000)  # a range of a worker of node 0
OTHER = (first_arena(1) + 2, 0, 200_000)
COPY = (first_arena(2), 8192, 100_000)  # of MADE, on node 2


def value(*ranges):
    return (BUFFERS, b"pickle", ranges)


def task(number, *inputs):
    return (number, 0, tuple((wire.READ, position) for position in range(len(inputs))), None, inputs, 1, None)


# -- numbers ----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 100_000), st.integers(0, 1 << 20))
def test_the_number_of_an_arena_tells_its_node(node, worker):
    assert node_of(first_arena(node) + worker) == node


def test_arena_0_is_the_programs():
    assert node_of(0) == PROGRAM


# -- descriptors ------------------------------------------------------------------------------------------------------


def test_ranges_are_found_wherever_a_value_may_be():
    replay = {0: (value(MADE), [(b"function", (), None, (value(OTHER),), -1)])}
    whole = (1, 0, ((wire.VALUE, value(COPY)),), {"x": (wire.READ, 0)}, (value(MADE),), 1, {"replay": replay})
    assert sorted(ranges_in(whole)) == sorted([COPY, MADE, MADE, OTHER])


def test_a_pickle_in_band_has_no_ranges():
    assert not list(ranges_in([(PICKLED, b"data"), 1, "text"]))


def test_renaming_changes_what_was_told_and_nothing_else():
    before = [task(1, value(MADE, OTHER), 5), {"x": value(MADE)}]
    after = renamed(before, {MADE: COPY})
    assert after == [task(1, value(COPY, OTHER), 5), {"x": value(COPY)}]


nested = st.recursive(
    st.one_of(st.integers(), st.text(), st.binary(), st.builds(value, st.just(MADE)), st.builds(value, st.just(OTHER))),
    lambda inner: st.one_of(st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(st.text(), inner)),
)


@given(nested)
def test_renaming_there_and_back_leaves_everything_as_it_was(anything):
    assert renamed(renamed(anything, {MADE: COPY}), {COPY: MADE}) == anything


# -- bundles ----------------------------------------------------------------------------------------------------------


def test_a_task_is_taken_out_of_a_bundle_once():
    bundle = Bundle([task(1), task(2)], {})
    assert bundle.remove(1)
    assert not bundle.remove(1)
    assert bundle.tasks == [task(2)]


def test_a_task_needs_the_ranges_that_it_names():
    assert needs(task(1, value(MADE)), {MADE})
    assert not needs(task(1, value(MADE)), {OTHER})


# -- copies of one node -----------------------------------------------------------------------------------------------


def test_a_copy_that_nobody_wants_is_free_when_no_worker_has_it_mapped():
    copies = Copies()
    copies.add(MADE, COPY)
    assert copies.hold(7, [COPY, OTHER]) == [OTHER]
    assert copies.drop([MADE]) == []
    assert copies.let_go(7, [COPY]) == ([], [COPY])


def test_a_copy_that_is_let_go_stays_for_the_next_task():
    copies = Copies()
    copies.add(MADE, COPY)
    copies.hold(7, [COPY])
    assert copies.let_go(7, [COPY, OTHER]) == ([OTHER], [])
    assert copies.of == {MADE: COPY}


def test_a_dead_worker_lets_go_of_everything():
    copies = Copies()
    copies.add(MADE, COPY)
    copies.hold(7, [COPY])
    copies.drop([MADE])
    assert copies.let_go(7, None) == (None, [COPY])


# -- who has what -----------------------------------------------------------------------------------------------------


def test_a_node_is_told_who_has_what_it_lacks():
    where = Whereabouts()
    assert where.places([MADE, OTHER], 1) == {MADE: (0,)}
    assert where.places([MADE], 0) is None


def test_a_copy_is_a_source_once_it_exists():
    where = Whereabouts()
    where.places([MADE], 2)
    assert where.sources(MADE) == (0,)
    where.copied(2, [MADE])
    assert where.sources(MADE) == (0, 2)


def test_readers_are_spread_over_those_who_have_a_value():
    where = Whereabouts()
    where.places([MADE], 2)
    where.copied(2, [MADE])
    firsts = {where.places([MADE], reader)[MADE][0] for reader in range(3, 9)}
    assert firsts == {0, 2}


def test_whoever_has_a_value_or_is_about_to_is_told_that_it_may_go():
    where = Whereabouts()
    where.places([MADE], 2)
    assert where.forget([MADE]) == {2: [MADE], 0: [MADE]}
    assert where.forget([MADE]) == {0: [MADE]}


def test_an_update_in_place_drops_the_copies_alone():
    where = Whereabouts()
    where.places([MADE], 2)
    where.copied(2, [MADE])
    assert where.forget([MADE], copies_only=True) == {2: [MADE]}
    assert where.sources(MADE) == (0,)


def test_a_copy_that_arrives_after_it_was_dropped_is_no_source():
    where = Whereabouts()
    where.places([MADE], 2)
    where.forget([MADE], copies_only=True)
    where.copied(2, [MADE])
    assert where.sources(MADE) == (0,)


def test_a_lost_node_is_no_source_and_is_told_nothing():
    where = Whereabouts()
    where.places([MADE], 2)
    where.copied(2, [MADE])
    where.lost(0)
    assert where.sources(MADE) == (2,)
    assert where.forget([MADE]) == {2: [MADE]}


def test_a_copy_that_came_after_one_could_not_be_had_is_dropped_like_others():
    """Tasks that were sent before the program heard of it have got the value in the end."""
    where = Whereabouts()
    where.places([MADE], 2)
    where.lacks(2, [MADE])
    where.copied(2, [MADE])
    assert where.sources(MADE) == (0, 2)
    assert where.forget([MADE]) == {2: [MADE], 0: [MADE]}
