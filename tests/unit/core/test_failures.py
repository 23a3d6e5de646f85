from __future__ import annotations

import pytest

from pycompss.core.endings import NO_VALUE
from pycompss.core.failures import MAX_ATTEMPTS, Cause, Decision, decide
from pycompss.core.resources import Node
from pycompss.core.task import Policy, State
from pycompss.core.versions import Status
from pycompss.core.watches import Watch
from pycompss.engines.fake import FakeEngine


def add_one(value):
    return [value + 1]


@pytest.mark.parametrize(
    ("policy", "attempt", "cause", "decision"),
    [
        (Policy.RETRY, 1, Cause.EXCEPTION, Decision.RETRY),
        (Policy.RETRY, MAX_ATTEMPTS - 1, Cause.LOST, Decision.RETRY),
        (Policy.RETRY, MAX_ATTEMPTS, Cause.TIME_OUT, Decision.GIVE_UP),
        (Policy.RETRY, 1, Cause.DEFINITE, Decision.GIVE_UP),
        (Policy.FAIL, 1, Cause.EXCEPTION, Decision.STOP),
        (Policy.IGNORE, 1, Cause.TIME_OUT, Decision.IGNORE),
        (Policy.CANCEL_SUCCESSORS, 1, Cause.OUTPUT, Decision.CANCEL_SUCCESSORS),
    ],
)
def test_the_policy_decides(policy, attempt, cause, decision):
    assert decide(policy, attempt, cause) is decision


def test_a_task_is_tried_four_times(fake):
    task = fake.submit(lambda: [1], returns=1)
    for _ in range(MAX_ATTEMPTS):
        assert fake.running == [task]
        failure = fake.fail(task)
    assert task.state is State.FAILED
    assert fake.executions == [(1, "node1")] * 4
    assert [outcome for _, outcome in fake.reports] == ["retry"] * 3 + ["failed"]
    assert failure.attempt == 4
    assert failure.node == "node1"


def test_every_attempt_reads_the_original_inputs(fake):
    x = fake.datum([1])
    task = fake.submit(lambda value: [[*value, 2]], fake.inout(x))
    fake.fail(task)
    assert task.reads[0].content.value == [1]
    fake.finish(task)
    assert fake.value(x) == [1, 2]


def test_a_task_that_succeeds_at_last_is_no_failure_for_the_program(fake):
    task = fake.submit(lambda: [1], returns=1)
    fake.fail(task)
    fake.finish(task)
    assert fake.core.unreported == []
    assert fake.value(*fake.results(task)) == 1


def test_the_first_two_attempts_are_on_one_node_and_the_others_on_another(pair):
    task = pair.submit()
    for _ in range(MAX_ATTEMPTS):
        pair.fail(task)
    nodes = [node for _, node in pair.executions]
    assert nodes[0] == nodes[1] != nodes[2] == nodes[3]


def test_the_second_attempt_waits_for_the_first_node_even_if_another_is_free(pair):
    task = pair.submit(units=2)
    waiting = [pair.submit(units=2), pair.submit(units=2)]
    assert pair.running == [task, waiting[0]]
    pair.fail(task)
    assert pair.executions[-1] == (task.id, "a")


def test_without_another_node_that_is_large_enough_all_attempts_are_on_the_first():
    fake = FakeEngine([Node(0, "small", 1), Node(1, "large", 4)])
    task = fake.submit(units=3)
    for _ in range(MAX_ATTEMPTS):
        fake.fail(task)
    assert fake.executions == [(1, "large")] * 4


def test_what_needs_a_failed_task_is_cancelled_and_told_why(fake):
    x = fake.datum(1)
    task = fake.submit(add_one, fake.inout(x))
    direct = fake.submit(add_one, fake.inout(x))
    indirect = fake.submit(lambda value: [value], fake.read(x), returns=1)
    failure = fake.fail(task, cause=Cause.DEFINITE)
    late = fake.submit(add_one, fake.inout(x))
    assert direct.state is indirect.state is late.state is State.CANCELLED
    for version in (x.current, fake.results(indirect)[0].current):
        assert version.status is Status.FAILED
        assert version.failure is failure
    assert fake.core.unreported == [failure]


def test_independent_tasks_go_on_after_a_failure(fake):
    fake.fail(fake.submit(), cause=Cause.DEFINITE)
    other = fake.submit()
    assert fake.running == [other]


def test_a_failed_datum_that_is_written_anew_is_as_good_as_new(fake):
    x = fake.datum(1)
    fake.fail(fake.submit(add_one, fake.inout(x)), cause=Cause.DEFINITE)
    fake.finish(fake.submit(lambda: [7], fake.out(x)))
    fake.finish(fake.submit(add_one, fake.inout(x)))
    assert fake.value(x) == 8


