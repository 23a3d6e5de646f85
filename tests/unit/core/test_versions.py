from __future__ import annotations

import pytest

from pycompss.core.failures import Cause
from pycompss.core.resources import Requirement
from pycompss.core.task import Definition, State
from pycompss.core.versions import Status, Version


def add_one(value):
    return [value + 1]


def labels(versions):
    return [version.label for version in versions]


def test_every_write_makes_the_next_version_and_a_read_names_the_current_one(fake):
    x = fake.datum(1)
    first = fake.submit(add_one, fake.inout(x))
    second = fake.submit(lambda value: [value], fake.read(x), returns=1)
    third = fake.submit(lambda: [0], fake.out(x))
    assert labels(first.reads) == ["d1v1"]
    assert labels(first.writes) == ["d1v2"]
    assert labels(second.reads) == ["d1v2"]
    assert labels(third.writes) == ["d1v3"]


def test_what_a_task_returns_begins_with_version_2(fake):
    task = fake.submit(lambda: [1], returns=1)
    assert labels(task.writes) == ["d1v2"]


def test_a_skipped_number_counts_in_labels(fake):
    fake.core.data.skip_id()
    assert fake.datum().current.label == "d2v1"


def test_a_reader_waits_for_the_last_writer_only(fake):
    x, y = fake.datum(1), fake.datum(5)
    writer = fake.submit(add_one, fake.inout(x))
    reader = fake.submit(lambda value: [value], fake.read(x), returns=1)
    other = fake.submit(lambda value: [value], fake.read(y), returns=1)
    assert fake.running == [writer, other]
    fake.finish(writer)
    assert fake.running == [reader, other]
    fake.finish(reader)
    assert fake.value(*fake.results(reader)) == 2


def test_a_writer_does_not_wait_for_readers_of_the_version_before(fake):
    x = fake.datum(1)
    reader = fake.submit(lambda value: [value], fake.read(x), returns=1)
    writer = fake.submit(add_one, fake.inout(x))
    assert fake.running == [reader, writer]
    fake.finish(writer)
    fake.finish(reader)
    assert fake.value(*fake.results(reader)) == 1
    assert fake.value(x) == 2


def test_an_out_writer_waits_for_nobody(fake):
    x = fake.datum(1)
    first = fake.submit(add_one, fake.inout(x))
    second = fake.submit(lambda: [10], fake.out(x))
    assert fake.running == [first, second]
    fake.finish(second)
    fake.finish(first)
    assert fake.value(x) == 10


def test_updates_of_one_datum_run_in_program_order(fake):
    x = fake.datum([])
    tasks = [fake.submit(lambda value, n=n: [[*value, n]], fake.inout(x)) for n in range(4)]
    for task in tasks:
        assert fake.running == [task]
        fake.finish(task)
    assert fake.value(x) == [0, 1, 2, 3]


def test_a_task_may_read_one_version_twice(fake):
    x = fake.datum(1)
    writer = fake.submit(add_one, fake.inout(x))
    reader = fake.submit(lambda a, b: [a + b], fake.read(x), fake.read(x), returns=1)
    fake.finish(writer)
    fake.finish(reader)
    assert fake.value(*fake.results(reader)) == 4


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        (("inout", "read"), [1, 1]),
        (("read", "inout"), [1, 1]),
        (("out", "read"), [1]),
        (("inout", "inout"), [1, 1]),
        (("out", "out", "read"), [1]),
        (("commutative", "read"), [1, 1]),
        (("commutative", "commutative"), [1, 1]),
        (("commutative", "inout"), [1, 1]),
        (("inout", "commutative"), [1, 1]),
        (("concurrent", "read"), [1, 1]),
        (("out", "commutative"), [1]),
    ],
)
def test_a_task_that_gets_one_datum_for_two_parameters_reads_what_was_before_it(fake, ways, expected):
    x = fake.datum(1)
    seen = []

    def function(*values):
        seen.extend(values)
        return [None if way == "concurrent" else 7 for way in ways if way != "read"]

    task = fake.submit(function, *(getattr(fake, way)(x) for way in ways))
    assert fake.running == [task]
    fake.finish(task)
    assert seen == expected
    assert not fake.core.unfinished
    fake.release(x)
    assert not fake.core.data.replaced
    assert x.current.status is Status.FREED


