from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pycompss.core.invocation import Invocation
from pycompss.core.resources import Requirement
from pycompss.core.streams import Stream
from pycompss.core.task import Definition, State

_TYPE = Definition(lambda: None, "m.f")


def running(number: int = 1, attempt: int = 1) -> Invocation:
    task = Invocation(number, _TYPE, Requirement(), None)
    task.state, task.attempt = State.ASSIGNED, attempt
    return task


def stream(*, at_least_once: bool = False) -> Stream:
    return Stream(1, "OBJECTS", "", "", at_least_once=at_least_once)


def publish(to: Stream, task: Invocation | None, *items: object) -> bool:
    return to.publish(task, items, program_waits=True)


@pytest.mark.parametrize("state", [State.DONE, State.FAILED, State.CANCELLED])
def test_a_producer_closes_by_ending_however_it_ends(state):
    s, task = stream(), running()
    assert not s.is_closed()
    s.add_producer(task)
    assert not s.is_closed()
    task.state = state
    assert s.is_closed()


def test_a_producer_that_waits_to_run_keeps_the_stream_open():
    s, task = stream(), running(attempt=0)
    task.state = State.READY
    s.add_producer(task)
    assert not s.is_closed()


def test_who_has_closed_publishes_again_only_in_the_next_attempt():
    s, task = stream(), running()
    s.add_producer(task)
    s.close(task)
    assert s.is_closed()
    assert not publish(s, task, 1)
    task.state = State.READY  # that attempt failed after all
    assert not s.is_closed()
    task.state, task.attempt = State.ASSIGNED, 2
    assert publish(s, task, 1)


def test_while_the_program_goes_on_it_may_submit_more_producers():
    s, task = stream(), running()
    s.add_producer(task)
    task.state = State.DONE
    assert not s.is_closed(program_waits=False)
    assert s.is_closed(program_waits=True)
    s.close(None)
    assert s.is_closed(program_waits=False)


def test_the_program_keeps_open_what_it_publishes_to_until_it_closes():
    s, task = stream(), running()
    publish(s, None, 1)
    s.close(task)  # who consumes has nothing to close
    assert not s.is_closed()
    s.close(None)
    assert s.is_closed()
    assert not publish(s, None, 2)


def test_others_are_awaited_until_they_have_published():
    s, consumer, producer = stream(), running(1), running(2)
    s.add_producer(consumer)
    assert not s.is_awaited_from_others(consumer)
    s.add_producer(producer)
    assert s.is_awaited_from_others(consumer)
    publish(s, producer, 1)
    assert not s.is_awaited_from_others(consumer)


def test_a_file_is_one_item_however_often_it_is_seen():
    s = stream()
    s.seen.add("old")
    s.offer(["old", "a"])
    s.offer(["a", "b"])
    assert s.take(None) == ["a", "b"]
    s.offer(["a"])
    assert s.take(None) == []


def test_what_failed_attempts_got_comes_back_in_order_before_the_rest():
    s, one, other = stream(at_least_once=True), running(1), running(2)
    publish(s, None, 1, 2)
    s.take(one)
    publish(s, None, 3)
    s.take(other)
    publish(s, None, 4)
    one.state, other.state = State.READY, State.FAILED
    assert s.take(None) == [1, 2, 3, 4]


class Consumer:
    """Takes from a stream in attempts; what it has got counts once it has ended well."""

    def __init__(self, number: int) -> None:
        self.task = running(number)
        self.got: list[object] = []

    def fail(self, *, for_good: bool) -> None:
        self.got = []
        if for_good:
            self.task.state = State.FAILED
        else:
            self.task.attempt += 1


STEPS = st.lists(st.tuples(st.sampled_from("publish take take fail die end".split()), st.integers(0, 3)), max_size=40)


@given(steps=STEPS)
@example(steps=[("publish", 1), ("take", 3), ("fail", 3), ("end", 3)])  # nobody looked between attempts
def test_at_least_once_every_item_reaches_exactly_one_consumer_that_ends_well(steps):
    s, consumers, published = stream(at_least_once=True), [Consumer(n) for n in range(4)], 0
    for step, number in steps:
        consumer = consumers[number]
        is_over = consumer.task.state >= State.DONE
        if step == "publish":
            publish(s, None, *range(published, published + number))
            published += number
        elif step == "take" and not is_over:
            consumer.got += s.take(consumer.task)
        elif step in ("fail", "die") and not is_over:
            consumer.fail(for_good=step == "die")
        elif step == "end" and not is_over:
            consumer.task.state = State.DONE
    for consumer in consumers:
        if consumer.task.state < State.DONE:
            consumer.fail(for_good=True)
    received = [item for consumer in consumers for item in consumer.got] + list(s.take(None))
    assert sorted(received) == list(range(published))


@given(steps=STEPS)
def test_at_most_once_every_item_is_given_once(steps):
    s, task, got, published = stream(), running(), [], 0
    for step, number in steps:
        if step == "publish":
            publish(s, None, *range(published, published + number))
            published += number
        else:
            got += s.take(task if number else None)
            task.attempt += 1
    assert got + list(s.take(None)) == list(range(published))
