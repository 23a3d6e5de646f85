from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pycompss.worker import results as module
from pycompss.worker import wire
from pycompss.worker.board import Board
from pycompss.worker.results import Results


@pytest.fixture
def results():
    return Results()


def test_a_task_gets_what_an_earlier_one_made(results):
    results.of[1] = (10, 11)
    inputs = [(wire.LOCAL, 1, 1), 5, (0, b"pickle")]
    assert results.fill(2, inputs)
    assert inputs == [11, 5, (0, b"pickle")]


def test_a_task_is_stranded_when_the_earlier_one_did_not_end_well(results):
    assert not results.fill(2, [(wire.LOCAL, 1, 0)])
    assert not results.fill(3, [(wire.LOCAL, 2, 0)])
    assert results.clear() == [2, 3]
    assert results.clear() == []


def test_a_promise_of_a_value_is_no_value(results):
    results.of[1] = ((77, "future"),)
    assert not results.fill(2, [(wire.LOCAL, 1, 0)])


def test_results_are_forgotten_with_their_message(results):
    results.of[1] = (10,)
    results.clear()
    assert not results.fill(2, [(wire.LOCAL, 1, 0)])


@pytest.fixture
def board() -> Iterator[Board]:
    made = Board.new(wire.anonymous_file("board"))
    yield made
    made.close()


def test_a_task_gets_what_one_of_another_message_made(board):
    board.put(1, (10, 11))
    inputs = [5, (wire.HANDED, 1, 1), (wire.HANDED, 1, 0)]
    assert Results(board).fill(2, inputs)
    assert inputs == [5, 11, 10]


def test_who_needs_what_is_not_made_yet_waits_for_it(board, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 60.0)
    results = Results(board)
    threading.Timer(0.01, board.put, (1, (10,))).start()
    inputs = [(wire.HANDED, 1, 0)]
    assert results.fill(2, inputs)
    assert inputs == [10]


def test_who_waits_for_long_reports_first_what_others_may_wait_for(board, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 60.0)
    reports = []

    def report():
        reports.append("what was done")
        board.put(1, (10,))

    assert Results(board, report).fill(2, [(wire.HANDED, 1, 0)])
    assert len(reports) == 1


def test_a_task_is_stranded_when_nobody_will_make_what_it_needs_and_so_are_those_that_wait_for_it(board):
    board.refuse([1])
    results = Results(board)
    assert not results.fill(2, [(wire.HANDED, 1, 0)])
    assert not results.fill(3, [(wire.HANDED, 2, 0)])
    assert results.clear() == [2, 3]


def test_after_one_wait_in_vain_the_tasks_of_a_message_wait_no_more(board, monkeypatch):
    naps = []
    monkeypatch.setattr(module.time, "sleep", naps.append)
    results = Results(board)
    assert not results.fill(2, [(wire.HANDED, 1, 0)])
    waited = len(naps)
    assert not results.fill(4, [(wire.HANDED, 3, 0)])
    assert waited
    assert len(naps) == waited
    assert results.clear() == [2, 4]
