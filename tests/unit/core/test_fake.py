"""The fake engine itself: what it promises to whoever tests a workflow with it."""

from __future__ import annotations

import random

import pytest

from pycompss.core.commands import Close, Free, Run
from pycompss.core.task import State
from pycompss.engines.fake import FakeEngine


def count_words(text):
    return [len(text.split())]


def add(a, b):
    return [a + b]


@pytest.mark.parametrize("seed", range(20))
def test_a_workflow_computes_the_same_in_every_order(seed):
    choose = random.Random(seed).choice
    fake = FakeEngine(units=3)
    texts = [fake.datum(text) for text in ("a b", "c", "d e f", "g h i j")]
    counts = [fake.results(fake.submit(count_words, fake.read(text), returns=1))[0] for text in texts]
    while len(counts) > 1:
        pair, counts = counts[:2], counts[2:]
        counts += fake.results(fake.submit(add, *map(fake.read, pair), returns=1))
    fake.run(choose)
    assert fake.value(counts[0]) == 10


def test_only_what_runs_can_end():
    fake = FakeEngine(units=1)
    _, waiting = fake.submit(), fake.submit()
    with pytest.raises(AssertionError, match=r"task 2 .* does not run now"):
        fake.finish(waiting)
    with pytest.raises(AssertionError, match="nobody asked"):
        fake.stop(waiting)


def test_a_value_that_is_not_there_cannot_be_looked_at(fake):
    task = fake.submit(lambda: [1], returns=1)
    with pytest.raises(AssertionError, match="d1v2 is not there yet"):
        fake.value(*fake.results(task))


def test_a_function_must_give_a_value_for_each_write(fake):
    task = fake.submit(list, returns=1)
    with pytest.raises(ValueError, match="shorter"):
        fake.finish(task)


def test_a_core_that_breaks_its_part_is_found_out(fake):
    task = fake.submit()
    with pytest.raises(AssertionError, match="is closed, but"):
        fake._carry_out([Close(task.slot)])
    x = fake.datum(1)
    with pytest.raises(AssertionError, match="has 1 claims"):
        fake._carry_out([Free([x.current])])
    done = fake.submit()
    fake.finish(done)
    with pytest.raises(AssertionError, match="should not run"):
        fake._carry_out([Run(task.slot, [done])])
    assert done.state is State.DONE


def test_part_of_what_waits_in_a_worker_may_come_back(fake):
    first = fake.submit()
    first.definition.statistics = 1e-4
    for _ in range(20):
        fake.submit(definition=first.definition)
    slot = max(fake.slots.values(), key=lambda slot: len(slot.tasks))
    behind = list(slot.tasks.values())[1:]
    assert len(behind) > 1
    assert fake.give_back(slot, 1) == behind[-1:]
    assert fake.give_back(slot)[0] is behind[0]