def test_fail_cancels_everything_at_once(fake):
    running, failing = fake.submit(), fake.submit(policy=Policy.FAIL)
    ready = fake.submit()
    fake.fail(failing)
    assert ready.state is State.CANCELLED
    assert fake.interrupted == [running]
    fake.stop(running)
    assert fake.core.live == 0


def test_the_program_is_woken_by_a_failure_whatever_it_waits_for(fake):
    other, failing = fake.submit(lambda: [1], returns=1), fake.submit()
    watch = Watch("program")
    fake.core.watch_versions(watch, [fake.results(other)[0].current])
    fake.core.program_watches[id(watch)] = watch
    fake.fail(failing, cause=Cause.DEFINITE)
    assert fake.woken == [watch]
    fake.finish(other)
    assert fake.woken == [watch]


def test_a_failed_attempt_wakes_nobody(fake):
    task = fake.submit()
    watch = Watch("program")
    fake.core.watch_idle(watch, None)
    fake.core.program_watches[id(watch)] = watch
    fake.fail(task)
    assert fake.woken == []


# ---------------------------------------------------------------- IGNORE


def test_an_ignored_task_leaves_what_it_left_and_its_successors_run(fake):
    x = fake.datum(1)
    task = fake.submit(add_one, fake.inout(x), returns=1, policy=Policy.IGNORE)
    reader = fake.submit(lambda a, b: [(a, b)], fake.read(x), fake.read(fake.results(task)[0]), returns=1)
    fake.fail(task, left=[5, None])
    assert task.state is State.DONE
    fake.finish(reader)
    assert fake.value(*fake.results(reader)) == (5, None)
    assert fake.core.unreported == []


def test_where_an_ignored_task_left_nothing_the_last_valid_value_stays(fake):
    x = fake.datum(1)
    task = fake.submit(add_one, fake.inout(x), returns=1, policy=Policy.IGNORE)
    reader = fake.submit(lambda a, b: [(a, b)], fake.read(x), fake.read(fake.results(task)[0]), returns=1)
    fake.fail(task, left=[NO_VALUE, NO_VALUE])
    fake.finish(reader)
    assert fake.value(*fake.results(reader)) == (1, None)


# ---------------------------------------------------------------- CANCEL_SUCCESSORS


def test_cancel_successors_keeps_the_files_of_the_task_and_cancels_who_depends_on_it(fake):
    path, x = fake.datum("1", is_file=True), fake.datum(1)
    task = fake.submit(lambda p, v: ["12", 2], fake.inout(path), fake.inout(x), policy=Policy.CANCEL_SUCCESSORS)
    successors = [
        fake.submit(add_one, fake.inout(path)),
        fake.submit(add_one, fake.inout(path)),
        fake.submit(lambda value: [value], fake.read(x), returns=1),
    ]
    independent = fake.submit(lambda: [3], returns=1)
    fake.fail(task, left=["12", 2])
    assert {successor.state for successor in successors} == {State.CANCELLED}
    assert fake.value(path) == "12"
    assert fake.value(x) == 1
    assert fake.value(*fake.results(successors[2])) is None
    fake.finish(independent)
    assert fake.core.unreported == []


def test_cancel_successors_reaches_who_waits_for_a_returned_future(fake):
    inner = fake.submit(lambda: [1], returns=1, policy=Policy.CANCEL_SUCCESSORS)
    outer = fake.submit(lambda: [fake.results(inner)[0].current], returns=1)
    reader = fake.submit(lambda value: [value], fake.read(fake.results(outer)[0]), returns=1)
    fake.finish(outer)
    fake.fail(inner)
    assert reader.state is State.CANCELLED


def test_cancel_successors_goes_through_a_long_chain(fake):
    x = fake.datum(1)
    first = fake.submit(add_one, fake.inout(x), policy=Policy.CANCEL_SUCCESSORS)
    tasks = [fake.submit(add_one, fake.inout(x)) for _ in range(5000)]
    fake.fail(first)
    assert {task.state for task in tasks} == {State.CANCELLED}
    assert fake.value(x) == 1


# ---------------------------------------------------------------- lost workers


def test_the_task_of_a_lost_worker_is_tried_again_and_what_was_behind_it_has_lost_nothing(fake):
    first = fake.submit(add_one, fake.inout(fake.datum(1)))
    _make_short(fake, first)
    slot = first.slot
    assert len(slot.tasks) > 1
    behind = list(slot.tasks.values())[1:]
    fake.lose(slot)
    assert first.attempt == 2
    assert {task.attempt for task in behind} <= {0, 1}
    assert [failure.cause for failure, _ in fake.reports] == [Cause.LOST]


