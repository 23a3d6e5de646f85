"""Which inputs a task may change where they lie, and how a spoilt one is made again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pycompss.core.data import Data
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.lineage import MOST_STEPS
from pycompss.core.resources import Requirement
from pycompss.core.task import Definition, Policy
from pycompss.core.versions import Datum, Status
from pycompss.engines.protocol import Payload
from pycompss.runtime import updating
from pycompss.store.descriptor import BUFFERS, Descriptor
from pycompss.worker import wire
from pycompss.worker.board import Board

MEGABYTE = 1 << 20
QUICK, SLOW = 1e-6, 10.0  # seconds: far below and far above what copying a megabyte costs


def large(offset: int = 0, size: int = MEGABYTE) -> Descriptor:
    return (BUFFERS, b"", ((0, offset, size),))


class Memory:
    """Shared memory of which `mapped` values are in somebody's hands."""

    def __init__(self) -> None:
        self.mapped: list[Descriptor] = []

    def is_exclusive(self, descriptor: Descriptor) -> bool:
        return descriptor not in self.mapped


class Program:
    """Submits tasks that update one datum, and ends them."""

    def __init__(self) -> None:
        self.data = Data()
        self.values = Memory()
        self.core = SimpleNamespace(data=self.data, journal=None)
        self.membership = SimpleNamespace(is_elastic=False)
        self.spilling = SimpleNamespace(handed_on=lambda *_: None)
        self.count = 0

    def datum(self, descriptor: Descriptor) -> Datum:
        return self.data.initial(descriptor)

    def task(self, function: int, policy: Policy, returns: int = 0) -> Invocation:
        self.count += 1
        definition = Definition(lambda: None, "update", policy=policy)
        task = Invocation(self.count, definition, Requirement(1, 0), Payload(function, returns=returns))
        task.attempt = 1
        task.reads, task.writes = [], []
        return task

    def update(self, datum: Datum, *others: Datum, function: int = 0, policy: Policy = Policy.RETRY) -> Invocation:
        task = self.task(function, policy)
        self.data.read(task, datum)
        self.data.write(task, datum)
        for other in others:
            self.data.read(task, other)
        task.payload.updates = [(0, 0)]
        return task

    def make(self, *inputs: Datum, function: int = 0) -> tuple[Invocation, Datum]:
        task = self.task(function, Policy.RETRY, returns=1)
        for datum in inputs:
            self.data.read(task, datum)
        made = self.data.result(task)
        return task, made

    def choose(self, task: Invocation) -> tuple[int, ...]:
        task.payload.in_place = updating.choose(self, task)
        return task.payload.in_place

    def finish(self, task: Invocation, descriptor: Descriptor, seconds: float = QUICK) -> None:
        updating.remember(self, task, seconds)
        for version in task.writes:
            version.value = descriptor
            version.status = Status.READY
        for version in task.reads:
            self.data.unclaim(version)


@pytest.fixture
def program() -> Program:
    return Program()


def made(program: Program, seconds: float = QUICK) -> Datum:
    """A large result of a task without inputs."""
    task, datum = program.make(function=1)
    program.finish(task, large(), seconds)
    return datum


def test_a_result_that_is_quickly_made_again_is_changed_where_it_lies(program: Program) -> None:
    task = program.update(made(program))
    assert program.choose(task) == (0,)


def test_a_result_that_took_long_goes_to_a_copy_first(program: Program) -> None:
    task = program.update(made(program, SLOW))
    assert program.choose(task) == ()


def test_a_value_without_a_way_back_goes_to_a_copy(program: Program) -> None:
    assert program.choose(program.update(program.datum(large()))) == ()


def test_what_is_to_go_back_is_not_updated_in_place(program: Program) -> None:
    assert program.choose(program.update(program.datum(large()), policy=Policy.CANCEL_SUCCESSORS)) == ()


@pytest.mark.parametrize("policy", [Policy.FAIL, Policy.IGNORE])
def test_a_task_that_is_never_tried_again_needs_no_way_back(program: Program, policy: Policy) -> None:
    assert program.choose(program.update(program.datum(large()), policy=policy)) == (0,)


