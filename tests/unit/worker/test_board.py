from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator

import pytest

from pycompss.worker import wire
from pycompss.worker.board import PLACES, REFUSED, SIZE, Board


@pytest.fixture
def board() -> Iterator[Board]:
    made = Board.new(wire.anonymous_file("board"))
    yield made
    made.close()


@pytest.mark.parametrize("values", [(1,), (None,), (True, 2.5), ("text",), (b"bytes", -(1 << 62))])
def test_small_results_are_there_for_everybody(board: Board, values: tuple[object, ...]) -> None:
    board.put(7, values)
    other = Board(os.dup(board.fd))
    assert other.get(7) == values
    other.close()


def test_a_task_that_has_not_ended_has_nothing_there(board: Board) -> None:
    assert board.get(7) is None


@pytest.mark.parametrize("values", [None, (), ("x" * 100,), ((0, b"pickled"),), (1, (1, (b"", ()), ()))])
def test_what_is_large_or_no_literal_is_refused(board: Board, values: tuple[object, ...] | None) -> None:
    board.put(7, values)
    assert board.get(7) == REFUSED


def test_a_task_that_ran_after_all_is_there(board: Board) -> None:
    board.refuse([7, 8])
    board.put(7, (1,))
    assert board.get(7) == (1,)
    assert board.get(8) == REFUSED


def test_a_later_task_takes_the_place(board: Board) -> None:
    board.put(7, (1,))
    board.put(7 + PLACES, (2,))
    assert board.get(7) == REFUSED
    assert board.get(7 + PLACES) == (2,)
    assert board.get(7 + 2 * PLACES) is None


@pytest.mark.parametrize("power", range(10, 24))
def test_tasks_that_are_a_power_of_two_apart_do_not_share_a_place(board: Board, power: int) -> None:
    board.put(7, (1,))
    board.put(7 + (1 << power), (2,))
    assert board.get(7) == (1,)


def test_what_is_half_written_is_not_there_yet(board: Board) -> None:
    board.put(7, (12345,))
    data = bytearray(os.pread(board.fd, SIZE, 7 * SIZE))
    os.pwrite(board.fd, bytes([data[17] ^ 1]), 7 * SIZE + 17)
    assert board.get(7) is None


def _write(fd: int, rounds: int) -> None:
    board = Board(fd)
    for number in range(rounds):
        board.put(5 + number * PLACES, (number, number * 3))


def test_readers_see_whole_results_while_somebody_writes(board: Board) -> None:
    writer = multiprocessing.get_context("fork").Process(target=_write, args=(board.fd, 20_000))
    writer.start()
    number, seen = 0, 0
    while number < 20_000:
        values = board.get(5 + number * PLACES)
        if values is None:
            continue
        if values:
            assert values == (number, number * 3)
            seen += 1
        number += 1
    writer.join()
    assert writer.exitcode == 0
    assert seen