# ---------------------------------------------------------------- how long values live


def test_a_version_is_freed_when_its_last_reader_has_ended_and_the_program_has_the_next(fake):
    x = fake.datum(1)
    first = x.current
    reader = fake.submit(lambda value: [], fake.read(x))
    writer = fake.submit(add_one, fake.inout(x))
    fake.finish(writer)
    assert fake.freed == []
    fake.finish(reader)
    assert fake.freed == [first]


def test_a_value_that_the_program_released_is_freed_after_its_last_reader(fake):
    x = fake.datum(1)
    reader = fake.submit(lambda value: [], fake.read(x))
    fake.release(x)
    assert fake.freed == []
    fake.finish(reader)
    assert labels(fake.freed) == ["d1v1"]


def test_a_result_that_nobody_wants_is_freed_as_soon_as_it_is_there(fake):
    task = fake.submit(lambda: [1], returns=1)
    fake.release(*fake.results(task))
    fake.finish(task)
    assert labels(fake.freed) == ["d1v2"]


def test_what_became_free_is_told_before_what_is_to_run(fake):
    x = fake.datum(1)
    fake.core.data.release(x)
    fake.core.submit(fake.core.new_task(*_plain(fake)))
    fake.core.assign()
    commands = fake.core.take_commands()
    assert [type(command).__name__ for command in commands] == ["Free", "Run"]
    assert fake.core.take_commands() == []


def _plain(fake):
    return Definition(lambda: None, "plain"), Requirement(), None


def test_a_replaced_value_lives_until_what_replaces_it_is_there(fake):
    x = fake.datum(1)
    task = fake.submit(lambda: [2], fake.out(x))
    assert fake.freed == []
    fake.finish(task)
    assert labels(fake.freed) == ["d1v1"]


# ---------------------------------------------------------------- aliases


def test_a_task_that_returns_a_future_has_the_value_of_that_one(fake):
    inner = fake.submit(lambda: [5], returns=1)
    outer = fake.submit(lambda: [fake.results(inner)[0].current], returns=1)
    reader = fake.submit(lambda value: [value + 1], fake.read(fake.results(outer)[0]), returns=1)
    fake.finish(outer)
    assert reader.state is State.PENDING
    assert fake.results(outer)[0].current.status is Status.PENDING
    fake.finish(inner)
    fake.finish(reader)
    assert fake.value(*fake.results(reader)) == 6


def test_a_returned_future_keeps_the_value_alive(fake):
    inner = fake.submit(lambda: [5], returns=1)
    outer = fake.submit(lambda: [fake.results(inner)[0].current], returns=1)
    fake.finish(inner)
    fake.finish(outer)
    fake.release(*fake.results(inner))
    assert fake.freed == []
    assert fake.value(*fake.results(outer)) == 5
    fake.release(*fake.results(outer))
    assert labels(fake.freed) == ["d1v2"]


def test_a_chain_of_returned_futures_keeps_only_the_value(fake):
    tasks = [fake.submit(lambda: [5], returns=1)]
    for _ in range(3):
        before = fake.results(tasks[-1])[0].current
        tasks.append(fake.submit(lambda before=before: [before], returns=1))
    for task in [*tasks[1:], tasks[0]]:
        while task not in fake.running:
            fake.core.assign()
        fake.finish(task)
    last = fake.results(tasks[-1])[0].current
    assert last.alias is fake.results(tasks[0])[0].current


# ---------------------------------------------------------------- cancelled tasks


