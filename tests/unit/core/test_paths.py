"""Critical path first."""

from __future__ import annotations

import pytest

from pycompss.core import paths, queues
from pycompss.core.bundling import bundle_from
from pycompss.core.groups import Group
from pycompss.core.paths import STEPS, UNKNOWN, Paths, path_of
from pycompss.core.policies import Order
from pycompss.core.task import Definition, Policy, State
from pycompss.engines.fake import FakeEngine


@pytest.fixture
def one():
    """One node with one computing unit."""
    return FakeEngine(units=1)


def step(value):
    return [value]


def chain(fake, length, **options):
    """Tasks that change one datum, one after another."""
    datum = fake.datum(0)
    return [fake.submit(step, fake.inout(datum), **options) for _ in range(length)]


def type_taking(seconds):
    return Definition(step, "step", statistics=seconds)


def order(fake):
    """Numbers of the tasks in the order in which they were started, until all are done."""
    before = len(fake.executions)
    fake.run()
    return [number for number, _ in fake.executions[before:]]


def ids(tasks):
    return [task.id for task in tasks]


def test_the_longer_chain_goes_first(one):
    one.submit()
    alone, short, long = one.submit(), chain(one, 2), chain(one, 3)
    assert order(one) == ids([*long[:1], short[0], *long[1:2], alone, short[1], long[2]])


def test_chains_are_measured_by_the_time_of_their_types(one):
    one.submit()
    many = chain(one, 3, definition=type_taking(0.1))
    few = chain(one, 2, definition=type_taking(1.0))
    one.core.scheduler.paths.measure()
    assert [path_of(task) for task in (*many, *few)] == pytest.approx([0.3, 0.2, 0.1, 2.0, 1.0])
    assert order(one)[0] == few[0].id


def test_what_is_learned_about_a_type_counts_for_tasks_that_were_seen_before(one):
    slow, quick = Definition(step, "slow"), Definition(step, "quick")
    first = one.submit(step, one.inout(one.datum(0)), definition=slow)
    many, few = chain(one, 3, definition=quick), chain(one, 2, definition=slow)
    one.core.scheduler.paths.measure()
    assert many[0].behind == pytest.approx(2 * UNKNOWN)
    one.finish(first, seconds=1.0)
    assert one.running == few[:1]


def test_tasks_without_followers_go_in_their_turn(fake):
    tasks = [fake.submit() for _ in range(20)]
    tasks += [fake.submit(step, fake.inout(fake.datum(0))) for _ in range(20)]
    fake.run()
    assert [number for number, _ in fake.executions] == ids(tasks)


def test_priority_goes_before_the_longest_path(one):
    one.submit()
    chain(one, 5)
    urgent = one.submit(priority=True)
    assert order(one)[0] == urgent.id


def test_a_group_gains_no_turns_by_long_chains(one):
    """Its tasks change places among themselves; the other group still gets every second turn."""
    busy, other = Group("busy"), Group("other")
    one.submit()
    for _ in range(10):
        chain(one, 3, groups=[busy])
    few = [one.submit(groups=[other]) for _ in range(3)]
    order_of_all = order(one)
    assert [order_of_all.index(task.id) for task in few] == pytest.approx([1, 3, 5], abs=1)


@pytest.mark.parametrize("chosen", [Order.FIFO, Order.LIFO])
def test_the_other_orders_know_no_paths(one, chosen):
    one.core.scheduler.order_by(chosen)
    one.submit()
    alone = [one.submit(), one.submit()]
    first = chain(one, 5)[0]
    expected = [*alone, first] if chosen is Order.FIFO else [first, alone[1], alone[0]]
    assert [number for number in order(one) if number in ids(expected)] == ids(expected)


def test_types_that_take_no_time_are_not_ordered(one):
    one.submit()
    alone = one.submit()
    chain(one, 9, definition=type_taking(paths.WORTH / 2))
    assert order(one)[0] == alone.id


def test_a_task_is_not_overtaken_by_those_far_behind(one, monkeypatch):
    monkeypatch.setattr(queues, "HORIZON", 2)
    one.submit()
    alone = one.submit()
    near, far = chain(one, 2), chain(one, 3)
    assert order(one)[:3] == ids([near[0], alone, far[0]])


def test_a_task_that_overtook_and_failed_is_the_next(one):
    first = one.submit()
    alone, long = one.submit(), chain(one, 3)
    one.finish(first)
    one.fail(long[0])
    assert one.running == long[:1]
    one.run()
    assert {task.state for task in (alone, *long)} == {State.DONE}
    assert len(one.executions) == 6


def test_a_cancelled_task_is_passed_over(one):
    first = one.submit()
    alone, long = one.submit(), chain(one, 2, policy=Policy.FAIL)
    one.core.scheduler.assign()
    one.cancel(long[0])
    one.finish(first)
    assert one.running == [alone]


