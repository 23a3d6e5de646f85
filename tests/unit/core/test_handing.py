"""Tasks that are sent while other workers still make what they read."""

from __future__ import annotations

from typing import Any

import pytest

from pycompss.core.failures import Cause
from pycompss.core.handing import Handing
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Node, Requirement
from pycompss.core.task import Definition, Policy, State
from pycompss.engines.fake import FakeEngine

SHORT = 0.0001


def total(*values: int) -> list[int]:
    return [sum(values) + 1]


@pytest.fixture
def fake() -> FakeEngine:
    """Two workers; both have had a task."""
    engine = FakeEngine(units=2)
    engine.hand_over()
    for task in [engine.submit(), engine.submit()]:
        engine.finish(task)
    return engine


def gate_of(fake: FakeEngine) -> Invocation:
    """A long task; what waits for it gathers."""
    return fake.submit(total, returns=1, definition=Definition(total, "long", statistics=1.0))


def reader_of(fake: FakeEngine, *tasks: Invocation, definition: Definition, returns: int = 1) -> Invocation:
    """A task that reads what each of these makes first."""
    reads = [fake.read(fake.results(task)[0]) for task in tasks]
    return fake.submit(definition.function, *reads, returns=returns, definition=definition)


class Stencil:
    """Steps of tasks each of which reads three of the step before."""

    def __init__(self, fake: FakeEngine, steps: int, *, width: int = 4, **options: Any) -> None:
        self.fake = fake
        self.definition = Definition(total, "cell", statistics=options.pop("seconds", SHORT), **options)
        first = [fake.submit(definition=Definition(list, "long", statistics=1.0)) for _ in range(2)]
        row = [fake.datum(number) for number in range(width)]
        self.steps: list[list[Invocation]] = []
        for _ in range(steps):
            tasks = [
                fake.submit(
                    total, *map(fake.read, (row[i - 1], row[i], row[(i + 1) % width])), returns=1,
                    definition=self.definition, policy=self.definition.policy,
                )
                for i in range(width)
            ]  # fmt: skip
            self.steps.append(tasks)
            row = [fake.results(task)[0] for task in tasks]
        self.last = row
        for task in first:
            fake.finish(task)

    @property
    def tasks(self) -> list[Invocation]:
        return [task for step in self.steps for task in step]

    @property
    def sent(self) -> list[Invocation]:
        return [task for task in self.tasks if task.state is State.ASSIGNED]

    def expected(self) -> list[int]:
        width = len(self.steps[0])
        row = list(range(width))
        for _ in self.steps:
            row = [row[i - 1] + row[i] + row[(i + 1) % width] + 1 for i in range(width)]
        return row

    def ends_well(self) -> bool:
        self.fake.run()
        return [self.fake.value(datum) for datum in self.last] == self.expected()


def test_tasks_are_sent_before_what_they_read_is_made(fake: FakeEngine) -> None:
    stencil = Stencil(fake, 10)
    assert len(stencil.sent) > 12
    assert any(task.pending for task in stencil.sent)
    assert stencil.ends_well()


def test_the_work_of_a_step_is_shared_out(fake: FakeEngine) -> None:
    stencil = Stencil(fake, 6)
    for step in stencil.steps[1:4]:
        slots = [task.slot for task in step if task.slot is not None]
        assert len(slots) == 4
        assert len(set(slots)) == 2


def test_workers_go_on_without_the_program(fake: FakeEngine) -> None:
    stencil = Stencil(fake, 10)
    made = 0
    while fake.running:
        fake.make(fake.running[0])
        made += 1
    assert made > 12
    for slot in list(fake.slots.values()):
        fake.report(slot)
    fake.assign()
    assert stencil.ends_well()


def test_a_task_may_have_ended_before_the_program_knows_of_those_it_read(fake: FakeEngine) -> None:
    stencil = Stencil(fake, 4)
    while fake.running:
        fake.make(fake.running[0])
    for slot in reversed(list(fake.slots.values())):
        fake.report(slot)
    fake.assign()
    assert stencil.ends_well()


