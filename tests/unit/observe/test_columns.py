"""What is remembered of tasks in arrays is what was put there, whatever the numbers are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pycompss.observe.archive import Tasks
from pycompss.observe.columns import FAR, Changes, Column
from pycompss.observe.records import Stage, TaskRecord

NUMBERS = st.one_of(st.integers(0, 50), st.sampled_from([-3, FAR - 1, FAR + 20, FAR * 5, 1 << 40]))


@given(st.lists(st.tuples(NUMBERS, st.integers(-9, 9))))
def test_a_column_is_a_dictionary(puts):
    column, expected = Column(-1), {}
    for task, value in puts:
        column[task] = value
        expected[task] = value
    assert all(column[task] == expected.get(task, -1) for task in [*range(-5, 60), *expected])
    known = {task: value for task, value in expected.items() if value != -1}
    assert dict(column.items()) == known


def test_changes_are_told_once_and_in_order_however_many_there_were():
    changes = Changes()
    for number in range(50_000):
        changes.note(number % 7 + 1)
    assert changes.count == 50_000
    assert list(changes.since(changes.count)) == []
    before = changes.count - 3
    assert [changes[task] for task in changes.since(before)] == [before + 1, before + 2, before + 3]
    everybody = list(changes.since(0))
    assert sorted(everybody) == [1, 2, 3, 4, 5, 6, 7]
    assert [changes[task] for task in everybody] == sorted(changes[task] for task in everybody)


def record(task, **rest):
    return TaskRecord(task, 3, 1.5, (1, 2), ("g",), 9, 0, ("app.py", 7), 4, Stage.FAILED, "a", ("b",), **rest)


def test_a_packed_record_is_the_same_when_it_is_unpacked():
    tasks = Tasks()
    full = record(
        5, lane=2, attempt=3, started=1.0, ended=2.0, seconds=0.1, began=0.9, returned=1.9, cpu=0.3, memory=1 << 40,
        outcome="failed", message="no",
    )  # fmt: skip
    for one in (full, TaskRecord(6, 0, 0.0), record(1 << 40)):
        tasks.add(one)
        tasks.settle(one)
        assert tasks[one.id] == one
        assert tasks.level(one.id) == one.level
        assert one.id in tasks
    assert list(tasks) == [5, 6, 1 << 40]
    assert next((o.id, o.stage, o.producers) for o in tasks.outlines()) == (5, Stage.FAILED, (1, 2))
    assert not list(tasks.unfinished())
    changed = tasks.live(5)
    changed.message = "again"
    assert (len(tasks), tasks[5].message, [one.id for one in tasks.unfinished()]) == (3, "again", [5])
    tasks.settle(changed)
    assert tasks[5].message == "again"
    assert tasks.live(7) is None
    assert tasks.level(7) == -1