def test_a_worker_lost_between_tasks_costs_no_attempt(fake):
    task = fake.submit()
    fake.lose(task.slot, between_tasks=True)
    assert fake.running == [task]
    assert task.attempt == 1
    assert fake.reports == []


def test_a_task_that_loses_its_worker_again_and_again_fails_for_good(fake):
    task = fake.submit()
    for _ in range(MAX_ATTEMPTS):
        fake.lose(task.slot)
    assert task.state is State.FAILED
    assert len(fake.core.unreported) == 1
    assert fake.free_units == 2


def test_a_task_that_lost_its_worker_while_it_waited_is_tried_again(fake):
    parent = fake.submit()
    child = fake.submit(parent=parent)
    fake.wait(parent)
    fake.lose(parent.slot)
    assert parent.attempt == 2
    assert sorted(task.id for task in fake.running) == [1, 2]
    fake.finish(child)
    fake.finish(parent)
    assert fake.free_units == 2


def _make_short(fake, task):
    """Give `task` company in its slot: short tasks of its type are sent ahead."""
    task.definition.statistics = 1e-4
    for _ in range(6):
        fake.submit(definition=task.definition)


def test_successors_are_cancelled_however_late_they_are_submitted(fake):
    """Nobody can tell which is faster: the program that submits them, or the task that fails."""
    path = fake.datum("1", is_file=True)
    first = fake.submit(lambda p: ["2"], fake.inout(path), policy=Policy.CANCEL_SUCCESSORS)
    fake.fail(first, left=["2"])
    late = fake.submit(lambda p: ["3"], fake.inout(path))
    later = fake.submit(lambda p: ["4"], fake.inout(path))
    assert (late.state, later.state) == (State.CANCELLED, State.CANCELLED)
    assert fake.value(path) == "2"


@pytest.mark.parametrize("fails_first", [True, False])
def test_what_a_cancelled_reader_was_to_write_cancels_its_readers_however_late_it_is_submitted(fake, fails_first):
    x = fake.datum(1)
    failing = fake.submit(returns=1, policy=Policy.CANCEL_SUCCESSORS)
    if fails_first:
        fake.fail(failing)
    reader = fake.submit(lambda _, value: [value + 1], fake.read(fake.results(failing)[0]), fake.inout(x))
    successor = fake.submit(add_one, fake.inout(x))
    if not fails_first:
        fake.fail(failing)
    assert (reader.state, successor.state) == (State.CANCELLED, State.CANCELLED)
    assert fake.value(x) == 1


@pytest.mark.parametrize("fails_first", [True, False])
def test_that_holds_although_the_value_to_which_it_goes_back_is_still_to_be_made(fake, fails_first):
    x = fake.datum(1)
    failing = fake.submit(returns=1, policy=Policy.CANCEL_SUCCESSORS)
    before = fake.submit(add_one, fake.inout(x))
    reader = fake.submit(lambda _, value: [value + 1], fake.read(fake.results(failing)[0]), fake.inout(x))
    if fails_first:
        fake.fail(failing)
    successor = fake.submit(add_one, fake.inout(x))
    if not fails_first:
        fake.fail(failing)
    fake.finish(before)
    assert (reader.state, successor.state) == (State.CANCELLED, State.CANCELLED)
    assert fake.value(x) == 2


@pytest.mark.parametrize("fails_first", [True, False])
def test_who_reads_what_a_commutative_task_leaves_is_cancelled_with_its_successors(fake, fails_first):
    x = fake.datum(1)
    failing = fake.submit(add_one, fake.commutative(x), policy=Policy.CANCEL_SUCCESSORS)
    if fails_first:
        fake.core.watch_versions(Watch("program"), [x.current])  # nobody joins its turn any more
        fake.fail(failing)
    reader = fake.submit(lambda value: [value], fake.read(x), returns=1)
    if not fails_first:
        fake.fail(failing)
    assert reader.state is State.CANCELLED


def test_who_has_seen_the_value_goes_on_from_it(fake):
    path = fake.datum("1", is_file=True)
    first = fake.submit(lambda p: ["2"], fake.inout(path), policy=Policy.CANCEL_SUCCESSORS)
    fake.fail(first, left=["2"])
    fake.core.forgive(path.current)
    task = fake.submit(lambda p: ["3"], fake.inout(path))
    fake.finish(task)
    assert fake.value(path) == "3"