def test_a_value_that_somebody_has_mapped_stays_as_it_is(program: Program) -> None:
    task = program.update(made(program))
    program.values.mapped.append(large())
    assert program.choose(task) == ()


def test_a_value_that_another_task_reads_stays_as_it_is(program: Program) -> None:
    datum = made(program)
    program.data.read(program.task(2, Policy.RETRY), datum)
    assert program.choose(program.update(datum)) == ()


def test_members_of_groups_never_change_in_place(program: Program) -> None:
    task = program.update(made(program))
    task.groups = (Group("g"),)
    assert program.choose(task) == ()


def test_another_attempt_goes_to_a_copy(program: Program) -> None:
    task = program.update(made(program))
    task.attempt = 2
    assert program.choose(task) == ()


def test_small_values_are_not_worth_it(program: Program) -> None:
    assert program.choose(program.update(program.datum(5), policy=Policy.FAIL)) == ()


def test_a_spoilt_input_is_made_again_by_every_step_that_led_to_it(program: Program) -> None:
    datum = made(program)
    for function in (2, 3):
        task = program.update(datum, function=function)
        assert program.choose(task) == (0,)
        program.finish(task, large())
    failing = program.update(datum, function=4)
    program.choose(failing)
    assert updating.replay(failing) == {
        0: (None, [(1, (), None, (), -1), (2, (), None, (None,), 0), (3, (), None, (None,), 0)])
    }


def test_after_a_copy_the_way_back_begins_at_the_intact_original(program: Program) -> None:
    datum = program.datum(large(0))
    copying = program.update(datum, function=1)
    assert program.choose(copying) == ()
    program.finish(copying, large(MEGABYTE))
    failing = program.update(datum, function=2)
    assert program.choose(failing) == (0,)
    assert updating.replay(failing) == {0: (large(0), [(1, (), None, (None,), 0)])}


def test_the_original_is_kept_only_while_something_leads_back_to_it(program: Program) -> None:
    datum = program.datum(large(0))
    original = datum.current
    copying = program.update(datum)
    program.choose(copying)
    program.finish(copying, large(MEGABYTE))
    assert original not in program.data.freed
    program.data.release(datum)
    assert original in program.data.freed


def test_other_inputs_of_a_step_are_kept_and_given_to_it_again(program: Program) -> None:
    datum, factor = made(program), program.datum(3)
    scaling = program.update(datum, factor, function=2)
    program.choose(scaling)
    kept = factor.current
    program.finish(scaling, large())
    program.data.release(factor)
    assert kept not in program.data.freed
    failing = program.update(datum, function=3)
    program.choose(failing)
    replayed: Any = updating.replay(failing)
    assert replayed[0][1][-1] == (2, (), None, (None, 3), 0)


def test_large_inputs_of_steps_are_kept_as_long_as_the_program_has_them_anyway(program: Program) -> None:
    datum, block = made(program), program.datum(large(MEGABYTE, 4 * MEGABYTE))
    adding = program.update(datum, block, function=2)
    assert program.choose(adding) == (0,)
    program.finish(adding, large())
    assert program.choose(program.update(datum, function=3)) == (0,)


@pytest.mark.parametrize("how", ["deleted", "overwritten"])
def test_large_inputs_of_steps_are_not_kept_only_to_make_a_value_again(program: Program, how: str) -> None:
    datum, block = made(program), program.datum(large(MEGABYTE, 4 * MEGABYTE))
    adding = program.update(datum, block, function=2)
    program.choose(adding)
    program.finish(adding, large())
    if how == "deleted":
        program.data.release(block)
    else:
        program.data.write(program.task(4, Policy.RETRY), block)
    assert program.choose(program.update(datum, function=3)) == ()


def test_a_value_that_stays_as_it_is_described_goes_to_the_next_version(program: Program) -> None:
    datum, block = made(program), program.datum(large(MEGABYTE, 4 * MEGABYTE))
    before, adding = datum.current, program.update(datum, block, function=2)
    program.choose(adding)
    assert updating.given(adding) == (large(),)
    assert updating.may_hand_on(program, adding)
    assert updating.hand_on(program, adding, QUICK) == large()
    assert (before.value, before.status, before.lineage) == (None, Status.FREED, None)
    assert [step.inputs for step in datum.current.lineage.steps] == [[], [None, block.current]]
    assert block.current.claims == 2, "its name, and the step instead of the task"
    datum.current.value, datum.current.status = large(), Status.READY
    assert program.choose(program.update(datum, function=3)) == (0,)


