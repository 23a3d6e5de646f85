"""What becomes of the tasks of a worker that dies."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pycompss.core.task import Definition, State
from pycompss.engines.fake import FakeEngine
from pycompss.engines.protocol import Payload
from pycompss.runtime.completions import Completions
from pycompss.worker import wire
from pycompss.worker.board import Board

SHORT = 0.0001


@pytest.fixture
def board() -> Iterator[Board]:
    made = Board.new(wire.anonymous_file("board"))
    yield made
    made.close()


@pytest.fixture
def fake() -> FakeEngine:
    return FakeEngine(units=1)


@pytest.fixture
def completions(fake: FakeEngine, board: Board) -> Completions:
    def nothing(*_: Any, **__: Any) -> None:
        """It concerns others."""

    run: Any = SimpleNamespace(
        core=fake.core, board=board, spilling=SimpleNamespace(slot_lost=nothing, task_ended=nothing, handed={})
    )
    made = Completions(run)
    made.start()
    return made


def test_what_a_dead_worker_has_updated_unheard_before_a_task_on_the_board_is_spoilt(
    fake: FakeEngine, completions: Completions, board: Board
) -> None:
    definition = Definition(list, "short", statistics=SHORT)
    gate = fake.submit(definition=Definition(list, "long", statistics=1.0))
    update, cell, waiting = (fake.submit(definition=definition) for _ in range(3))
    for task in (update, cell, waiting):
        task.payload = Payload(1)
    update.payload.in_place = (0,)
    fake.finish(gate)
    slot = update.slot
    assert slot is not None
    assert slot is waiting.slot
    board.put(cell.id, (7,))
    payload = update.payload
    completions.slot_lost(slot.id, cell.id, "killed", None)
    assert payload.is_spoilt
    assert cell.state is State.DONE
    assert update.state is waiting.state is State.READY
