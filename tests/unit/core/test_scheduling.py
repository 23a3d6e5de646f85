from __future__ import annotations

import time

import pytest

from pycompss.core.coordinator import Coordinator
from pycompss.core.groups import Group
from pycompss.core.resources import Node, Requirement
from pycompss.core.task import Definition, State
from pycompss.engines.fake import FakeEngine

SHORT = 1e-4
LONG = 1.0


def value_of(number):
    return lambda: [number]


def short_type(seconds=SHORT, **options):
    """A type whose tasks are known to be short."""
    return Definition(list, "short", statistics=seconds, **options)


def ahead_of(fake, count=8, **options):
    """Tasks of a short type, more than there is room for; the slot that holds some ahead."""
    definition = short_type(**options)
    tasks = [fake.submit(definition=definition) for _ in range(count)]
    slots = [slot for slot in fake.slots.values() if len(slot.tasks) > 1]
    return tasks, slots


# ---------------------------------------------------------------- order


def test_ready_tasks_run_in_the_order_in_which_they_became_ready(fake):
    tasks = [fake.submit() for _ in range(5)]
    fake.run()
    assert [number for number, _ in fake.executions] == [task.id for task in tasks]


def test_a_task_with_priority_is_the_next_among_ready_ones(fake):
    running = [fake.submit(), fake.submit()]
    normal = [fake.submit() for _ in range(10)]
    urgent = fake.submit(priority=True)
    fake.finish(running[0])
    assert urgent in fake.running
    assert not set(normal) & set(fake.running)


def test_priority_counts_across_requirements():
    fake = FakeEngine(units=2)
    first = fake.submit(units=2)
    fake.submit(units=1)
    urgent = fake.submit(units=2, priority=True)
    fake.finish(first)
    assert fake.running == [urgent]


def test_a_task_that_comes_back_is_the_next():
    fake = FakeEngine(units=1)
    first, _ = fake.submit(), fake.submit()
    fake.fail(first)
    assert fake.running == [first]


# ---------------------------------------------------------------- room


def test_units_are_what_limits_the_number_of_running_tasks():
    fake = FakeEngine(units=5)
    tasks = [fake.submit(units=2) for _ in range(3)]
    assert fake.running == tasks[:2]
    assert fake.free_units == 1


def test_memory_limits_it_too():
    fake = FakeEngine([Node(0, "a", 8, memory=10)])
    tasks = [fake.submit(memory=4) for _ in range(3)]
    light = fake.submit()
    assert fake.running == [*tasks[:2], light]
    fake.finish(tasks[0])
    assert tasks[2] in fake.running


def test_a_node_without_known_memory_has_enough():
    fake = FakeEngine([Node(0, "a", 2, memory=None)])
    assert len([fake.submit(memory=1 << 60) for _ in range(2)]) == len(fake.running)


def test_a_node_may_limit_the_number_of_tasks():
    fake = FakeEngine([Node(0, "a", 8, limit=2)])
    for _ in range(4):
        fake.submit()
    assert len(fake.running) == 2
    fake.run()
    assert fake.core.done == 4


@pytest.mark.parametrize("limit", [None, -1])
def test_a_limit_below_zero_is_none(limit):
    assert Node(0, "a", 8, limit=limit).limit is None


def test_a_task_without_units_runs_even_where_none_is_free():
    fake = FakeEngine(units=1)
    fake.submit()
    waiting = fake.submit(units=0)
    assert waiting in fake.running


def test_what_no_node_can_hold_is_known_beforehand(pair):
    core = pair.core
    assert core.can_ever_run(Requirement(2))
    assert not core.can_ever_run(Requirement(3))
    assert core.best_node(Requirement(3)).units == 2


def test_the_best_node_is_the_one_that_has_what_is_short():
    wide, deep = Node(0, "wide", 8, memory=1), Node(1, "deep", 2, memory=5)
    core = Coordinator([wide, deep])
    assert core.best_node(Requirement(9, memory=1)) is wide
    assert core.best_node(Requirement(1, memory=9)) is deep


def test_a_slot_stays_open_as_long_as_nobody_else_can_want_its_room(fake):
    task = fake.submit()
    (slot,) = fake.slots.values()
    fake.finish(task)
    assert fake.free_units == 2
    again = fake.submit()
    assert again.slot is slot


def test_the_reservation_is_given_back_when_another_requirement_comes(fake):
    fake.finish(fake.submit())
    wide = fake.submit(units=2)
    assert fake.running == [wide]
    fake.finish(wide)
    narrow = [fake.submit(), fake.submit()]
    assert fake.running == narrow
    for task in narrow:
        fake.finish(task)
    assert fake.slots == {}
    assert fake.core.nodes[0].free_units == 2


