from __future__ import annotations

import pytest

from pycompss.core.failures import Cause
from pycompss.core.groups import Group
from pycompss.core.resources import Node
from pycompss.core.task import Policy, State
from pycompss.core.versions import Status
from pycompss.engines.fake import FakeEngine


@pytest.fixture
def fake():
    return FakeEngine([Node(0, "a", 2), Node(1, "b", 2), Node(2, "c", 2)])


def replicated(fake, *accesses, function=lambda *values: [5], **options):
    return fake.submit(function, *accesses, returns=1, is_replicated=True, **options)


def test_a_replicated_task_runs_once_on_every_node(fake):
    task = replicated(fake)
    assert sorted(node for _, node in fake.executions) == ["a", "b", "c"]
    fake.run()
    assert task.state is State.DONE
    assert fake.value(*fake.results(task)) == 5


def test_nodes_that_are_too_small_are_left_out():
    fake = FakeEngine([Node(0, "small", 1), Node(1, "large", 4)])
    task = replicated(fake, units=2)
    assert [node for _, node in fake.executions] == ["large"]
    fake.run()
    assert fake.value(*fake.results(task)) == 5


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_it_has_finished_when_all_executions_have(fake, order):
    task = replicated(fake)
    reader = fake.submit(lambda value: [], fake.read(fake.results(task)[0]))
    executions = list(fake.running)
    for position in order:
        assert reader.state is State.PENDING
        fake.finish(executions[position])
    assert reader in fake.running


def test_all_executions_wait_for_the_inputs(fake):
    x = fake.datum(1)
    writer = fake.submit(lambda value: [value + 1], fake.inout(x))
    task = replicated(fake, fake.read(x), function=lambda value: [value * 10])
    assert fake.running == [writer]
    fake.finish(writer)
    assert len(fake.running) == 3
    fake.run()
    assert fake.value(*fake.results(task)) == 20


def test_only_one_execution_gives_the_values_and_those_of_the_others_may_go(fake):
    numbers = iter(range(3))
    task = replicated(fake, function=lambda: [[next(numbers)]])
    clones = [execution for execution in fake.running if execution is not task]
    fake.finish(clones[0])
    fake.finish(task)
    fake.finish(clones[1])
    assert fake.value(*fake.results(task)) == [1]
    assert len(fake.freed) == 2
    assert fake.results(task)[0].current not in fake.freed


def test_an_execution_is_tried_again_on_its_node(fake):
    replicated(fake)
    clone = next(task for task in fake.running if task.slot.node.name == "b")
    for _ in range(3):
        fake.fail(clone)
        assert clone.slot.node.name == "b"
    fake.run()
    assert fake.core.live == 0


def execution(fake, task, which):
    """The one that came first, or one of the others."""
    return task if which == "first" else next(other for other in fake.running if other is not task)


@pytest.mark.parametrize("which", ["first", "other"])
def test_an_execution_that_fails_for_good_fails_the_task(fake, which):
    task = replicated(fake)
    reader = fake.submit(lambda value: [], fake.read(fake.results(task)[0]))
    failure = fake.fail(execution(fake, task, which), cause=Cause.DEFINITE)
    assert fake.core.unreported == [failure]
    fake.run()
    assert reader.state is State.CANCELLED
    assert fake.results(task)[0].current.failure is failure
    assert fake.core.live == 0


@pytest.mark.parametrize("which", ["first", "other"])
def test_an_ignored_execution_does_not_keep_the_task_from_finishing(fake, which):
    task = replicated(fake, policy=Policy.IGNORE)
    fake.fail(execution(fake, task, which), left=["left"])
    fake.run()
    assert fake.value(*fake.results(task)) == ("left" if which == "first" else 5)
    assert fake.core.live == 0


def test_cancelling_its_group_ends_all_executions(fake):
    group = Group("g")
    x = fake.datum(1)
    task = fake.submit(lambda value: [2], fake.inout(x), is_replicated=True, groups=[group])
    fake.cancel_group(group)
    for execution in list(fake.interrupted):
        fake.stop(execution)
    assert task.state is State.CANCELLED
    assert fake.value(x) == 1
    assert group.members == {}
    assert fake.core.live == 0


def test_failed_input_ends_all_executions(fake):
    producer = fake.submit(lambda: [1], returns=1)
    task = replicated(fake, fake.read(fake.results(producer)[0]))
    fake.fail(producer, cause=Cause.DEFINITE)
    assert task.state is State.CANCELLED
    assert fake.results(task)[0].current.status is Status.FAILED
    assert fake.core.live == 0