def test_no_worker_gets_more_than_some_milliseconds_of_work(fake: FakeEngine) -> None:
    stencil = Stencil(fake, 500)
    assert 2 * 30 <= len(stencil.sent) <= 2 * 45
    assert stencil.ends_well()


@pytest.mark.parametrize("options", [{"seconds": 0.01}, {"seconds": None}, {"time_out": 1.0}, {"is_handed": False}])
def test_tasks_that_may_take_long_or_make_large_values_are_sent_when_they_are_ready(
    fake: FakeEngine, options: dict[str, Any]
) -> None:
    stencil = Stencil(fake, 4, **options)
    assert not any(task.pending for task in stencil.sent)
    assert stencil.ends_well()


def test_what_a_task_leaves_that_is_ignored_is_not_handed_on(fake: FakeEngine) -> None:
    stencil = Stencil(fake, 4, policy=Policy.IGNORE)
    assert not any(task.pending for task in stencil.sent)


def test_with_one_worker_free_to_open_nothing_is_planned() -> None:
    fake = FakeEngine(units=2)
    fake.hand_over()
    definition = Definition(total, "link", statistics=SHORT)
    first = fake.submit(total, returns=1, definition=definition)
    others = [reader_of(fake, first, definition=definition) for _ in range(9)]
    assert len(fake.slots) == 1
    assert not any(task.state is State.ASSIGNED for task in others)


def test_nobody_waits_for_a_task_that_was_sent_before_others_waited_for_it(fake: FakeEngine) -> None:
    definition = Definition(total, "cell", statistics=SHORT)
    gate = gate_of(fake)
    early = fake.submit(total, returns=1, definition=definition)
    late = reader_of(fake, gate, definition=definition)
    last = reader_of(fake, early, late, definition=definition)
    fake.finish(gate)
    assert [task.state for task in (early, late, last)] == [State.ASSIGNED, State.ASSIGNED, State.PENDING]


def test_one_of_several_results_is_enough_to_hand_over(fake: FakeEngine) -> None:
    definition, leaf_type = Definition(list, "pair", statistics=SHORT), Definition(total, "leaf", statistics=SHORT)
    gate = gate_of(fake)
    pair = reader_of(fake, gate, definition=definition, returns=2)
    leaves = [reader_of(fake, pair, definition=leaf_type) for _ in range(8)]
    fake.finish(gate)
    assert pair.hands_over
    assert all(leaf.state is State.ASSIGNED for leaf in leaves)


def test_nobody_waits_for_a_task_that_is_too_short_to_be_handed_over(fake: FakeEngine) -> None:
    cell, tiny = Definition(total, "cell", statistics=SHORT), Definition(total, "tiny", statistics=SHORT / 100)
    gate = gate_of(fake)
    root = reader_of(fake, gate, definition=cell)
    between = reader_of(fake, root, definition=tiny)
    last = reader_of(fake, between, definition=cell)
    fake.finish(gate)
    assert last.state is State.PENDING


def test_while_there_is_nothing_to_plan_few_tasks_are_remembered() -> None:
    fake = FakeEngine(units=2)
    fake.hand_over()
    definition = Definition(total, "link", statistics=SHORT)
    for _ in range(1000):
        link = fake.submit(total, returns=1, definition=definition)
        fake.finish(link, seconds=SHORT)
    handing = fake.core.scheduler.handing
    assert handing is not None
    assert len(handing.sent) <= 256


def test_several_nodes_hand_nothing_over() -> None:
    fake = FakeEngine([Node(0, "a", 1), Node(1, "b", 1)])
    fake.hand_over()
    stencil = Stencil(fake, 4)
    assert not any(task.pending for task in stencil.sent)
    assert stencil.ends_well()