def test_a_slot_that_stays_open_is_room_for_what_waits_in_a_worker(fake):
    idle, busy = fake.submit(), fake.submit()
    definition = short_type()
    behind = [fake.submit(definition=definition) for _ in range(2)]
    fake.finish(idle)
    fake.run()
    assert busy.state is State.DONE
    assert {task.state for task in behind} == {State.DONE}


def test_a_slot_that_stays_open_ends_with_its_worker(fake):
    task = fake.submit()
    (slot,) = fake.slots.values()
    fake.finish(task)
    fake.lose(slot, between_tasks=True)
    assert fake.core.nodes[0].free_units == 2
    assert fake.submit().slot is not slot


def test_a_slot_goes_on_with_the_next_task_of_its_requirement():
    fake = FakeEngine(units=1)
    first, second = fake.submit(), fake.submit()
    slot = first.slot
    fake.finish(first)
    assert second.slot is slot


# ---------------------------------------------------------------- large tasks


def test_a_wide_task_is_not_starved_by_narrow_ones():
    fake = FakeEngine(units=2)
    for _ in range(2):
        fake.submit()
    wide = fake.submit(units=2)
    for _ in range(20):
        fake.submit()
    fake.finish(fake.running[0])
    assert len(fake.running) == 1
    fake.finish(fake.running[0])
    assert fake.running == [wide]


def test_a_wide_task_is_not_starved_by_narrow_ones_that_come_one_at_a_time():
    fake = FakeEngine(units=2)
    for _ in range(2):
        fake.submit()
    wide = fake.submit(units=2)
    for _ in range(3):
        fake.finish(fake.running[0])
        if wide in fake.running:
            break
        fake.submit()
    assert fake.running == [wide]


def test_a_wide_task_keeps_the_node_that_it_waits_for(pair):
    for _ in range(4):
        pair.submit()
    wide = pair.submit(units=2)
    for _ in range(20):
        pair.submit()
    held = pair.running[0].slot.node
    finished = 0
    while wide not in pair.running:
        on_held = [task for task in pair.running if task.slot.node is held]
        others = [task for task in pair.running if task.slot.node is not held]
        pair.finish((others or on_held)[0] if finished % 2 else on_held[0])
        finished += 1
        assert finished < 6
    assert wide.slot.node is held


def test_older_tasks_start_on_a_held_node():
    fake = FakeEngine(units=3)
    x = fake.submit(value_of(1), returns=1, units=2)
    older = fake.submit(lambda value: [], fake.read(fake.results(x)[0]))
    wide = fake.submit(units=3)
    assert fake.running == [x]
    fake.finish(x)
    younger = fake.submit()
    assert fake.running == [older]
    fake.finish(older)
    assert fake.running == [wide]
    assert younger.state is State.READY


def test_a_cancelled_wide_task_holds_nobody_up():
    fake = FakeEngine(units=2)
    fake.submit()
    wide = fake.submit(units=2)
    narrow = fake.submit()
    assert narrow.state is State.READY
    fake.cancel(wide)
    assert narrow in fake.running


# ---------------------------------------------------------------- sent ahead


def test_short_tasks_are_sent_ahead_and_long_ones_never(fake):
    _, slots = ahead_of(fake)
    assert slots
    other = FakeEngine(units=2)
    ahead_of(other, seconds=LONG)
    assert other.sent_ahead == []


def test_tasks_of_unknown_duration_are_never_sent_ahead(fake):
    for _ in range(8):
        fake.submit()
    assert fake.sent_ahead == []


def test_nothing_is_sent_behind_a_task_with_a_time_limit(fake):
    ahead_of(fake, time_out=1.0)
    assert fake.sent_ahead == []


def test_the_estimate_follows_what_tasks_take(fake):
    task = fake.submit()
    fake.finish(task, seconds=1.0)
    assert task.definition.statistics == 1.0
    again = fake.submit(definition=task.definition)
    fake.finish(again, seconds=2.0)
    assert task.definition.statistics == pytest.approx(1.2)
    slow = fake.submit(definition=task.definition)
    fake.finish(slow, seconds=100.0)
    assert task.definition.statistics == 100.0


def test_a_short_task_that_was_held_up_tells_little_of_its_type(fake):
    task = fake.submit(definition=short_type(1e-4))
    fake.finish(task, seconds=0.004)
    assert task.definition.statistics == pytest.approx(2e-4)
    again = fake.submit(definition=task.definition)
    fake.finish(again, seconds=0.03)
    assert task.definition.statistics == 0.03


