from __future__ import annotations

import pytest

from pycompss.core.events import FIELDS, Kind, Reader
from pycompss.core.failures import Cause
from pycompss.core.task import Definition


@pytest.fixture
def journal(fake):
    events: list = []
    fake.core.record_to(events)
    return events


def kinds(journal):
    return [event[0] for event in journal]


def test_a_task_that_ends_well_leaves_its_steps(fake, journal):
    x = fake.datum(1)
    fake.finish(fake.submit(lambda value: [("large", 2)], fake.inout(x)), seconds=0.5)
    assert [event[:1] + event[2:] for event in journal] == [
        (Kind.TASK_READY, 1),
        (Kind.TASKS_ASSIGNED, "node1", 1, (1,), ()),
        (Kind.TASK_FINISHED, 1, "node1", 1, 1, 0.5),
        (Kind.VERSION_READY, "d1v2", 0, "node1"),
    ]


def test_tasks_whose_ends_were_told_together_leave_no_other(fake, journal):
    task = fake.submit()
    core = fake.core
    core.reporting = task.slot
    core.is_told = core.tell_together((task.id,), (0.5,), (9.0,))
    core.finished(task, (), 0.5)
    assert journal[-1] == (Kind.TASKS_ENDED, 0.0, "node1", 1, None, (1,), (0.5,), (9.0,))


def test_tasks_that_are_not_there_or_were_tried_before_are_not_told_of_together(fake, journal):
    task = fake.submit()
    core = fake.core
    core.reporting = task.slot
    assert not core.tell_together((task.id, 7), (0.5, 0.5), (9.0, 9.0))
    fake.fail(task)
    core.reporting = task.slot
    assert not core.tell_together((task.id,), (0.5,), (9.0,))
    assert Kind.TASKS_ENDED not in kinds(journal)


def test_attempts_that_fail_say_what_follows(fake, journal):
    task = fake.submit()
    fake.fail(task, "first")
    fake.fail(task, "second", cause=Cause.DEFINITE)
    failures = [event for event in journal if event[0] is Kind.TASK_FAILED]
    assert [event[5:] for event in failures] == [(1, "retry", "first"), (2, "failed", "second")]
    assert (Kind.TASK_RETRIED, 0.0, 1, 2) in journal


def test_cancelled_tasks_are_recorded_once(fake, journal):
    x = fake.datum(1)
    first = fake.submit(lambda value: [2], fake.inout(x))
    fake.submit(lambda value: [2], fake.inout(x))
    fake.fail(first, cause=Cause.DEFINITE)
    assert [event[2] for event in journal if event[0] is Kind.TASK_CANCELLED] == [2]


def test_types_are_numbered_in_the_order_of_their_first_call(fake, journal):
    types = [Definition(lambda: None, name) for name in ("a", "b")]
    assert [fake.core.register(definition) for definition in types] == [0, 1]
    assert [event[2:] for event in journal] == [(0, "a"), (1, "b")]


def test_events_have_the_fields_that_are_documented(fake, journal):
    task = fake.submit(lambda: [1], returns=1)
    fake.fail(task)
    fake.finish(task)
    fake.cancel(fake.submit(units=3))
    assert Kind.TASK_CANCELLED in kinds(journal)
    for kind, _, *fields in journal:
        assert len(fields) == len(FIELDS[kind])


def test_a_reader_gets_the_kinds_that_it_has_methods_for(fake, journal):
    class Finished(Reader):
        def __init__(self):
            self.tasks = []

        def task_finished(self, time, task, *fields):
            self.tasks.append(task)

    fake.finish(fake.submit())
    reader = Finished()
    reader.read([*journal, (99, 0.0)])
    assert reader.tasks == [1]


def test_nothing_is_recorded_when_nobody_listens(fake, journal):
    fake.core.record_to(None)
    fake.finish(fake.submit())
    assert journal == []


def test_statistics_count_tasks_by_what_became_of_them(fake):
    tasks = [fake.submit() for _ in range(4)]
    fake.finish(tasks[0])
    fake.fail(tasks[1], cause=Cause.DEFINITE)
    fake.cancel(tasks[3])
    if tasks[3] in fake.interrupted:
        fake.stop(tasks[3])
    waiting = fake.submit(units=2)
    assert waiting not in fake.running
    assert fake.core.statistics() == {
        "total": 5,
        "done": 1,
        "running": 1,
        "waiting": 1,
        "failed": 1,
        "cancelled": 1,
    }