def test_when_a_worker_dies_those_that_wait_for_it_come_back(fake: FakeEngine) -> None:
    stencil = Stencil(fake, 10)
    fake.lose(next(iter(fake.slots.values())))
    assert stencil.ends_well()


def test_a_failure_reaches_everybody_who_needs_what_was_not_made(fake: FakeEngine) -> None:
    stencil = Stencil(fake, 10)
    fake.fail(stencil.steps[0][0], cause=Cause.DEFINITE)
    fake.run()
    assert all(task.state is State.CANCELLED for task in stencil.steps[-1])
    assert not any(slot.tasks for slot in fake.slots.values())


def test_a_type_whose_tasks_wait_in_vain_pauses() -> None:
    handing = Handing()
    cell, other = Definition(total, "cell"), Definition(total, "other")
    tasks = [Invocation(number, cell, Requirement(1), None) for number in range(1, 101)]
    handing.were_planned(tasks)
    for task in tasks:
        handing.came_back(task)
    assert handing.is_suspect(tasks[0])
    assert not handing.is_suspect(Invocation(101, other, Requirement(1), None))
    fresh = Invocation(102, cell, Requirement(1), None)
    pause = 0
    while handing.is_suspect(fresh):
        pause += 1
    assert 200 < pause < 300
    assert handing.is_suspect(tasks[0])


def test_a_chain_goes_to_one_worker(fake: FakeEngine) -> None:
    definition = Definition(total, "link", statistics=SHORT)
    blockers = [fake.submit(definition=Definition(list, "long", statistics=1.0)) for _ in range(2)]
    datum = fake.datum(0)
    links = []
    for _ in range(12):
        links.append(fake.submit(total, fake.read(datum), returns=1, definition=definition))
        datum = fake.results(links[-1])[0]
    for task in blockers:
        fake.finish(task)
    slots = [link.slot for link in links if link.slot is not None]
    assert len(slots) > 8
    assert len(set(slots)) == 1
    fake.run()
    assert fake.value(datum) == 12


def test_what_follows_one_task_is_spread_over_the_workers(fake: FakeEngine) -> None:
    definition = Definition(total, "leaf", statistics=SHORT)
    gate = gate_of(fake)
    root = reader_of(fake, gate, definition=definition)
    leaves = [reader_of(fake, root, definition=definition) for _ in range(8)]
    fake.finish(gate)
    slots = [leaf.slot for leaf in leaves if leaf.slot is not None]
    assert len(slots) == 8
    assert len(set(slots)) == 2


@pytest.mark.parametrize(("makes", "is_sent"), [("an update", True), ("a file", False)])
def test_what_is_updated_is_not_handed_on_and_files_are_not_made_ahead(
    fake: FakeEngine, makes: str, is_sent: bool
) -> None:
    definition = Definition(total, "cell", statistics=SHORT)
    gate = gate_of(fake)
    first, *_ = [reader_of(fake, gate, definition=definition) for _ in range(8)]
    written = fake.inout(fake.datum(1)) if makes == "an update" else fake.out(fake.datum(is_file=True))
    second = fake.submit(total, fake.read(fake.results(first)[0]), written, definition=definition)
    third = fake.submit(total, fake.read(second.writes[0].datum), returns=1, definition=definition)
    fake.finish(gate)
    assert first.state is State.ASSIGNED
    assert (second.state is State.ASSIGNED) == is_sent
    assert third.state is State.PENDING


def test_a_task_waits_for_what_it_updates_before_it_is_sent(fake: FakeEngine) -> None:
    definition = Definition(total, "cell", statistics=SHORT)
    gate = gate_of(fake)
    first, *_ = [reader_of(fake, gate, definition=definition) for _ in range(8)]
    second = fake.submit(total, fake.inout(fake.results(first)[0]), definition=definition)
    fake.finish(gate)
    assert first.state is State.ASSIGNED
    assert second.state is State.PENDING
