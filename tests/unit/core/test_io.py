"""Tasks that use no computing units: as many as the node has I/O executors, whatever the others do."""

from __future__ import annotations

from pycompss.core.equipment import IO, Equipment, Processor
from pycompss.core.resources import Node, Requirement
from pycompss.core.task import State
from pycompss.engines.fake import FakeEngine

WAITING = Equipment((Processor(1, IO),))


def machine(units=1, executors=2, **more):
    return FakeEngine([Node(0, "a", units, equipment=Equipment((Processor(executors, IO),)), **more)])


def io(fake, **more):
    return fake.submit(units=0, equipment=WAITING, **more)


def running(*tasks):
    return [task.state is State.ASSIGNED for task in tasks]


def test_they_start_at_once_beside_a_task_that_has_all_cores():
    fake = machine()
    fake.submit()
    assert running(io(fake)) == [True]


def test_as_many_run_as_there_are_executors():
    fake = machine(executors=2)
    first, second, third = (io(fake) for _ in range(3))
    assert running(first, second, third) == [True, True, False]
    fake.finish(first)
    assert running(third) == [True]


def test_they_leave_the_cores_to_the_others():
    fake = machine(units=2, executors=1)
    waiting = [io(fake) for _ in range(3)]
    assert running(*(fake.submit() for _ in range(2))) == [True, True]
    assert running(*waiting) == [True, False, False]


def test_a_task_that_waits_for_cores_holds_none_of_them_up():
    fake = machine(units=2)
    fake.submit()
    wide = fake.submit(units=2)
    assert running(wide, io(fake), fake.submit()) == [False, True, False]


def test_those_that_wait_for_executors_hold_no_cores():
    fake = machine(units=2, executors=1)
    fake.submit()
    tasks = [io(fake), io(fake), fake.submit()]
    assert running(*tasks) == [True, False, True]


def test_a_limit_of_tasks_does_not_count_them():
    fake = machine(units=4, limit=1)
    tasks = [io(fake), fake.submit(), fake.submit(), io(fake)]
    assert running(*tasks) == [True, True, False, True]
    fake.finish(tasks[1])
    assert running(tasks[2]) == [True]


def test_their_memory_counts():
    fake = machine(memory=3)
    assert running(io(fake, memory=2), io(fake, memory=2)) == [True, False]


def test_where_nobody_waits_for_disks_they_are_impossible():
    fake = FakeEngine([Node(0, "a", 4)])
    need = Requirement(0, 0, WAITING)
    assert not fake.core.can_ever_run(need)
    assert str(need) == "1 I/O executor"
    assert [entry.has for entry in fake.core.nodes[0].shortfalls(need)] == ["none"]
