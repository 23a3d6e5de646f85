from __future__ import annotations

import pytest

from pycompss.core.groups import Group
from pycompss.core.task import State
from pycompss.core.watches import Watch


def add_one(value):
    return [value + 1]


@pytest.fixture
def group():
    return Group("g")


def test_a_barrier_waits_for_the_members_only(fake, group):
    member = fake.submit(groups=[group])
    other = fake.submit()
    watch = Watch("program")
    assert not fake.core.watch_group(watch, group)
    fake.finish(member)
    assert fake.woken == [watch]
    assert fake.running == [other]


def test_a_group_whose_members_have_ended_keeps_nobody_waiting(fake, group):
    fake.finish(fake.submit(groups=[group]))
    assert fake.core.watch_group(Watch("program"), group)


def test_a_task_belongs_to_every_open_group(fake, group):
    inner = Group("inner")
    task = fake.submit(groups=[group, inner])
    watches = [Watch("outer"), Watch("inner")]
    fake.core.watch_group(watches[0], group)
    fake.core.watch_group(watches[1], inner)
    fake.finish(task)
    assert fake.woken == watches


def test_an_exception_finishes_its_task_and_cancels_the_other_members(fake, group):
    x = fake.datum(1)
    running = fake.submit(groups=[group])
    raising = fake.submit(add_one, fake.inout(x), groups=[group])
    pending = fake.submit(add_one, fake.inout(x), groups=[group])
    outside = fake.submit(add_one, fake.inout(x))
    fake.raises(raising, "no_more")
    assert raising.state is State.DONE
    assert pending.state is State.CANCELLED
    assert fake.interrupted == [running]
    assert group.exception == "no_more"
    fake.stop(running)
    fake.finish(outside)
    assert fake.value(x) == 3


def test_who_joins_a_group_after_an_exception_was_raised_in_it_is_cancelled(fake, group):
    x = fake.datum(1)
    fake.raises(fake.submit(groups=[group]), "enough")
    late = fake.submit(add_one, fake.inout(x), groups=[group])
    assert late.state is State.CANCELLED
    assert fake.value(x) == 1
    assert group.members == {}
    group.exception = None  # the program was told
    assert fake.submit(groups=[group]).state is State.ASSIGNED


def test_the_first_of_two_exceptions_is_the_groups(fake, group):
    tasks = [fake.submit(groups=[group]) for _ in range(2)]
    fake.raises(tasks[0], "first")
    fake.raises(tasks[1], "second")
    assert group.exception == "first"


def test_an_exception_in_an_inner_group_reaches_both(fake, group):
    inner = Group("inner")
    fake.raises(fake.submit(groups=[group, inner]), "enough")
    assert group.exception == inner.exception == "enough"


def test_an_exception_outside_of_groups_cancels_nobody(fake):
    task, other = fake.submit(), fake.submit()
    assert not fake.core.raised(task, [], 1.0, "enough")
    assert other.state is State.ASSIGNED


def test_cancelling_a_group_keeps_what_finished_tasks_wrote(fake, group):
    x = fake.datum("1")
    done = fake.submit(lambda value: [value + "2"], fake.inout(x), groups=[group])
    running = fake.submit(lambda value: [value + "3"], fake.inout(x), groups=[group])
    pending = fake.submit(lambda value: [value + "4"], fake.inout(x), groups=[group])
    fake.finish(done)
    fake.cancel_group(group)
    assert pending.state is State.CANCELLED
    assert group.members == {running.id: running}
    fake.stop(running)
    assert fake.value(x) == "12"
    assert group.members == {}


def test_a_task_that_finishes_before_it_is_stopped_counts(fake, group):
    x = fake.datum(1)
    task = fake.submit(add_one, fake.inout(x), groups=[group])
    fake.cancel_group(group)
    fake.finish(task)
    assert task.state is State.DONE
    assert fake.value(x) == 2


def test_a_task_is_asked_to_stop_only_once(fake, group):
    task = fake.submit(groups=[group])
    fake.cancel_group(group)
    fake.cancel(task)
    fake.core.cancel_all()
    fake.step()
    assert fake.interrupted == [task]


@pytest.mark.parametrize("end", ["fail", "lose"])
def test_a_task_that_was_asked_to_stop_is_not_tried_again(fake, end):
    x = fake.datum(1)
    task = fake.submit(add_one, fake.inout(x))
    fake.cancel(task)
    fake.fail(task) if end == "fail" else fake.lose(task.slot)
    assert task.state is State.CANCELLED
    assert fake.running == []
    assert fake.core.unreported == []
    assert fake.value(x) == 1


def test_a_task_that_was_asked_to_stop_before_it_began_does_not_come_back(fake):
    first = fake.submit()
    first.definition.statistics = 1e-4
    for _ in range(6):
        fake.submit(definition=first.definition)
    slot = next(slot for slot in fake.slots.values() if len(slot.tasks) > 1)
    victim = list(slot.tasks.values())[-1]
    fake.cancel(victim)
    fake.give_back(slot)
    assert victim.state is State.CANCELLED
    fake.run()
    assert victim.id not in fake.core.unfinished
    assert fake.core.done == 6


def test_a_task_that_has_ended_cannot_be_cancelled(fake):
    x = fake.datum(1)
    task = fake.submit(add_one, fake.inout(x))
    fake.finish(task)
    fake.cancel(task)
    assert task.state is State.DONE
    assert fake.interrupted == []
    assert fake.value(x) == 2