def test_the_estimate_leaves_zero(fake):
    task = fake.submit(definition=short_type(0.0))
    fake.finish(task, seconds=1e-4)
    assert task.definition.statistics == 1e-4


def test_what_waits_behind_a_task_is_wanted_back_once_somebody_idles(fake):
    _, slots = ahead_of(fake)
    slot = slots[0]
    others = [task for task in fake.running if task.slot is not slot]
    while others:
        fake.finish(others[0], seconds=SHORT)
        others = [task for task in fake.running if task.slot is not slot]
    assert fake.wanted_back == [slot]
    fake.step()
    fake.step()
    assert fake.wanted_back == [slot]


def test_tasks_that_were_taken_back_run_where_there_is_room_in_their_order(fake):
    _, slots = ahead_of(fake)
    slot = slots[0]
    behind = list(slot.tasks.values())[1:]
    while len(fake.running) > 1:
        fake.finish(next(task for task in fake.running if task.slot is not slot), seconds=SHORT)
    fake.give_back(slot)
    assert behind[0] in fake.running
    assert behind[0].slot is not slot
    assert behind[0].attempt == 1
    fake.run()
    assert fake.core.done == 8


def test_nothing_is_wanted_back_while_all_nodes_are_full_or_work_is_ready(fake):
    ahead_of(fake, count=40)
    while fake.core.scheduler.waiting():
        fake.finish(fake.running[0], seconds=SHORT)
        if fake.core.scheduler.waiting():
            assert fake.wanted_back == []


# ---------------------------------------------------------------- several nodes


def test_tasks_go_to_the_roomiest_node(pair):
    tasks = [pair.submit() for _ in range(4)]
    assert [task.slot.node.name for task in tasks] == ["a", "b", "a", "b"]


def test_a_task_goes_where_its_input_lies(pair):
    pair.submit()
    producer = pair.submit(value_of(1), returns=1)
    assert producer.slot.node.name == "b"
    pair.finish(producer)
    pair.submit(units=1)
    reader = pair.submit(lambda value: [], pair.read(pair.results(producer)[0]))
    assert reader.slot.node.name == "b"


class Weighted:
    def __init__(self, weights):
        self.weights = weights


def test_the_weights_of_parameters_count(pair):
    first, second = pair.submit(value_of(1), returns=1), pair.submit(value_of(1), returns=1)
    pair.finish(first)
    pair.finish(second)
    core = pair.core
    for weights, expected in (({0: 3.0}, "a"), ({1: 3.0}, "b")):
        task = core.new_task(Definition(lambda a, b: [], "f"), Requirement(), Weighted(weights))
        task.reads = []
        for producer in (first, second):
            core.data.read(task, pair.results(producer)[0])
        core.submit(task)
        pair.step()
        assert task.slot.node.name == expected


def lying_on_both(pair, *values):
    """One datum on each node: the results of two tasks."""
    producers = [pair.submit(value_of(value), returns=1) for value in values]
    assert [task.slot.node.name for task in producers] == ["a", "b"]
    for task in producers:
        pair.finish(task)
    return [pair.results(task)[0] for task in producers]


@pytest.mark.parametrize(("sizes", "expected"), [((10_000_000, 1_000_000), "a"), ((1_000_000, 10_000_000), "b")])
def test_a_task_goes_where_most_bytes_of_its_input_lie(pair, sizes, expected):
    pair.core.scheduler.measure_by(int)
    data = lying_on_both(pair, *sizes)
    reader = pair.submit(lambda *_: [], *map(pair.read, data))
    assert reader.slot.node.name == expected


def test_bytes_count_more_than_the_number_of_inputs(pair):
    pair.core.scheduler.measure_by(int)
    small, large = lying_on_both(pair, 8, 10_000_000)
    reader = pair.submit(lambda *_: [], *(pair.read(datum) for datum in (small, small, small, large)))
    assert reader.slot.node.name == "b"


def test_a_weight_multiplies_the_bytes(pair):
    pair.core.scheduler.measure_by(int)
    data = lying_on_both(pair, 1_000_000, 10_000_000)
    task = pair.core.new_task(Definition(lambda a, b: [], "f"), Requirement(), Weighted({0: 11.0}))
    task.reads = []
    for datum in data:
        pair.core.data.read(task, datum)
    pair.core.submit(task)
    pair.step()
    assert task.slot.node.name == "a"


