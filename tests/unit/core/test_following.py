from __future__ import annotations

import pytest

from pycompss.core import following
from pycompss.core.events import Kind
from pycompss.core.resources import Node
from pycompss.core.task import Definition, Policy, State
from pycompss.engines.fake import FakeEngine
from pycompss.observe.unpacking import Unpacker

SHORT = 1e-6


def one_more(value):
    return [value + 1]


def total(*values):
    return [sum(values)]


def short_type(function=one_more, **options):
    return Definition(function, "short", statistics=SHORT, **options)


@pytest.fixture
def fake():
    return FakeEngine(units=1)


def busy(fake):
    """A task that keeps the only unit busy, so that others gather."""
    return fake.submit(definition=Definition(list, "long", statistics=1.0))


def chain(fake, count, *, start=0, **options):
    """Each task reads what the one before returned."""
    definition = short_type(**options)
    tasks = []
    datum = fake.datum(start)
    for _ in range(count):
        task = fake.submit(one_more, fake.read(datum), returns=1, definition=definition, policy=definition.policy)
        tasks.append(task)
        datum = fake.results(task)[0]
    return tasks, datum


def gathered_chain(fake, count=3, **options):
    first = busy(fake)
    tasks, last = chain(fake, count, **options)
    fake.finish(first)
    return tasks, last


def test_a_chain_of_short_tasks_goes_in_one_message(fake):
    tasks, last = gathered_chain(fake, 5)
    assert all(task.slot is not None for task in tasks)
    assert len({task.slot.id for task in tasks}) == 1
    fake.run()
    assert fake.value(last) == 5


def test_a_message_has_a_limited_number_of_tasks(fake):
    tasks, last = gathered_chain(fake, 300)
    assert 100 < sum(task.state is State.ASSIGNED for task in tasks) <= 128
    fake.run()
    assert fake.value(last) == 300


def test_tasks_of_unknown_duration_do_not_follow(fake):
    first = busy(fake)
    (head, *_), datum = chain(fake, 1)
    unknown = fake.submit(one_more, fake.read(datum), returns=1, definition=Definition(one_more, "unknown"))
    fake.finish(first)
    assert head.state is State.ASSIGNED
    assert unknown.state is State.PENDING


def test_a_task_that_waits_for_others_too_does_not_follow(fake):
    first = busy(fake)
    other = fake.submit(one_more, fake.read(fake.datum(1)), returns=1, units=1, definition=Definition(one_more, "x"))
    (head,), datum = chain(fake, 1)
    both = fake.submit(
        lambda a, b: [a + b],
        fake.read(datum),
        fake.read(fake.results(other)[0]),
        returns=1,
        definition=short_type(lambda a, b: [a + b]),
    )
    fake.finish(first)
    assert both.state is State.PENDING
    fake.run()
    assert fake.value(fake.results(both)[0]) == 3
    assert head.state is State.DONE


def test_a_task_with_two_inputs_follows_when_both_travel(fake):
    first = busy(fake)
    definition = short_type()
    leaves = [fake.submit(one_more, fake.read(fake.datum(n)), returns=1, definition=definition) for n in range(8)]
    add = short_type(lambda a, b: [a + b])
    adds = [
        fake.submit(
            lambda a, b: [a + b],
            *(fake.read(fake.results(leaf)[0]) for leaf in leaves[i : i + 2]),
            returns=1,
            definition=add,
        )
        for i in range(0, 8, 2)
    ]
    fake.finish(first)
    assert adds[0].state is State.ASSIGNED
    assert adds[0].slot is leaves[0].slot
    fake.run()
    assert [fake.value(fake.results(task)[0]) for task in adds] == [3, 7, 11, 15]


def test_followers_wait_again_when_the_first_is_tried_again(fake):
    tasks, last = gathered_chain(fake, 3)
    fake.fail(tasks[0])
    assert [task.attempt for task in tasks] == [2, 1, 1]
    fake.run()
    assert fake.value(last) == 3


def test_followers_of_a_task_that_failed_for_good_never_run(fake):
    tasks, _ = gathered_chain(fake, 3, policy=Policy.FAIL)
    fake.fail(tasks[0])
    assert [task.state for task in tasks] == [State.FAILED, State.CANCELLED, State.CANCELLED]
    assert not fake.running


@pytest.mark.parametrize("policy", [Policy.IGNORE, Policy.CANCEL_SUCCESSORS])
def test_tasks_whose_failure_leaves_something_have_no_followers(fake, policy):
    tasks, _ = gathered_chain(fake, 2, policy=policy)
    assert [task.state for task in tasks] == [State.ASSIGNED, State.PENDING]


def test_followers_of_a_lost_worker_run_elsewhere(fake):
    tasks, last = gathered_chain(fake, 4)
    fake.lose(tasks[0].slot)
    fake.run()
    assert fake.value(last) == 4


