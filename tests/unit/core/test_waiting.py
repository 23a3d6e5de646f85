from __future__ import annotations

from pycompss.core.failures import Cause
from pycompss.core.resources import Node
from pycompss.core.task import State
from pycompss.core.watches import Watch
from pycompss.engines.fake import FakeEngine


def one():
    return [1]


def test_a_watch_counts_the_versions_that_are_not_there(fake):
    tasks = [fake.submit(one, returns=1) for _ in range(2)]
    there = fake.datum(1)
    watch = Watch("program")
    versions = [datum.current for task in tasks for datum in fake.results(task)] + [there.current]
    assert not fake.core.watch_versions(watch, versions)
    fake.finish(tasks[0])
    assert fake.woken == []
    fake.finish(tasks[1])
    assert fake.woken == [watch]


def test_what_is_there_already_needs_no_waiting(fake):
    watch = Watch("program")
    assert fake.core.watch_versions(watch, [fake.datum(1).current])
    assert watch.done


def test_a_watch_on_a_returned_future_waits_for_its_value(fake):
    inner = fake.submit(one, returns=1)
    outer = fake.submit(lambda: [fake.results(inner)[0].current], returns=1)
    fake.finish(outer)
    watch = Watch("program")
    assert not fake.core.watch_versions(watch, [fake.results(outer)[0].current])
    fake.finish(inner)
    assert fake.woken == [watch]


def test_a_watch_on_cancelled_data_ends(fake):
    task = fake.submit(one, returns=1)
    watch = Watch("program")
    fake.core.watch_versions(watch, [fake.results(task)[0].current])
    fake.cancel(task)
    fake.stop(task)
    assert fake.woken == [watch]


def test_looking_at_a_group_of_writers_closes_it(fake):
    x = fake.datum(0)
    first = fake.submit(lambda value: [value + 1], fake.commutative(x))
    watch = Watch("program")
    fake.core.watch_versions(watch, [x.current])
    later = fake.submit(lambda value: [value + 1], fake.commutative(x))
    fake.finish(first)
    assert fake.woken == [watch]
    assert later.writes[0].label == "d1v3"


def test_the_program_may_wait_until_nothing_is_left(fake):
    tasks = [fake.submit() for _ in range(3)]
    watch = Watch("program")
    assert not fake.core.watch_idle(watch, None)
    for task in tasks:
        assert fake.woken == []
        fake.finish(task)
    assert fake.woken == [watch]
    assert fake.core.watch_idle(Watch("again"), None)


# ---------------------------------------------------------------- tasks that wait for tasks of their own


def test_a_waiting_task_lends_its_units():
    fake = FakeEngine(units=1)
    parent = fake.submit()
    child = fake.submit(one, returns=1, parent=parent)
    assert child.state is State.READY
    watch = fake.wait(parent, fake.results(child)[0].current)
    assert parent.state is State.WAITING
    assert fake.running == [child]
    fake.finish(child)
    assert fake.resumed == [watch]
    assert fake.running == [parent]
    fake.finish(parent)
    assert fake.free_units == 1


def test_a_task_may_wait_for_all_that_it_and_its_tasks_have_called():
    fake = FakeEngine(units=1)
    parent = fake.submit()
    child = fake.submit(parent=parent)
    stranger = fake.submit()
    watch = fake.wait(parent)
    grandchild = fake.submit(parent=child)
    fake.finish(child)
    assert fake.resumed == []
    while grandchild.state is not State.DONE:
        fake.finish(fake.running[0])
    assert fake.resumed == [watch]
    assert stranger.state is State.DONE


def test_a_task_that_goes_on_comes_before_tasks_that_have_not_begun():
    fake = FakeEngine(units=2)
    parent = fake.submit(units=2)
    child = fake.submit(parent=parent)
    fake.wait(parent)
    others = [fake.submit() for _ in range(5)]
    assert fake.running == [child, others[0]]
    fake.finish(child)
    assert fake.running == [others[0]], "the free unit is kept for the task that goes on"
    fake.finish(others[0])
    assert fake.running == [parent]