def test_among_many_ready_tasks_a_node_takes_one_whose_input_it_has(pair):
    producers = [pair.submit(value_of(n), returns=1) for n in range(2)]
    for producer in producers:
        pair.finish(producer)
    blockers = [pair.submit(units=2), pair.submit(units=2)]
    on_a = pair.submit(lambda value: [], pair.read(pair.results(producers[0])[0]), units=2)
    on_b = pair.submit(lambda value: [], pair.read(pair.results(producers[1])[0]), units=2)
    pair.finish(next(task for task in blockers if task.slot.node.name == "b"))
    assert pair.running[-1] is on_b
    assert on_a.state is State.READY


def test_the_foremost_task_starts_where_its_input_lies_although_a_later_one_has_more_there(pair):
    pair.core.scheduler.measure_by(int)
    small, _ = lying_on_both(pair, 1_000_000, 1)
    large, _ = lying_on_both(pair, 10_000_000, 1)
    blockers = [pair.submit() for _ in range(4)]
    foremost, later = (pair.submit(lambda value: [], pair.read(datum)) for datum in (small, large))
    pair.finish(next(task for task in blockers if task.slot.node.name == "a"))
    assert pair.running[-1] is foremost
    assert later.state is State.READY


def test_distributed_tasks_go_round(pair):
    tasks = [pair.submit(is_distributed=True) for _ in range(4)]
    assert sorted(task.slot.node.name for task in tasks[:2]) == ["a", "b"]
    assert sorted(task.slot.node.name for task in tasks[2:]) == ["a", "b"]


def test_distributed_tasks_skip_nodes_that_are_too_small():
    fake = FakeEngine([Node(0, "small", 1), Node(1, "large", 4)])
    tasks = [fake.submit(is_distributed=True, units=2) for _ in range(2)]
    assert {task.slot.node.name for task in tasks} == {"large"}


def test_distributed_tasks_run_on_a_single_node(fake):
    tasks = [fake.submit(is_distributed=True) for _ in range(3)]
    fake.run()
    assert {task.state for task in tasks} == {State.DONE}


def test_a_task_bound_to_a_full_node_is_not_starved_there(pair):
    for _ in range(4):
        pair.submit()
    bound = pair.submit(is_distributed=True, units=2)
    for _ in range(10):
        pair.submit()
    node = pair.core.nodes[bound.target]
    for _ in range(2):
        pair.finish(next(task for task in pair.running if task.slot.node is node))
    assert bound in pair.running


def test_thousands_of_nodes_are_no_trouble():
    core = Coordinator([Node(index, f"n{index}", 4) for index in range(10_000)])
    definition, need = Definition(list, "f"), Requirement()
    began = time.process_time()
    for _ in range(40_000):
        core.submit(core.new_task(definition, need, None))
        core.assign()
    seconds = time.process_time() - began
    assert all(node.free_units == 0 for node in core.nodes)
    assert seconds < 10, "finding a node takes longer the more of them there are"


def test_a_task_that_nobody_stands_before_goes_to_the_slot_that_is_open_without_a_queue(fake):
    first = fake.submit()
    fake.finish(first)
    task = fake.core.new_task(first.definition, first.requirement, None)
    assert not fake.core.submit(task)  # nothing is left to be assigned
    assert task.slot is not None
    assert fake.core.scheduler.waiting() == 0
    fake.step()
    fake.run()


@pytest.mark.parametrize("reason", ["somebody waits", "another requirement", "bound to a node", "in a group"])
def test_a_task_that_is_not_the_foremost_takes_the_long_way(reason):
    fake = FakeEngine(units=1)
    first = fake.submit()
    fake.finish(first)
    if reason == "somebody waits":
        earlier = fake.core.new_task(first.definition, first.requirement, None)
        fake.core.scheduler.add(earlier)
    task = fake.core.new_task(first.definition, first.requirement, None)
    if reason == "another requirement":
        task.requirement = Requirement(1, 1)
    elif reason == "bound to a node":
        task.target = 0
    elif reason == "in a group":
        task.groups = (Group("g"),)
    fake.core.submit(task)
    assert task.slot is None
    fake.step()
    assert task.slot is not None or reason == "somebody waits"
    fake.run()
    assert task.state is State.DONE


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("last", [0, 1])
def test_an_idle_slot_whose_worker_has_memory_gets_the_next_task(fake, which, last):
    tasks = [fake.submit(), fake.submit()]
    slots = [task.slot for task in tasks]
    fake.finish(tasks[1 - last])
    fake.finish(tasks[last])
    fake.core.scheduler.prefer(slots[which].id)
    fake.core.scheduler.prefer(12345)  # one that is gone
    assert fake.submit().slot is slots[which]
