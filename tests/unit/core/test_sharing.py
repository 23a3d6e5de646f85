from __future__ import annotations

import pytest

from pycompss.core.endings import NO_VALUE
from pycompss.core.failures import Cause
from pycompss.core.task import Policy, State
from pycompss.core.versions import Status
from pycompss.engines.fake import FakeEngine


@pytest.fixture
def fake():
    return FakeEngine(units=4)


def add(number):
    return lambda value: [value + number]


def keep(value):
    return [None]


def test_concurrent_tasks_overlap_but_not_with_their_neighbours(fake):
    x = fake.datum(1)
    before = fake.submit(add(1), fake.inout(x))
    members = [fake.submit(keep, fake.concurrent(x)) for _ in range(3)]
    after = fake.submit(add(1), fake.inout(x))
    assert fake.running == [before]
    fake.finish(before)
    assert fake.running == members
    fake.finish(members[1])
    fake.finish(members[0])
    assert after.state is State.PENDING
    fake.finish(members[2])
    assert fake.running == [after]
    fake.finish(after)
    assert fake.value(x) == 3


def test_concurrent_tasks_make_one_version_together(fake):
    x = fake.datum(1)
    members = [fake.submit(keep, fake.concurrent(x)) for _ in range(3)]
    assert {version.label for task in members for version in task.writes} == {"d1v2"}


def test_what_concurrent_tasks_wrote_in_a_file_is_the_groups_value(fake):
    x = fake.datum("old", is_file=True)
    members = [fake.submit(lambda path: ["shared"], fake.concurrent(x)) for _ in range(2)]
    fake.finish(members[1])
    assert x.current.status is Status.PENDING
    fake.finish(members[0])
    assert fake.value(x) == "shared"


def test_concurrent_tasks_that_change_nothing_leave_the_value_as_it_was(fake):
    x = fake.datum(1)
    fake.submit(keep, fake.concurrent(x))
    fake.run()
    assert fake.value(x) == 1


def test_a_shared_file_that_nobody_began_to_write_is_the_one_before(fake):
    x = fake.datum("old", is_file=True)
    blocker = fake.submit(list, units=4)
    member = fake.submit(lambda path: ["shared"], fake.concurrent(x))
    member.writes[0].value = "shared"  # as the session does at submission
    fake.cancel(member)
    assert fake.value(x) == "old"
    assert fake.running == [blocker]


def test_commutative_tasks_come_one_at_a_time_in_any_order(fake):
    x, y = fake.datum(0), fake.datum(0)
    late = fake.submit(add(0), fake.inout(y))
    first = fake.submit(lambda a, b: [a + 1], fake.commutative(x), fake.read(y))
    second = fake.submit(add(10), fake.commutative(x))
    third = fake.submit(add(100), fake.commutative(x))
    assert fake.running == [late, second]
    fake.finish(late)
    assert fake.running == [second]
    fake.finish(second)
    assert len(fake.running) == 1
    fake.run()
    assert fake.value(x) == 111
    assert first.state is third.state is State.DONE


def test_who_comes_after_a_commutative_group_waits_for_all_members(fake):
    x = fake.datum(0)
    members = [fake.submit(add(n), fake.commutative(x)) for n in (1, 2)]
    reader = fake.submit(lambda value: [value], fake.read(x), returns=1)
    later = fake.submit(add(10), fake.commutative(x))
    assert reader.reads[0].label == "d1v2"
    assert later.writes[0].label == "d1v3"
    fake.finish(members[0])
    assert reader.state is State.PENDING
    fake.run()
    assert fake.value(*fake.results(reader)) == 3
    assert fake.value(x) == 13


def test_a_group_that_was_complete_goes_on_when_nobody_has_looked(fake):
    x = fake.datum(0)
    fake.finish(fake.submit(add(1), fake.commutative(x)))
    assert x.current.status is Status.READY
    task = fake.submit(add(2), fake.commutative(x))
    assert task.writes[0].label == "d1v2"
    fake.run()
    assert fake.value(x) == 3


def test_two_directions_make_two_groups(fake):
    x = fake.datum(0)
    fake.submit(keep, fake.concurrent(x))
    other = fake.submit(add(1), fake.commutative(x))
    assert other.shared[0][0].version.label == "d1v3"
    assert other.state is State.PENDING
    fake.run()
    assert fake.value(x) == 1


