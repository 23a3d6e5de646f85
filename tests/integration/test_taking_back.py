"""Short tasks travel together; when one of them turns out long, the others do not wait behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.task import task
from pycompss.core.resources import Node, Requirement, Slot
from pycompss.engines import protocol
from pycompss.engines.local.engine import LocalEngine
from pycompss.engines.local.settings import Settings
from pycompss.runtime.values import Values
from pycompss.worker import wire
from tests.support.rendezvous import await_mark, await_true, mark


@task(returns=1, on_failure="FAIL")
def meet(number: int, folder: str, count: int) -> int:
    """Task 0 ends when all others have: it must not have them behind it."""
    if number < 0:
        return number
    if number == 0:
        for other in range(1, count):
            await_mark(Path(folder) / str(other))
    else:
        mark(Path(folder) / str(number))
    return number


@task()
def wait_for(path: str) -> None:
    await_mark(path)


def test_tasks_do_not_wait_behind_one_that_turns_out_long(session: Any, tmp_path: Path) -> None:
    compss_wait_on([meet(-1, "", 0) for _ in range(200)])  # now they count as short
    for _ in range(2):
        wait_for(str(tmp_path / "begin"))  # both workers are busy, so the next tasks gather and travel in bundles
    count = 40
    results = [meet(n, str(tmp_path), count) for n in range(count)]
    mark(tmp_path / "begin")
    assert compss_wait_on(results) == list(range(count))


class Alone:
    """An engine with one worker and no core: the test says what is sent, and hears what becomes of it."""

    def __init__(self, folder: Path) -> None:
        self.values = Values(1 << 24)
        settings = Settings(str(folder), str(folder), self.values.arena.limit)
        self.engine = LocalEngine([Node(0, "here", 1)], settings, memory=self.values.memory)
        self.events: list[Any] = []
        self.engine.start(self.events.extend)
        self.slot = Slot(1, self.engine.nodes[0], Requirement())

    @property
    def worker(self) -> Any:
        return self.engine.by_slot[self.slot.id]

    def number_of(self, function: Any) -> int:
        self.engine.functions().append(self.values.names.function_reference(function))
        return len(self.engine.functions()) - 1

    def send(self, task: int, function: int, argument: Path) -> None:
        self.engine.run(self.slot, [(task, function, (str(argument),), None, None, 0, None)], [])

    @property
    def returned(self) -> list[int]:
        return sorted(number for event in self.events if event[0] == protocol.RETURNED for number in event[1])

    @property
    def ended(self) -> dict[int, int]:
        """How tasks have ended, by number."""
        completions = [event[2] for event in self.events if event[0] == protocol.COMPLETED]
        return {number: status for some in completions for number, status, *_ in some}


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    made = Alone(tmp_path)
    yield made
    made.engine.stop()
    made.values.close()


def test_a_worker_that_reads_while_tasks_are_taken_back_is_told_again_what_it_missed(
    alone: Alone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocking, marking = alone.number_of(await_mark), alone.number_of(mark)
    alone.send(1, blocking, tmp_path / "go")
    await_true(lambda: alone.worker.current_task == 1, "the first task has not begun")
    alone.send(2, marking, tmp_path / "2")  # the worker is told the function
    alone.send(3, marking, tmp_path / "3")  # and knows it now
    receive, theirs, taken = wire.receive, alone.worker.theirs, []

    def receive_one(sock: Any, flags: int = 0) -> Any:
        if sock is theirs:
            if taken:
                raise BlockingIOError  # the worker has been faster
            taken.append(sock)
        return receive(sock, flags)

    monkeypatch.setattr(wire, "receive", receive_one)
    alone.engine.take_back(alone.slot)
    mark(tmp_path / "go")
    await_true(lambda: alone.returned == [2, 3], "tasks were not returned")
    for number in (2, 3):
        alone.send(number, marking, tmp_path / str(number))
    await_true(lambda: len(alone.ended) == 3, "tasks have not ended")
    assert alone.ended == {1: wire.OK, 2: wire.OK, 3: wire.OK}