def test_a_task_does_not_overtake_itself_when_its_type_turns_out_faster(one):
    first, alone = one.submit(), one.submit()
    quick = type_taking(1.0)
    long = chain(one, 3, definition=quick)
    one.submit()
    quick.statistics = 0.9
    one.finish(first)
    assert one.running == long[:1]
    one.run()
    assert alone.state is State.DONE


def test_a_type_that_turns_out_short_is_no_longer_ordered(one):
    kind = type_taking(paths.WORTH * 1.2)
    (first,) = chain(one, 1, definition=kind)
    one.submit()
    alone, long = one.submit(), chain(one, 3, definition=kind)
    one.core.scheduler.paths.measure()
    assert path_of(long[0]) > path_of(alone)
    one.finish(first, seconds=0.0)
    one.core.scheduler.paths.measure()
    assert kind.statistics < paths.WORTH
    assert [task.behind for task in long[1:]] == [0.0, 0.0]  # the first one is ready already


def test_large_tasks_overtake_those_of_their_size(fake):
    fake.submit()
    fake.submit()
    alone = fake.submit(units=2)
    long = chain(fake, 3, units=2)
    assert [number for number in order(fake) if number in (alone.id, long[0].id)] == [long[0].id, alone.id]


def test_on_several_nodes_the_longest_path_goes_first_too(pair):
    for _ in range(4):
        pair.submit()
    alone, long = [pair.submit() for _ in range(5)], chain(pair, 3)
    pair.finish(pair.running[0])
    assert long[0] in pair.running
    pair.run()
    assert {task.state for task in alone} == {State.DONE}


def test_a_chain_that_grows_costs_a_bounded_number_of_steps_a_task(one, monkeypatch):
    """However often it is looked at, and although each new task makes all paths before it longer."""
    looked_at = []
    tell = Paths._tell_producers

    def note(self, task, *rest):
        looked_at.append(task)
        tell(self, task, *rest)

    monkeypatch.setattr(Paths, "_tell_producers", note)
    for _ in range(3):
        one.submit()
    datum = one.datum(0)
    for _ in range(500):
        one.submit(step, one.inout(datum))
    assert len(looked_at) <= (1 + STEPS) * 500


def test_little_is_remembered_of_tasks_that_have_ended_and_nothing_once_all_have(fake):
    never = fake.submit()
    for _ in range(50):
        chains = [task for _ in range(5) for task in chain(fake, 20)]
        fake.core.assign()
        while any(task.state < State.DONE for task in chains):
            fake.finish(next(task for task in chains if task.state is State.ASSIGNED))
    scheduler = fake.core.scheduler
    assert len(scheduler.paths.seen) + len(scheduler.paths.fresh) <= 2 * paths.MANY
    fake.run()
    assert never.state is State.DONE
    assert not any(queue.critical.heaps for queue in scheduler.queues.values())
    assert scheduler.paths.seen == scheduler.paths.fresh == []


def test_without_anything_to_choose_what_is_learned_asks_for_nothing(one):
    definition = Definition(step, "step")
    for seconds in (1.0, 9.0):
        one.finish(one.submit(step, one.inout(one.datum(0)), definition=definition), seconds=seconds)
        assert not one.core.scheduler.paths.has_learned
    one.submit()
    long = chain(one, 2, definition=definition)
    one.submit()
    one.core.scheduler.paths.measure()
    assert path_of(long[0]) == 18.0


def test_chains_alone_are_forgotten_without_being_measured(one):
    """With nothing to choose nobody measures; what was noted must not grow."""
    datum = one.datum(0)
    for _ in range(5):
        for _ in range(paths.MANY):
            one.submit(step, one.inout(datum))
        one.run()
    assert len(one.core.scheduler.paths.fresh) <= 2 * paths.MANY


def test_a_task_with_much_to_follow_is_in_a_bundle_once(one):
    """Those that share a message are out of the line as soon as they were chosen."""
    quick, slow = type_taking(0.0001), type_taking(0.01)
    one.submit()
    for _ in range(8):
        one.submit(definition=quick)
    datum = one.datum(0)
    one.submit(step, one.inout(datum), definition=quick)
    one.submit(step, one.inout(datum), definition=slow)
    one.core.assign()
    (queue,) = one.core.scheduler.queues.values()
    bundle = bundle_from(queue.pop(), queue, width=1)
    assert len(bundle) > 1
    assert len(set(ids(bundle))) == len(bundle)


def test_on_several_nodes_a_short_task_with_much_to_follow_is_sent_once(pair):
    blockers = [pair.submit() for _ in range(4)]
    short, long = type_taking(0.0005), type_taking(1.0)
    tasks = []
    for length in range(30):
        datum = pair.datum(0)
        tasks.append(pair.submit(step, pair.inout(datum), definition=short))
        for _ in range(length % 3):
            pair.submit(step, pair.inout(datum), definition=long)
    for task in blockers:
        pair.finish(task)
    pair.run()
    assert [task.attempt for task in tasks] == [1] * 30