def test_a_task_that_goes_on_needs_its_memory_back_too():
    fake = FakeEngine([Node(0, "a", 4, memory=10)])
    parent = fake.submit(memory=6)
    child = fake.submit(parent=parent)
    fake.wait(parent)
    heavy = fake.submit(memory=8)
    fake.finish(child)
    assert fake.resumed == []
    fake.finish(heavy)
    assert fake.running == [parent]


def test_what_was_behind_a_waiting_task_runs_elsewhere(fake):
    parent = fake.submit()
    parent.definition.statistics = 1e-4
    for _ in range(8):
        fake.submit(definition=parent.definition)
    child = fake.submit(parent=parent)
    assert len(parent.slot.tasks) > 1
    fake.wait(parent)
    assert list(parent.slot.tasks.values()) == [parent]
    while child.state is not State.DONE:
        fake.finish(fake.running[0], seconds=1e-4)
    fake.run()
    assert fake.core.live == 0


def test_the_core_asks_for_what_is_behind_a_waiting_task(fake):
    parent = fake.submit()
    parent.definition.statistics = 1e-4
    for _ in range(8):
        fake.submit(definition=parent.definition)
    fake.submit(parent=parent)
    slot = parent.slot
    fake.core.watch_idle(Watch(None, parent), parent)
    fake.core.waiting(parent, Watch(None, parent))
    fake.step()
    assert slot in fake.wanted_back


def test_a_watch_that_was_done_before_the_task_waits_lets_it_go_on(fake):
    parent = fake.submit()
    watch = Watch(None, parent)
    watch.done = True
    fake.core.waiting(parent, watch)
    fake.step()
    assert fake.resumed == [watch]
    assert parent.state is State.ASSIGNED


def test_a_cancelled_task_that_waits_gives_its_slot_back(fake):
    parent = fake.submit()
    child = fake.submit(parent=parent)
    fake.wait(parent)
    fake.cancel(parent)
    assert fake.interrupted == [parent]
    fake.stop(parent)
    assert parent.state is State.CANCELLED
    fake.finish(child)
    assert not any(slot.tasks for slot in fake.slots.values())
    assert fake.resumed == []
    assert fake.free_units == 2


def test_a_task_that_was_cancelled_just_before_it_went_on_does_not(fake):
    parent = fake.submit()
    child = fake.submit(parent=parent)
    fake.wait(parent)
    fake.cancel(parent)
    fake.core.finished(child, [], 1.0)
    fake.core.cancelled(parent)
    fake.step()
    assert fake.resumed == []
    assert fake.core.live == 0
    assert not any(slot.tasks for slot in fake.slots.values())
    assert fake.free_units == 2


# ---------------------------------------------------------------- failures of tasks that tasks called


def fail_for_good(fake, task):
    return fake.fail(task, cause=Cause.DEFINITE)


def test_the_calling_task_is_told_of_a_failure_and_not_the_program(fake):
    parent = fake.submit()
    child = fake.submit(parent=parent)
    failure = fail_for_good(fake, child)
    assert fake.core.unreported == []
    assert fake.core.take_child_failures(parent) == [failure]
    fake.finish(parent)
    assert fake.core.unreported == []


def test_a_failure_that_the_calling_task_did_not_look_at_reaches_the_program_with_its_end(fake):
    parent = fake.submit()
    failure = fail_for_good(fake, fake.submit(parent=parent))
    watch = Watch("program")
    fake.core.watch_idle(watch, None)
    fake.core.program_watches[id(watch)] = watch
    fake.finish(parent)
    assert fake.core.unreported == [failure]
    assert fake.woken == [watch]


def test_a_failure_after_the_calling_task_has_ended_reaches_the_program(fake):
    parent = fake.submit()
    child = fake.submit(parent=parent)
    fake.finish(parent)
    assert fake.core.unreported == []
    failure = fail_for_good(fake, child)
    assert fake.core.unreported == [failure]