@pytest.mark.parametrize("when", ["before", "after"])
def test_large_inputs_of_such_steps_are_not_kept_only_to_make_a_value_again(program: Program, when: str) -> None:
    datum, block = made(program), program.datum(large(MEGABYTE, 4 * MEGABYTE))
    adding = program.update(datum, block, function=2)
    program.choose(adding)
    if when == "before":
        program.data.release(block)
    updating.hand_on(program, adding, QUICK)
    if when == "after":
        program.data.release(block)
    datum.current.value, datum.current.status = large(), Status.READY
    assert program.choose(program.update(datum, function=3)) == ()


def test_a_version_that_somebody_else_reads_hands_nothing_on(program: Program) -> None:
    datum = made(program)
    adding = program.update(datum)
    program.data.claim(adding.reads[0])
    assert not updating.may_hand_on(program, adding)


def test_large_inputs_are_not_kept_alive_to_make_a_result_again(program: Program) -> None:
    task, datum = program.make(program.datum(large()))
    program.finish(task, large(MEGABYTE))
    assert datum.current.lineage is None


def test_a_task_with_files_cannot_be_run_again_in_secret(program: Program) -> None:
    task, datum = program.make()
    task.payload.paths = ["out.txt"]
    program.finish(task, large())
    assert datum.current.lineage is None


def test_a_way_back_that_has_grown_too_slow_is_cut_by_a_copy(program: Program) -> None:
    datum = made(program)
    slow = program.update(datum, function=2)
    assert program.choose(slow) == (0,)
    program.finish(slow, large(), SLOW)
    assert program.choose(program.update(datum, function=3)) == ()


def copied(program: Program, datum: Datum) -> None:
    """One more update of it, which changes a copy."""
    task = program.update(datum, function=2)
    task.payload.in_place = ()
    program.finish(task, large())


@pytest.mark.parametrize("may_be_lost", [True, False])
def test_what_the_program_gave_is_kept_where_nodes_may_be_lost(program: Program, may_be_lost: bool) -> None:
    program.membership.is_elastic = may_be_lost
    datum = program.datum(large())
    given = datum.current
    copied(program, datum)
    assert given.status is Status.READY, "the way back begins there"
    copied(program, datum)
    second = datum.current
    copied(program, datum)
    assert (given.status is Status.READY) is may_be_lost
    assert second.status is Status.READY
    assert datum.current.lineage.root is second
    program.data.release(datum)
    assert given.status is second.status is Status.FREED


def test_it_is_kept_for_a_number_of_updates_only(program: Program) -> None:
    program.membership.is_elastic = True
    datum = program.datum(large())
    given = datum.current
    task = program.update(datum, function=1)
    program.finish(task, large())
    for _ in range(MOST_STEPS + 1):
        if program.choose(step := program.update(datum, function=2)) == ():
            break
        program.finish(step, large())
    program.finish(step, large())
    assert given.status is Status.FREED


def test_what_was_handed_to_a_step_and_is_not_reported_yet_is_read_from_the_board(program: Program) -> None:
    datum = made(program)
    producer, handed = program.make(function=4)
    update = program.update(datum, handed, function=2)
    program.choose(update)
    program.finish(update, large())
    failing = program.update(datum, function=3)
    program.choose(failing)
    board = Board.new(wire.anonymous_file("board"))
    board.put(producer.id, (7,))
    replayed: Any = updating.replay(failing, board)
    board.close()
    assert replayed[0][1][-1] == (2, (), None, (None, 7), 0)


def test_nothing_is_replayed_for_inputs_that_are_intact(program: Program) -> None:
    task = program.update(program.datum(large()), policy=Policy.FAIL)
    program.choose(task)
    assert updating.replay(task) is None
