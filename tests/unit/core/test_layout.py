"""Layouts: which elements of a collection each rank gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycompss.core.layout import Layout


def dealt(layout: Layout, values: list, ranks: int) -> list:
    return [layout.selection(values, rank, ranks) for rank in range(ranks)]


def test_blocks_may_overlap():
    assert dealt(Layout(4, 2, 1), list("abcde"), 4) == [["a", "b"], ["b", "c"], ["c", "d"], ["d", "e"]]


def test_blocks_go_round_the_ranks():
    assert dealt(Layout(8, 1, 1), list(range(8)), 4) == [[0, 4], [1, 5], [2, 6], [3, 7]]


def test_blocks_may_leave_elements_out():
    assert dealt(Layout(2, 2, 3), list(range(6)), 2) == [[0, 1], [3, 4]]


def test_a_single_element_comes_without_a_list_and_ranks_without_a_block_get_nothing():
    assert dealt(Layout(2), ["a", "b"], 4) == ["a", "b", [], []]


def test_by_default_each_rank_has_one_element():
    assert dealt(Layout(), list("abc"), 3) == ["a", "b", "c"]


def test_a_layout_that_does_not_fit_says_what_it_takes():
    with pytest.raises(ValueError, match="its 4 blocks of 2, 1 apart, take 5 elements; the collection has 4"):
        Layout(4, 2, 1).check(4, ranks=4)
    with pytest.raises(ValueError, match="its 3 blocks of 1, 1 apart, take 3 elements; the collection has 2"):
        Layout().check(2, ranks=3)


@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 6), st.integers(1, 7))
def test_every_element_of_every_block_goes_to_one_rank(count, length, stride, ranks):
    values = list(range((count - 1) * stride + length))
    shares = dealt(Layout(count, length, stride), values, ranks)
    found = sorted(value for share in shares for value in (share if isinstance(share, list) else [share]))
    assert found == sorted(b * stride + i for b in range(count) for i in range(length))
