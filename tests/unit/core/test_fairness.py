from __future__ import annotations

import random
from collections import Counter

import pytest

from pycompss.core.fairness import PROGRAM, Turns, party_of
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Requirement
from pycompss.core.task import Definition, State
from pycompss.engines.fake import FakeEngine


@pytest.fixture
def one():
    """One node with one computing unit."""
    return FakeEngine(units=1)


def started(fake):
    return [number for number, _ in fake.executions]


def finish(fake, count):
    for _ in range(count):
        fake.finish(fake.running[0])


def flood(fake, count=1000, **options):
    return [fake.submit(**options) for _ in range(count)]


def test_a_group_of_few_does_not_wait_for_a_group_of_many(one):
    many, few = Group("many"), Group("few")
    flood(one, groups=[many])
    finish(one, 100)
    tasks = flood(one, 3, groups=[few])
    finish(one, 8)
    assert {task.state for task in tasks} == {State.DONE}


def test_a_group_does_not_wait_for_what_the_program_called_before(one):
    flood(one)
    tasks = flood(one, 3, groups=[Group("few")])
    finish(one, 8)
    assert {task.state for task in tasks} == {State.DONE}


def test_the_program_does_not_wait_for_a_group(one):
    flood(one, groups=[Group("many")])
    tasks = flood(one, 3)
    finish(one, 8)
    assert {task.state for task in tasks} == {State.DONE}


def test_calls_of_a_task_do_not_wait_for_the_program(fake):
    parent = fake.submit()
    flood(fake)
    children = flood(fake, 3, parent=parent)
    for _ in range(8):
        fake.finish(fake.running[-1])
    assert {task.state for task in children} == {State.DONE}


def test_wide_tasks_of_a_small_group_do_not_wait_for_narrow_ones_of_a_large(fake):
    flood(fake, groups=[Group("many")])
    wide = fake.submit(units=2, groups=[Group("few")])
    finish(fake, 4)
    assert wide.state is not State.READY


def test_a_silent_group_catches_nothing_up(one):
    late = Group("late")
    one.submit(groups=[late])
    flood(one, groups=[Group("many")])
    finish(one, 500)
    flood(one, 100, groups=[late])
    before = len(one.executions)
    finish(one, 50)
    newest = started(one)[before:]
    assert sum(number > 1001 for number in newest) == pytest.approx(25, abs=1)


def test_priority_goes_before_every_turn(one):
    flood(one, 10, groups=[Group("many")])
    one.submit(groups=[Group("few")])
    urgent = one.submit(groups=[Group("many")], priority=True)
    finish(one, 1)
    assert one.running == [urgent]


def test_a_cancelled_group_leaves_its_turns_to_others(one):
    many, few = Group("many"), Group("few")
    flood(one, 10, groups=[many])
    tasks = flood(one, 3, groups=[few])
    one.cancel_group(few)
    one.run()
    assert {task.state for task in tasks} == {State.CANCELLED}
    assert one.core.done == 10


def test_without_groups_tasks_have_no_turns(one):
    tasks = flood(one, 10)
    one.run()
    assert started(one) == [task.id for task in tasks]
    assert {task.turn for task in tasks} == {0}


@pytest.mark.parametrize("seed", range(20))
def test_parties_with_waiting_tasks_start_as_many_and_each_in_its_order(one, seed):
    rng = random.Random(seed)
    groups = [Group(str(number)) for number in range(4)]
    one.submit()
    tasks = {}
    for _ in range(200):
        group = rng.choice(groups)
        task = one.submit(groups=[group])
        tasks[task.id] = group
    left, share = Counter(tasks.values()), Counter()
    one.run()
    order = started(one)[1:]
    for number in order:
        share[tasks[number]] += 1
        left[tasks[number]] -= 1
        if all(left.values()):
            assert max(share[group] for group in groups) - min(share[group] for group in groups) <= 1
    for group in groups:
        own = [number for number in order if tasks[number] is group]
        assert own == sorted(own)
    assert len(order) == 200


def test_the_innermost_group_and_the_outermost_caller_count():
    task = Invocation(3, Definition(list, "f"), Requirement(), None)
    outer, inner = Group("outer"), Group("inner")
    assert party_of(task) == PROGRAM
    middle = Invocation(2, Definition(list, "f"), Requirement(), None)
    middle.parent = Invocation(1, Definition(list, "f"), Requirement(), None)
    task.parent = middle
    assert party_of(task) == 1
    task.groups = (outer, inner)
    assert party_of(task) is inner


def test_parties_that_are_through_are_forgotten():
    turns = Turns()
    turns.begin([])
    for number in range(1, 10_000):
        task = Invocation(number, Definition(list, "f"), Requirement(), None)
        task.groups = (Group("short"),)
        turns.give(task)
        turns.started(task)
    assert len(turns.last) < 200
