"""Lines of the program in messages."""

from __future__ import annotations

import sys
import warnings

import pytest

from pycompss.errors import TaskWarning
from pycompss.runtime import places


def test_the_place_is_the_callers_line_whatever_of_ours_lies_between() -> None:
    line = sys._getframe().f_lineno + 1
    assert places.where_called() == f"called from test_places.py:{line}"
    assert places.caller_place()[0] == __file__


def test_without_a_frame_of_the_program_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_OWN", "")
    assert places.caller_place() == ("?", 0)


def test_a_warning_points_to_the_users_line() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        places.warn("careful")
    assert [(w.filename, w.category, str(w.message)) for w in caught] == [(__file__, TaskWarning, "careful")]
