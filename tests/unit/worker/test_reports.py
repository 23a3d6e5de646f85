"""When a worker tells the master which tasks have ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pycompss.store.mappings import Mappings
from pycompss.worker import reports, wire
from pycompss.worker.reports import FLUSH_AFTER, Reports

COMPLETION = (1, wire.OK, (), 0.0, None)


class Master:
    """The other end of a worker's socket, and the time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sock, self.theirs = wire.pair()
        self.sock.setblocking(False)
        self.now = 0.0
        monkeypatch.setattr(reports.time, "perf_counter", lambda: self.now)
        self.reports = Reports(self.theirs, Mappings())

    def heard(self) -> list[Any]:
        """Numbers of the tasks in each message since the last call."""
        found = []
        while True:
            try:
                message, _ = wire.receive(self.sock)
            except BlockingIOError:
                return found
            found.append([completion[0] for completion in message[1]])


@pytest.fixture
def master(monkeypatch: pytest.MonkeyPatch) -> Iterator[Master]:
    master = Master(monkeypatch)
    yield master
    master.sock.close()
    master.theirs.close()


def test_what_has_waited_for_long_is_told_although_the_next_task_goes_on(master):
    master.reports.begin()
    master.reports.done.append(COMPLETION)
    master.now = 2 * FLUSH_AFTER
    master.reports.flush_if_late()
    assert master.heard() == [[1]]


def test_a_bundle_that_has_just_begun_is_not_told_in_two_parts(master):
    master.reports.begin()
    master.reports.done.append(COMPLETION)
    master.reports.flush()
    master.now = FLUSH_AFTER
    master.reports.begin()
    master.reports.done.append(COMPLETION)
    master.now += FLUSH_AFTER / 4
    master.reports.flush_if_late()
    assert master.heard() == [[1]]
    master.now += FLUSH_AFTER
    master.reports.flush_if_late()
    assert master.heard() == [[1]]


def test_nothing_is_told_when_all_was(master):
    master.reports.begin()
    master.now = 2 * FLUSH_AFTER
    master.reports.flush_if_late()
    assert master.heard() == []
