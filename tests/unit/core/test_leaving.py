"""A node leaves in order: what runs there goes on, nothing else begins, and nobody waits for it."""

from __future__ import annotations

import pytest

from pycompss.core import membership
from pycompss.core.resources import Node
from pycompss.core.task import State
from pycompss.engines.fake import FakeEngine


def where(fake: FakeEngine, task: object) -> list[str]:
    return [node for number, node in fake.executions if number == task.id]  # type: ignore[attr-defined]


def retire(fake: FakeEngine, index: int) -> Node:
    node = fake.core.nodes[index]
    membership.retire(fake.core, node)
    fake.step()
    return node


def test_what_runs_on_a_leaving_node_ends_there_and_the_rest_goes_elsewhere(pair: FakeEngine) -> None:
    tasks = [pair.submit() for _ in range(12)]
    node = retire(pair, 0)
    running = [task for task in pair.running if task.slot.node is node]
    assert len(running) == 2
    assert not membership.is_drained(pair.core, node)
    pair.run()
    assert membership.is_drained(pair.core, node)
    assert all(task.state is State.DONE for task in tasks)
    assert [where(pair, task)[-1] for task in tasks if task not in running] == ["b"] * 10


def test_an_idle_node_is_drained_at_once_and_gets_nothing_any_more(pair: FakeEngine) -> None:
    for _ in range(4):
        pair.submit()
    pair.run()
    node = retire(pair, 1)
    assert membership.is_drained(pair.core, node)
    tasks = [pair.submit() for _ in range(4)]
    pair.run()
    assert {name for task in tasks for name in where(pair, task)} == {"a"}
    assert not node.could_hold(tasks[0].requirement)


def test_what_waits_behind_a_running_task_is_asked_back(pair: FakeEngine) -> None:
    quick = pair.submit()
    pair.finish(quick, seconds=0.0001)
    tasks = [pair.submit(definition=quick.definition) for _ in range(40)]
    behind = [task for task in pair.sent_ahead if task.slot.node.index == 0]
    assert behind
    retire(pair, 0)
    for slot in list(pair.wanted_back):
        pair.give_back(slot)
    pair.run()
    assert [where(pair, task)[-1] for task in behind] == ["b"] * len(behind)
    assert all(task.state is State.DONE for task in tasks)


def test_a_task_that_waits_for_its_own_tasks_is_resumed_there(pair: FakeEngine) -> None:
    fillers = [pair.submit(units=2) for _ in range(2)]
    outer = next(task for task in fillers if task.slot.node.index == 0)
    inner = pair.submit(lambda: [1], parent=outer, returns=1)
    watch = pair.wait(outer, pair.results(inner)[0].current)
    node = retire(pair, 0)
    pair.finish(next(task for task in fillers if task is not outer))
    assert not membership.is_drained(pair.core, node)
    pair.finish(inner)
    assert watch in pair.resumed
    pair.finish(outer)
    assert membership.is_drained(pair.core, node)


def test_a_task_on_several_nodes_keeps_its_part_until_it_ends(pair: FakeEngine) -> None:
    wide = pair.submit(nodes=2)
    other = next(index for index in (0, 1) if index != wide.slot.node.index)
    node = retire(pair, other)
    assert not membership.is_drained(pair.core, node)
    pair.finish(wide)
    assert membership.is_drained(pair.core, node)
    assert not pair.core.can_ever_run(wide.requirement)


@pytest.mark.parametrize("leaving", [0, 1])
def test_a_task_that_was_to_stay_on_the_node_is_tried_again_on_another(pair: FakeEngine, leaving: int) -> None:
    tasks = [pair.submit(), pair.submit()]
    task = next(task for task in tasks if task.slot.node.index == leaving)
    retire(pair, leaving)
    pair.fail(task)
    pair.run()
    assert task.state is State.DONE
    assert where(pair, task) == ["ab"[leaving], "ba"[leaving]]