def test_tasks_with_two_commutative_data_take_both_turns_at_once(fake):
    x, y = fake.datum(0), fake.datum(0)

    def both(a, b):
        return [a + 1, b + 1]

    tasks = [
        fake.submit(both, fake.commutative(x), fake.commutative(y)),
        fake.submit(both, fake.commutative(y), fake.commutative(x)),
        fake.submit(add(10), fake.commutative(x)),
        fake.submit(add(10), fake.commutative(y)),
        fake.submit(both, fake.commutative(x), fake.commutative(y)),
    ]
    while fake.core.live:
        held = [shared for task in fake.running for shared, _, _ in task.shared]
        assert held
        assert len(held) == len(set(held))
        fake.finish(fake.running[-1])
    assert fake.value(x) == fake.value(y) == 13
    assert all(task.state is State.DONE for task in tasks)


def test_a_commutative_task_keeps_its_turn_while_it_is_tried_again(fake):
    x = fake.datum(5)
    first = fake.submit(add(1), fake.commutative(x))
    second = fake.submit(add(1), fake.commutative(x))
    fake.fail(first)
    assert fake.running == [first]
    assert first.reads[0].content.value == 5
    fake.finish(first)
    assert fake.running == [second]
    fake.finish(second)
    assert fake.value(x) == 7


@pytest.mark.parametrize("when", ["waiting for the datum", "waiting for its turn", "running"])
def test_a_cancelled_commutative_task_adds_nothing_and_holds_nobody_up(fake, when):
    x = fake.datum(0)
    before = fake.submit(add(100), fake.inout(x))
    if when != "waiting for the datum":
        fake.finish(before)
    first = fake.submit(add(1), fake.commutative(x))
    second = fake.submit(add(10), fake.commutative(x))
    victim, survivor = (first, second) if when == "running" else (second, first)
    fake.cancel(victim)
    if when == "running":
        fake.stop(victim)
    fake.run()
    assert fake.value(x) == 100 + (10 if survivor is second else 1)
    assert victim.state is State.CANCELLED


def test_a_group_whose_members_were_all_cancelled_is_what_was_before_it(fake):
    x = fake.datum(0)
    before = fake.submit(add(1), fake.inout(x))
    member = fake.submit(add(1), fake.commutative(x))
    reader = fake.submit(lambda value: [value], fake.read(x), returns=1)
    fake.cancel(member)
    assert x.current.status is Status.PENDING
    fake.finish(before)
    fake.finish(reader)
    assert fake.value(x) == fake.value(*fake.results(reader)) == 1


def test_a_group_may_grow_again_after_its_only_member_was_cancelled_early(fake):
    x = fake.datum(0)
    before = fake.submit(add(1), fake.inout(x))
    fake.cancel(fake.submit(add(1), fake.commutative(x)))
    again = fake.submit(add(10), fake.commutative(x))
    fake.finish(before)
    assert x.current.status is Status.PENDING
    fake.finish(again)
    assert fake.value(x) == 11


@pytest.mark.parametrize("way", ["commutative", "concurrent"])
def test_without_the_part_of_a_member_that_failed_for_good_the_group_is_worth_nothing(fake, way):
    x = fake.datum(0)
    function = add(1) if way == "commutative" else keep
    members = [fake.submit(function, getattr(fake, way)(x)) for _ in range(2)]
    reader = fake.submit(lambda value: [value], fake.read(x), returns=1)
    failure = fake.fail(members[0], cause=Cause.DEFINITE)
    late = fake.submit(function, getattr(fake, way)(x))
    fake.run()
    assert members[1].state is State.DONE
    assert reader.state is late.state is State.CANCELLED
    assert x.current.status is Status.FAILED
    assert x.current.failure is failure


def test_an_ignored_member_counts_with_what_it_left(fake):
    x = fake.datum(0)
    first = fake.submit(add(1), fake.commutative(x), policy=Policy.IGNORE)
    second = fake.submit(add(10), fake.commutative(x), policy=Policy.IGNORE)
    fake.fail(first, left=[5])
    fake.fail(second, left=[NO_VALUE])
    assert fake.value(x) == 5


def test_successors_of_a_group_are_cancelled_with_a_member_that_says_so(fake):
    x = fake.datum(0)
    member = fake.submit(add(1), fake.commutative(x), policy=Policy.CANCEL_SUCCESSORS)
    other = fake.submit(add(10), fake.commutative(x))
    reader = fake.submit(lambda value: [value], fake.read(x), returns=1)
    fake.fail(member)
    assert reader.state is State.CANCELLED
    fake.finish(other)
    assert fake.value(x) == 10


def test_a_finished_group_frees_everything(fake):
    x = fake.datum(0)
    for _ in range(3):
        fake.submit(add(1), fake.commutative(x))
    fake.run()
    fake.release(x)
    assert sorted(version.value is None for version in fake.freed) == [True] * 4
    assert x.current.status is Status.FREED
