"""How short tasks are shared out when there are few of them: messages are spared, and nobody is left without work."""

from __future__ import annotations

import pytest

from pycompss.core import commands as cmd
from pycompss.core.bundling import BUNDLE_SECONDS, DEEP_SECONDS, FORK_SECONDS
from pycompss.core.task import Definition, State
from pycompss.engines.fake import FakeEngine

SHORT = FORK_SECONDS / 100


@pytest.fixture
def fake():
    """Two workers, which have just ended what kept them busy: what is submitted meanwhile begins together."""
    return FakeEngine(units=2)


def total(*values):
    return [sum(values)]


def kind(seconds):
    return Definition(total, "total", statistics=seconds)


def submit(fake, definition, *producers):
    inputs = [fake.results(producer)[0] for producer in producers] or [fake.datum(1)]
    return fake.submit(total, *map(fake.read, inputs), returns=1, definition=definition)


def gathered(fake, build):
    """What `build` submits while both workers are busy; then both have ended, at once."""
    busy = [fake.submit(definition=Definition(list, "long", statistics=1.0)) for _ in range(2)]
    tasks = build()
    for task in busy:
        fake.core.finished(task, [], 1.0)
    return tasks, messages(fake)


def messages(fake):
    """How many tasks each message has that is sent now."""
    fake.core.assign()
    return sorted(len(command.tasks) for command in fake.core.take_commands() if type(command) is cmd.Run)


@pytest.mark.parametrize(("count", "expected"), [(2, [1, 1]), (3, [1, 2]), (4, [2, 2])])
def test_few_tasks_go_two_in_a_message_and_evenly(fake, count, expected):
    _, sent = gathered(fake, lambda: [submit(fake, kind(SHORT)) for _ in range(count)])
    assert sent == expected


@pytest.mark.parametrize(("count", "largest"), [(4, 2), (12, 3), (16, 4), (100, 5)])
def test_the_more_wait_the_more_go_in_a_message(fake, count, largest):
    """Up to four milliseconds of them; and no worker is to wait while others have many."""
    definition = kind(BUNDLE_SECONDS * 0.9)
    _, sent = gathered(fake, lambda: [submit(fake, definition) for _ in range(count)])
    assert max(sent) == largest <= 1 + DEEP_SECONDS / definition.statistics


@pytest.mark.parametrize(("count", "largest"), [(3, 1), (100, 4)])
def test_tasks_that_take_longer_share_a_message_only_while_many_wait(fake, count, largest):
    _, sent = gathered(fake, lambda: [submit(fake, kind(BUNDLE_SECONDS * 1.2)) for _ in range(count)])
    assert max(sent) == largest


@pytest.mark.parametrize(("count", "expected"), [(100, 2), (12, 1)])
def test_while_many_wait_a_worker_has_the_next_message_before_it_has_worked_off_the_last(fake, count, expected):
    definition = kind(BUNDLE_SECONDS)
    _, sent = gathered(fake, lambda: [submit(fake, definition) for _ in range(count)])
    assert len(sent) == 2 * expected


def test_a_long_task_does_not_follow_a_short_one(fake):
    short, long = kind(SHORT), kind(5 * BUNDLE_SECONDS)
    tasks, _ = gathered(fake, lambda: [submit(fake, one) for one in (short, long, *[short] * 10)])
    assert next(iter(tasks[1].slot.tasks.values())) is tasks[1]


def test_a_stencil_goes_in_one_message_to_each_worker_in_every_step(fake):
    definition = kind(BUNDLE_SECONDS / 10)

    def build():
        row = [submit(fake, definition) for _ in range(4)]
        rows = [row]
        for _ in range(5):
            row = [submit(fake, definition, row[i - 1], row[i], row[(i + 1) % 4]) for i in range(4)]
            rows.append(row)
        return rows

    rows, sent = gathered(fake, build)
    for row in rows:
        assert sent == [2, 2]
        assert all(task.state is State.ASSIGNED for task in row)
        for task in row:
            fake.core.finished(task, [1], BUNDLE_SECONDS / 10)
        sent = messages(fake)
    assert sent == []


def fork(fake, seconds, width=3):
    definition = kind(seconds)
    head = submit(fake, definition)
    return [head, *(submit(fake, definition, head) for _ in range(width))]


def test_a_fork_that_takes_long_is_left_to_all(fake):
    (head, *others), sent = gathered(fake, lambda: fork(fake, FORK_SECONDS / 2))
    assert sent == [1]
    assert head.state is State.ASSIGNED
    fake.core.finished(head, [1], FORK_SECONDS / 2)
    assert messages(fake) == [1, 2]
    assert all(task.state is State.ASSIGNED for task in others)


def test_a_fork_of_tiny_tasks_goes_along(fake):
    assert gathered(fake, lambda: fork(fake, SHORT))[1] == [4]


def test_what_joins_two_tasks_is_not_added_to_the_larger_share(fake):
    def build():
        three = [submit(fake, kind(FORK_SECONDS / 2)) for _ in range(3)]
        return submit(fake, kind(FORK_SECONDS / 2), *three[:2])

    last, sent = gathered(fake, build)
    assert sent == [1, 2]
    assert last.state is State.PENDING


def test_a_chain_goes_along_however_long_its_tasks_take(fake):
    def build():
        chain = [submit(fake, kind(FORK_SECONDS))]
        for _ in range(3):
            chain.append(submit(fake, kind(FORK_SECONDS), chain[-1]))

    assert gathered(fake, build)[1] == [4]


def test_a_fork_goes_along_where_nobody_else_could_take_it():
    alone = FakeEngine(units=1)
    busy = alone.submit(definition=Definition(list, "long", statistics=1.0))
    fork(alone, FORK_SECONDS / 2)
    alone.core.finished(busy, [], 1.0)
    assert messages(alone) == [4]