def test_a_cancelled_update_goes_back_to_what_it_would_have_read(fake):
    x = fake.datum(1)
    first = fake.submit(add_one, fake.inout(x))
    second = fake.submit(add_one, fake.inout(x))
    third = fake.submit(lambda value: [value], fake.read(x), returns=1)
    fake.cancel(second)
    fake.finish(first)
    fake.finish(third)
    assert fake.value(x) == fake.value(*fake.results(third)) == 2


def test_a_cancelled_replacement_goes_back_to_the_value_before(fake):
    x = fake.datum(1)
    first = fake.submit(lambda: [2], fake.out(x))
    blocked = fake.submit(lambda: [3], fake.out(x), units=2)
    fake.cancel(blocked)
    assert x.current.status is Status.PENDING
    fake.finish(first)
    assert fake.value(x) == 2


def test_a_result_of_a_cancelled_task_has_no_value_and_its_readers_are_cancelled(fake):
    x = fake.datum(1)
    writer = fake.submit(add_one, fake.inout(x))
    producer = fake.submit(lambda value: [value], fake.read(x), returns=1)
    reader = fake.submit(lambda value: [value], fake.read(fake.results(producer)[0]), returns=1)
    fake.cancel(producer)
    late = fake.submit(lambda value: [value], fake.read(fake.results(producer)[0]), returns=1)
    assert reader.state is late.state is State.CANCELLED
    assert fake.results(late)[0].current.status is Status.VOID
    assert writer.state is State.ASSIGNED


CHAIN = 20_000  # far beyond what Python allows calls to nest


def test_a_long_chain_whose_first_task_fails_is_cancelled(fake):
    x = fake.datum(1)
    tasks = [fake.submit(add_one, fake.inout(x)) for _ in range(CHAIN)]
    fake.fail(tasks[0], cause=Cause.DEFINITE)
    assert {task.state for task in tasks[1:]} == {State.CANCELLED}
    assert x.current.status is Status.FAILED
    assert fake.core.live == 0


@pytest.mark.parametrize("backwards", [True, False])
def test_a_long_chain_that_is_cancelled_goes_back_to_the_first_value(fake, backwards):
    x = fake.datum(1)
    running = fake.submit(add_one, fake.inout(x))
    tasks = [fake.submit(add_one, fake.inout(x)) for _ in range(CHAIN)]
    if backwards:
        fake.core.cancel_all()
    else:
        fake.cancel(*tasks, running)
    fake.step()
    fake.stop(running)
    assert fake.value(x) == 1
    fake.release(x)
    assert labels(fake.freed) == ["d1v1"]


def test_many_readers_of_one_pending_value_are_cancelled_in_reasonable_time(fake):
    producer = fake.submit(lambda: [1], returns=1)
    for _ in range(CHAIN):
        fake.submit(lambda value: [], fake.read(fake.results(producer)[0]))
    fake.core.cancel_all()
    fake.step()
    fake.stop(producer)
    assert fake.core.cancelled_count == CHAIN + 1


def test_literals_go_without_a_word_where_nobody_need_be_told(fake):
    fake.core.data.lets_literals_go = True
    values = [7, (1, b"pickled"), "of a file"]
    data = [fake.core.data.initial(value, is_file=value == values[-1]) for value in values]
    literal, *others = [datum.current for datum in data]
    for datum in data:
        fake.core.data.release(datum)
    assert (literal.status, literal.value) == (Status.FREED, None)
    assert fake.core.data.freed == others


def test_a_task_that_updates_many_data_is_not_looked_through_for_each(fake, monkeypatch):
    data = [fake.datum(number) for number in range(200)]
    compared = []

    def same(one, other):
        compared.append(one)
        return one is other

    monkeypatch.setattr(Version, "__eq__", same)  # not asked where both are the same
    fake.submit(lambda *values: list(values), *(fake.inout(datum) for datum in data))
    fake.submit(lambda *values: list(values), *(fake.read(d) for d in data), *(fake.out(fake.datum()) for _ in data))
    assert len(compared) <= len(data)