def test_cancelled_followers_end_and_what_follows_them_too(fake):
    tasks, _ = gathered_chain(fake, 3)
    fake.cancel(tasks[0])
    fake.stop(tasks[0])
    assert [task.state for task in tasks] == [State.CANCELLED] * 3


def test_updates_in_place_do_not_follow(fake):
    first = busy(fake)
    (head,), datum = chain(fake, 1)
    update = fake.submit(one_more, fake.inout(datum), definition=short_type())
    fake.finish(first)
    assert (head.state, update.state) == (State.ASSIGNED, State.PENDING)
    fake.run()
    assert fake.value(datum) == 2


def test_only_what_could_run_elsewhere_is_wanted_back():
    fake = FakeEngine(units=2)
    first, second = busy(fake), busy(fake)
    tasks, last = chain(fake, 4)
    fake.finish(first)
    fake.finish(second)
    assert tasks[3].state is State.ASSIGNED
    assert not fake.wanted_back
    fake.run()
    assert fake.value(last) == 4


@pytest.mark.parametrize("inputs", [(0, 1), (0, 0)])
def test_a_task_that_reads_two_results_of_another_follows_it_once(fake, inputs):
    first = busy(fake)
    head = fake.submit(lambda: [1, 2], returns=2, definition=short_type())
    results = fake.results(head)
    task = fake.submit(total, *[fake.read(results[index]) for index in inputs], returns=1, definition=short_type(total))
    fake.finish(first)
    assert [number for number, _ in fake.executions[1:]] == [head.id, task.id]


def test_tasks_that_wait_for_more_than_the_message_makes_are_not_looked_at(fake, monkeypatch):
    first = busy(fake)
    (_, second), last = chain(fake, 2)
    before = second.reads[0].datum
    fake.submit(total, fake.read(before), fake.read(last), returns=1, definition=short_type(total))
    asked = []
    monkeypatch.setattr(following, "_may_follow", lambda task, *_: asked.append(task))
    fake.finish(first)
    assert asked == [second]


def test_followers_that_were_taken_back_run_when_their_inputs_are_there(fake):
    tasks, last = gathered_chain(fake, 4)
    returned = fake.give_back(tasks[0].slot)
    assert returned == tasks[1:]
    assert {task.state for task in returned} == {State.PENDING}
    fake.run()
    assert fake.value(last) == 4


def test_a_follower_is_ready_before_it_is_assigned_in_the_journal(fake):
    journal = []
    fake.core.record_to(journal)
    tasks, _ = gathered_chain(fake, 2)
    names = [(event[0], event[2]) for event in Unpacker().unpacked(journal)]
    assert names.index((Kind.TASK_READY, tasks[1].id)) < names.index((Kind.TASK_ASSIGNED, tasks[1].id))


@pytest.fixture
def pair():
    """Two nodes; bytes of a value are its number."""
    fake = FakeEngine([Node(0, "a", 1), Node(1, "b", 1)])
    fake.core.scheduler.measure_by(int)
    return fake


def all_busy(pair):
    return [pair.submit(definition=Definition(list, "long", statistics=1.0)) for _ in pair.core.nodes]


def test_a_chain_on_several_nodes_stays_on_one_with_what_its_head_reads(pair):
    producer = pair.submit(lambda: [1], returns=1)
    pair.finish(producer)
    (datum,) = pair.results(producer)
    blockers = all_busy(pair)
    definition, tasks = short_type(), []
    for _ in range(5):
        tasks.append(pair.submit(one_more, pair.read(datum), returns=1, definition=definition))
        datum = pair.results(tasks[-1])[0]
    pair.finish(blockers[0])
    assert len({task.slot for task in tasks}) == 1
    pair.run()
    assert pair.value(datum) == 6


@pytest.mark.parametrize(("size", "together"), [(8, True), (10_000_000, False)])
def test_readers_share_a_message_unless_large_input_lies_elsewhere(pair, size, together):
    """With small values, which go along; large ones wait for their own node."""
    producers = [pair.submit(lambda: [size], returns=1) for _ in range(2)]
    assert [producer.slot.node.name for producer in producers] == ["a", "b"]
    for producer in producers:
        pair.finish(producer)
    data = [pair.results(producer)[0] for producer in producers]
    blockers = all_busy(pair)
    definition = short_type(lambda value: [])
    readers = [pair.submit(definition.function, pair.read(data[n % 2]), definition=definition) for n in range(40)]
    pair.finish(next(task for task in blockers if task.slot.node.name == "a"))
    sent = [task for task in readers if task.state is State.ASSIGNED]
    assert sent[0] is readers[0]
    assert (readers[1] in sent) == together
    assert len(sent) > 1 or not together
