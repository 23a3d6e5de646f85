"""Tasks with several versions: which one runs, and when that is decided."""

from __future__ import annotations

import pytest

from pycompss.core.alternatives import Choice
from pycompss.core.equipment import IO, Equipment, Processor
from pycompss.core.resources import Node, Requirement
from pycompss.core.task import Definition, State
from pycompss.engines.fake import FakeEngine

ONE, TWO, FOUR = Requirement(1), Requirement(2), Requirement(4)
ON_GPU = Requirement(1, 0, Equipment((Processor(1), Processor(1, "GPU"))))
WAITING = Requirement(0, 0, Equipment((Processor(1, IO),)))


def version(name, seconds=None, **options):
    return Definition(list, name, statistics=seconds, **options)


def machine(units=2, *processors):
    return FakeEngine([Node(0, "a", units, equipment=Equipment(processors))])


def call(fake, base, *others, need=ONE, **more):
    return fake.submit(definition=base, units=need.units, equipment=need.equipment, others=others, **more)


@pytest.fixture
def base():
    return version("base")


@pytest.fixture
def other():
    return version("other")


def ran_as(*tasks):
    return [task.definition.name if task.state is State.ASSIGNED else None for task in tasks]


def test_the_base_runs_if_it_can(base, other):
    assert ran_as(call(machine(), base, (other, ONE))) == ["base"]


def test_a_version_that_no_node_can_hold_does_not_count(base, other):
    fake = machine(2)
    tasks = [call(fake, base, (other, FOUR)) for _ in range(3)]
    assert ran_as(*tasks) == ["base", "base", None]
    assert {type(task.requirement) for task in tasks} == {Requirement}


def test_without_a_node_for_the_base_the_first_possible_version_runs(base, other):
    third = version("third")
    assert ran_as(call(machine(2), base, (other, FOUR), (third, TWO), need=ON_GPU)) == ["third"]


def test_what_can_start_now_is_preferred(base, other):
    fake = machine(2)
    fake.submit(units=1)
    assert ran_as(call(fake, base, (other, ONE), need=TWO)) == ["other"]


def test_it_is_decided_when_there_is_room_not_at_the_call(base, other):
    fake = machine(1, Processor(1, IO))
    busy, waits = fake.submit(), fake.submit(units=0, equipment=WAITING.equipment)
    first, second = (call(fake, base, (other, WAITING)) for _ in range(2))
    assert ran_as(first, second) == [None, None]
    fake.finish(waits)
    assert ran_as(first, second) == ["other", None]
    fake.finish(busy)
    assert ran_as(first, second) == ["other", "base"]


def test_a_version_starts_although_others_wait_for_the_room_of_the_base(base, other):
    fake = machine(1, Processor(1, IO))
    fake.submit(), fake.submit()
    assert ran_as(call(fake, base, (other, WAITING))) == ["other"]


def test_room_is_kept_for_the_base_if_nothing_can_start(base, other):
    fake = machine(4)
    wide = fake.submit(units=3)
    waits = call(fake, base, (other, Requirement(3)), need=FOUR)
    younger = fake.submit(units=1)
    assert ran_as(waits) == [None]
    assert younger.state is State.READY
    fake.finish(wide)
    assert ran_as(waits) == ["base"]


@pytest.mark.parametrize(
    ("usual", "measured", "expected"),
    [(2.0, 1.0, "other"), (1.0, 2.0, "base"), (1.0, 1.0, "base"), (None, 1.0, "base"), (1.0, None, "base")],
)
def test_a_version_that_is_known_to_be_faster_goes_first(usual, measured, expected):
    fake = machine()
    assert ran_as(call(fake, version("base", usual), (version("other", measured), ONE))) == [expected]


def test_the_fastest_of_the_faster_ones_goes_first():
    fake = machine()
    others = [(version("slow", 9.0), ONE), (version("fast", 1.0), ONE), (version("faster", 0.5), ONE)]
    assert ran_as(call(fake, version("base", 2.0), *others)) == ["faster"]


def test_durations_are_measured_version_by_version(base, other):
    fake = machine(1, Processor(1, IO))
    tasks = [call(fake, base, (other, WAITING)) for _ in range(2)]
    assert ran_as(*tasks) == ["base", "other"]
    fake.finish(tasks[0], seconds=2.0)
    fake.finish(tasks[1], seconds=0.5)
    assert (base.statistics, other.statistics) == (2.0, 0.5)
    assert ran_as(call(fake, base, (other, WAITING))) == ["other"]


def test_another_attempt_is_of_the_same_version(base, other):
    fake = machine(1, Processor(1, IO))
    blocker = fake.submit()
    task = call(fake, base, (other, WAITING))
    fake.fail(task)
    fake.finish(blocker)
    assert (task.attempt, *ran_as(task)) == (2, "other")


def test_a_cancelled_call_leaves_its_queue(base, other):
    fake = machine(1)
    fake.submit()
    task = call(fake, base, (other, ONE))
    fake.core.cancel(task)
    later = fake.submit()
    fake.finish(next(iter(fake.core.unfinished.values())))
    assert task.state is State.CANCELLED
    assert later.state is State.ASSIGNED


def test_an_order_of_calls_is_kept_across_queues(base, other):
    fake = machine(1)
    busy = fake.submit()
    tasks = [call(fake, base, (other, ONE)), fake.submit(), call(fake, base, (other, ONE))]
    for expected in tasks:
        fake.finish(busy)
        assert expected.state is State.ASSIGNED
        busy = expected


def test_a_choice_is_none_of_its_members():
    assert Choice(1, 0, None, (TWO,)) != ONE
    assert Choice(1, 0, None, (TWO,)) != Choice(1, 0, None, (FOUR,))
    assert Choice(1, 0, None, (TWO,)) == Choice(1, 0, None, (TWO,))
