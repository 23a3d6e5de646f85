"""The scribe hands on all of the journal, in pieces, whether or not the run goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pycompss.core.events import Kind
from pycompss.observe import scribe
from pycompss.observe.journalfile import NAME, JournalFile
from tests.support.counting import count_calls

CALLS = 119  # of Python functions, a short task
EVENTS = [(Kind.TASK_READY, 0.5, task) for task in range(2 * scribe.BATCH + 1)]


class Heard:
    """A reader that remembers how many events it got at a time."""

    def __init__(self, _folder: str) -> None:
        self.events: list[Any] = []
        self.batches: list[int] = []
        self.is_closed = False
        self.enough: int | None = None  # a pipe that ends when everything was heard

    def read(self, events: list[Any]) -> None:
        self.events += events
        self.batches.append(len(events))

    def look(self) -> None:
        if self.enough is not None and len(self.events) == len(EVENTS):
            os.close(self.enough)
            self.enough = None

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[scribe.Scribe, Heard]:
    journal = JournalFile(tmp_path / NAME)
    journal.read(EVENTS)
    journal.close()
    made: list[Heard] = []
    monkeypatch.setitem(scribe._READERS, "heard", lambda folder: made.append(Heard(folder)) or made[-1])
    return scribe.Scribe(str(tmp_path), [("heard",)]), made[0]


def end(follower: scribe.Scribe) -> None:
    """The run is over."""
    until, other = os.pipe()
    os.close(other)
    follower.follow(until)
    os.close(until)


def test_a_run_that_has_ended_is_read_to_its_end(heard: tuple[scribe.Scribe, Heard]) -> None:
    follower, reader = heard
    end(follower)
    assert (reader.events, reader.batches) == (EVENTS, [scribe.BATCH, scribe.BATCH, 1])
    assert reader.is_closed


def test_a_run_that_goes_on_is_read_in_pieces_between_which_the_pipe_is_looked_at(
    heard: tuple[scribe.Scribe, Heard], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scribe, "PERIOD", 0.0)
    follower, reader = heard
    until, reader.enough = os.pipe()
    follower.follow(until)
    os.close(until)
    assert (reader.events, reader.batches) == (EVENTS, [scribe.BATCH, scribe.BATCH, 1])
    assert reader.enough is None


def test_a_reader_that_finds_the_disk_full_does_not_take_the_others_along(
    heard: tuple[scribe.Scribe, Heard], tmp_path: Path
) -> None:
    follower, reader = heard
    (tmp_path / "pycompss.err").symlink_to("/dev/full")

    class Unlucky(Heard):
        def read(self, _events: list[Any]) -> None:
            raise OSError(28, "No space left on device")

    follower._readers.insert(0, Unlucky(""))
    end(follower)
    assert reader.is_closed
    assert reader.events == EVENTS


def test_what_people_look_at_takes_so_many_calls_of_functions_a_task(tmp_path: Path) -> None:
    """Measured, with about ten per cent of room (Python 3.11): a run that has ended waits for its scribe."""
    journal = JournalFile(tmp_path / NAME)
    journal.read(list(_short_tasks(1000)))
    journal.close()
    follower = scribe.Scribe(
        str(tmp_path), [("graph",), ("state", 2.0), ("log",), ("trace", "paraver", "a.py", "", False)]
    )

    def read_all() -> None:
        while not follower._read_on():
            pass

    calls = count_calls(read_all)
    end(follower)
    assert calls / 1000 <= CALLS, calls / 1000


def _short_tasks(number: int) -> Iterator[tuple[Any, ...]]:
    """A run of such tasks, as it is recorded: ten share a message."""
    yield (Kind.RUN_STARTED, 0.0, "a.py", (("node", 2, None, (), 0.0),))
    yield (Kind.TYPE_REGISTERED, 0.0, 0, "a.f")
    yield (Kind.CALL_REGISTERED, 0.0, 1, 0, (), (), frozenset(), None, 0, ("a.py", 7))
    for first in range(1, number, 10):
        tasks, now = tuple(range(first, first + 10)), first * 1e-3
        yield (Kind.TASKS_CALLED, now, first, [-1, *[now] * len(tasks)])
        yield (Kind.TASKS_ASSIGNED, now + 1e-3, "node", first // 10 % 2, tasks, ())
        ends = [now + 1e-3 + task * 1e-6 for task in tasks]
        yield (Kind.TASKS_ENDED, now + 2e-3, "node", first // 10 % 2, (1, 0.0, 1.0), tasks, [1e-6] * len(tasks), ends)
