"""Journals that nobody ran: of as many short tasks as are wanted, as a run packs them."""

from __future__ import annotations

from pathlib import Path

from pycompss.core.events import Event, Kind
from pycompss.observe.journalfile import NAME, JournalFile

BUNDLE = 100
_LATER = 1e-6


def write_run(folder: Path, tasks: int) -> Path:
    """The folder, with a journal of chains of ten tasks, sent in bundles to four workers; every one has finished."""
    file = JournalFile(folder / NAME)
    place = ("large.py", 5)
    file.read(
        [
            (Kind.RUN_STARTED, 1e9, "large.py", (("n", 4, None, (), 0.0),)),
            (Kind.TYPE_REGISTERED, 1e9, 0, "m.f"),
            (Kind.NEED_REGISTERED, 1e9, 0, 1, 0, "1 computing unit", (), 0.0),
            (Kind.CALL_REGISTERED, 1e9, 1, 0, ("x",), (), frozenset(), None, 0, place),
        ]
    )
    for first in range(1, tasks + 1, BUNDLE):
        file.read(_bundle(range(first, min(first + BUNDLE, tasks + 1))))
    file.read([(Kind.RUN_ENDED, 1e9 + tasks * _LATER, 0)])
    file.close()
    return folder


def _bundle(tasks: range) -> list[Event]:
    now = 1e9 + tasks[0] * _LATER
    slot = tasks[0] // BUNDLE % 4
    chained = [task for task in tasks if task % 10 != 1]
    calls: list[float] = [-1]
    for task in tasks:
        calls += (now, task, 0, task - 1, 2, task - 1) if task % 10 != 1 else (now, task)
    events: list[Event] = [(Kind.TASKS_CALLED, now, tasks[0], calls)]
    ends = [now + (task - tasks[0]) * _LATER for task in tasks]
    events.append((Kind.TASKS_ASSIGNED, now, "n", slot, tuple(tasks), tuple(chained)))
    events.append((Kind.TASKS_ENDED, now, "n", slot, (slot + 1, 0.0, 1.0), tuple(tasks), [_LATER] * len(tasks), ends))
    return events
