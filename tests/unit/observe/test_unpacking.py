"""What is recorded together comes out as single events; a journal of the older version needs no unpacking."""

from __future__ import annotations

import json
from array import array
from pathlib import Path

from pycompss.core.events import Kind
from pycompss.observe.journal import Journal
from pycompss.observe.journalfile import JournalFile, read
from pycompss.observe.unpacking import Unpacker

CALL = (Kind.CALL_REGISTERED, 1.0, 3, 7, ("x", "y"), ("g",), frozenset(), None, 2, ("app.py", 5))
PLACE = (("g",), (), frozenset(), None, 2, ("app.py", 5))


def doubles(*numbers):
    return array("d", numbers).tobytes()


def unpack(*events):
    return list(Unpacker().unpacked(events))


def test_a_call_that_reads_nothing_is_created_and_ready():
    assert unpack(CALL, (Kind.TASK_CALLED, 2.0, 1, 3, (), 0)) == [
        (Kind.TASK_CREATED, 2.0, 1, 7, (), (), *PLACE),
        (Kind.TASK_READY, 2.0, 1),
    ]


def test_a_call_that_reads_names_the_parameter_and_is_not_ready_yet():
    assert unpack(CALL, (Kind.TASK_CALLED, 2.0, 4, 3, ((1, 9, 2, 1),), 12)) == [
        (Kind.TASK_CREATED, 2.0, 4, 7, (("y", 0, "d9v2", 1, False),), ("d12v2",), *PLACE),
    ]


def test_calls_that_were_recorded_together_come_out_as_those_that_were_recorded_alone():
    other = (Kind.CALL_REGISTERED, 1.0, 4, 8, ("z",), (), frozenset(), None, 0, None)
    calls = [-3, 2.0, 2.5, 11, -4, 3.0, 12, 0, 11, 2, 5, -3, 4.0, 0, 0, 9, 1, 0, 1, 12, 2, 7, 5.0]
    assert unpack(CALL, other, (Kind.TASKS_CALLED, 2.0, 5, calls)) == unpack(
        CALL,
        other,
        (Kind.TASK_CALLED, 2.0, 5, 3, (), 0),
        (Kind.TASK_CALLED, 2.5, 6, 3, (), 11),
        (Kind.TASK_CALLED, 3.0, 7, 4, ((0, 11, 2, 5),), 12),
        (Kind.TASK_CALLED, 4.0, 8, 3, ((0, 9, 1, None), (1, 12, 2, 7)), 0),
        (Kind.TASK_CALLED, 5.0, 9, 3, (), 0),
    )


def test_tasks_of_a_bundle_are_assigned_one_by_one_and_those_that_follow_are_ready():
    assert unpack((Kind.TASKS_ASSIGNED, 2.0, "n", 5, (1, 2), (2,))) == [
        (Kind.TASK_READY, 2.0, 2),
        (Kind.TASK_ASSIGNED, 2.0, 1, "n", 5, 1),
        (Kind.TASK_ASSIGNED, 2.0, 2, "n", 5, 1),
    ]


def test_short_tasks_ran_before_they_finished_and_others_only_finished():
    ran, *finished = unpack((Kind.TASKS_FINISHED, 9.0, "n", 5, (4, 1.0, 0.5), doubles(1, 0.25, 2.0, 2, 3.0, 0.0)))
    nothing = (None, None, None, ())
    assert ran == (Kind.TASKS_RAN, 9.0, "n", 5, 4, ((1, 2.75, 2.75, 3.0, 3.0, 0.125, *nothing),))
    assert finished == [
        (Kind.TASK_FINISHED, 9.0, 1, "n", 5, 1, 0.25),
        (Kind.TASK_FINISHED, 9.0, 2, "n", 5, 1, 3.0),
    ]


def test_columns_of_ends_are_the_same_as_doubles():
    notes = (4, 1.0, 0.5)
    assert unpack((Kind.TASKS_ENDED, 9.0, "n", 5, notes, (1, 2), (0.25, 3.0), (2.0, None))) == unpack(
        (Kind.TASKS_FINISHED, 9.0, "n", 5, notes, doubles(1, 0.25, 2.0, 2, 3.0, 0.0))
    )


def test_without_notes_of_a_worker_tasks_only_finish():
    assert [kind for kind, *_ in unpack((Kind.TASKS_FINISHED, 9.0, "n", 5, None, doubles(1, 0.2, 2.0)))] == [
        Kind.TASK_FINISHED
    ]


def test_a_call_whose_registration_is_lost_is_shown_without_it():
    created, ready = unpack((Kind.TASK_CALLED, 2.0, 1, 3, (), 0))
    assert created[:4] == (Kind.TASK_CREATED, 2.0, 1, -1)
    assert ready == (Kind.TASK_READY, 2.0, 1)


class Heard:
    def __init__(self):
        self.events = []

    def read(self, events):
        self.events += events


def test_the_file_stays_packed_and_listeners_get_single_events(tmp_path: Path):
    journal, heard = Journal(period=60), Heard()
    journal.attach(JournalFile(tmp_path / "journal.events"))
    journal.attach(heard)
    packed = [CALL, (Kind.TASK_CALLED, 2.0, 1, 3, (), 0)]
    for event in packed:
        journal.append(event)
    journal.close()
    assert heard.events == unpack(*packed) == list(read(tmp_path / "journal.events"))


def test_a_journal_of_version_2_is_read(tmp_path: Path):
    path = tmp_path / "journal.events"
    file = JournalFile(path)
    file.read([(Kind.TASK_READY, 0.5, 7)])
    file.close()
    header, rest = path.read_bytes().split(b"\n", 1)
    old = json.loads(header) | {"version": 2}
    old["kinds"] = {number: words for number, words in old["kinds"].items() if int(number) <= Kind.NEED_REGISTERED}
    path.write_bytes(json.dumps(old).encode() + b"\n" + rest)
    assert list(read(path)) == [(Kind.TASK_READY, 0.5, 7)]
