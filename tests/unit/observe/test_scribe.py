"""The scribe hands on all of the journal, in pieces, whether or not the run goes on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pycompss.core.events import Kind
from pycompss.observe import scribe
from pycompss.observe.journalfile import NAME, JournalFile

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


def test_a_run_that_has_ended_is_read_to_its_end(heard: tuple[scribe.Scribe, Heard]) -> None:
    follower, reader = heard
    until, end = os.pipe()
    os.close(end)
    follower.follow(until)
    os.close(until)
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
