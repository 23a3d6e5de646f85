"""The thread that waits leaves the cores of workers that run something, and no others."""

from __future__ import annotations

import os

import pytest

from pycompss.engines.local import aside


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """To which cores this thread was bound; it runs on core 1 of four."""
    found: list[set[int]] = []
    monkeypatch.setattr(aside, "current_core", lambda: 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", lambda _pid, cores: found.append(set(cores)), raising=False)
    return found


def test_it_leaves_the_cores_of_all_of_them_and_may_come_back(bound: list[set[int]]) -> None:
    aside.step_aside([[0], [1, 2]])
    assert bound == [{3}, {0, 1, 2, 3}]


def test_it_stays_on_a_core_that_is_nobodys(bound: list[set[int]]) -> None:
    aside.step_aside([[0], [2, 3]])
    aside.step_aside([[]])
    assert bound == []


def test_it_stays_where_there_is_no_other(bound: list[set[int]]) -> None:
    aside.step_aside([[0, 1], [2, 3]])
    assert bound == []
