"""Values that were lost with their node are made again; nodes come and go."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycompss.core import membership
from pycompss.core.failures import Cause, Failure
from pycompss.core.remaking import ABSENT, DEEPEST, Input, Recipe, is_too_far, lose, recipe_of, remake
from pycompss.core.resources import Node
from pycompss.core.task import State
from pycompss.core.versions import Status
from pycompss.core.watches import Watch
from pycompss.engines.fake import FakeEngine


class Losing(FakeEngine):
    """A fake engine that knows how values were made, and may lose them."""

    def __init__(self, *nodes: Node) -> None:
        super().__init__(nodes)
        self.recipes: dict[Any, Recipe] = {}

    def finish(self, task: Any, *, seconds: float = 1.0) -> None:
        inputs = [self._input(version) for version in task.reads]
        recipe = recipe_of(task, inputs, lambda: None)
        self.recipes.update(dict.fromkeys(task.writes, recipe))
        super().finish(task, seconds=seconds)

    def _input(self, version: Any) -> Input:
        recipe = self.recipes.get(version.content)
        return Input(version, version.content.value if recipe is None else ABSENT, recipe)

    def lose_values(self, versions: list[Any], *, for_good: bool = False) -> None:
        """The values of these are gone; tasks that were sent and cannot get theirs come back."""
        gone = {version: None if for_good else self.recipes[version] for version in versions}
        lose(self.core, gone)
        remake(self.core, gone, lambda version: Failure(0, "make", Cause.LOST, f"{version.label} was lost"))
        self.core.returned([task for task in [*self.running, *self.sent_ahead] if task.pending])
        self.assign()

    def lose_node(self, node: Node) -> list[Any]:
        """A node is gone with all that ran there; the tasks that nobody can run now."""
        node.is_gone = True
        for slot in [slot for slot in self.slots.values() if slot.node is node]:
            del self.slots[slot.id]
            self.core.lost(slot, next(iter(slot.tasks), None), _was_lost)
        hopeless = membership.leave(self.core, node)
        self.assign()
        return hopeless

    def present(self) -> list[Any]:
        """Versions with values that tasks made, and that somebody wants."""
        return [version for version in self.recipes if version.status is Status.READY and version.alias is None]


def _was_lost(task: Any) -> Failure:
    return Failure(task.id, task.definition.name, Cause.LOST, "its node was lost")


def fake() -> Losing:
    return Losing(Node(0, "one", 2), Node(1, "two", 2))


def one() -> list[int]:
    return [1]


def successor(value: int) -> list[int]:
    return [value + 1]


def total(*values: int) -> list[int]:
    return [sum(values)]


# -- values -----------------------------------------------------------------------------------------------------------


def test_a_lost_value_is_made_again_before_its_reader_runs() -> None:
    engine = fake()
    made = engine.results(engine.submit(one, returns=1))[0]
    engine.run()
    engine.lose_values([made.current])
    reader = engine.submit(successor, engine.read(made), returns=1)
    assert reader.state is State.PENDING
    engine.run()
    assert engine.value(engine.results(reader)[0]) == 2


def test_inputs_that_nobody_wanted_any_more_are_made_again_too() -> None:
    engine = fake()
    datum = engine.results(engine.submit(one, returns=1))[0]
    for _ in range(5):
        engine.submit(successor, engine.inout(datum))
    engine.run()
    before = len(engine.executions)
    engine.lose_values([datum.current])
    engine.run()
    assert engine.value(datum) == 6
    assert len(engine.executions) == before + 6


def test_a_ready_task_whose_input_is_lost_waits_again() -> None:
    engine = fake()
    made = engine.results(engine.submit(one, returns=1))[0]
    engine.run()
    readers = [engine.submit(successor, engine.read(made), returns=1) for _ in range(20)]
    engine.lose_values([made.current])
    assert all(task.state is State.PENDING for task in readers)
    engine.run()
    assert all(engine.value(engine.results(task)[0]) == 2 for task in readers)


def test_a_value_that_cannot_be_made_again_fails_its_readers_and_tells_the_program() -> None:
    engine = fake()
    made = engine.results(engine.submit(one, returns=1))[0]
    engine.run()
    reader = engine.submit(successor, engine.read(made), returns=1)
    engine.lose_values([made.current], for_good=True)
    assert reader.state is State.CANCELLED
    assert made.current.status is Status.FAILED
    assert [failure.message for failure in engine.core.unreported] == [f"{made.current.label} was lost"]


def test_recipes_do_not_grow_without_end() -> None:
    engine = fake()
    datum = engine.results(engine.submit(one, returns=1))[0]
    for _ in range(3 * DEEPEST):
        engine.submit(successor, engine.inout(datum))
        engine.run()
    assert engine.recipes[datum.current].depth <= DEEPEST


def woven(engine: Losing, rows: int) -> list[Any]:
    """Two data of the last of so many rows; each is made of both of the row before, which are gone."""
    pair = [engine.results(engine.submit(one, returns=1))[0] for _ in range(2)]
    for _ in range(rows):
        reads = [(pair[0], pair[1]), (pair[1], pair[0])]
        tasks = [engine.submit(total, engine.read(a), engine.read(b), returns=1) for a, b in reads]
        engine.release(*pair)
        pair = [engine.results(task)[0] for task in tasks]
        engine.run()
    return pair


@pytest.mark.timeout(20)
def test_calls_that_read_what_others_read_are_looked_at_once() -> None:
    """There are 2**50 ways from the last row to the first."""
    engine = fake()
    pair = woven(engine, 50)
    engine.lose_values([datum.current for datum in pair])
    engine.run()
    assert [engine.value(datum) for datum in pair] == [2**50, 2**50]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("rows", [50, DEEPEST + 50])
def test_what_too_many_calls_would_have_to_make_is_known(rows: int) -> None:
    engine = fake()
    pair = woven(engine, rows)
    gone = {datum.current: engine.recipes[datum.current] for datum in pair}
    lose(engine.core, gone)
    assert [is_too_far(recipe, gone) for recipe in gone.values()] == [rows > DEEPEST] * 2
    assert not is_too_far(None, gone)


steps = st.lists(
    st.tuples(
        st.sampled_from(["make", "add", "update", "drop", "finish", "lose"]), st.integers(0, 7), st.integers(0, 7)
    ),
    max_size=60,
)


@given(steps)
def test_whatever_is_lost_at_whatever_moment_a_program_computes_the_same(steps: list[tuple[str, int, int]]) -> None:
    engine, data, expected = fake(), [], []
    for step, a, b in steps:
        if step == "make" or not data:
            data.append(engine.results(engine.submit(one, returns=1))[0])
            expected.append(1)
            continue
        a, b = a % len(data), b % len(data)
        if step == "add":
            data.append(engine.results(engine.submit(total, engine.read(data[a]), engine.read(data[b]), returns=1))[0])
            expected.append(expected[a] + expected[b])
        elif step == "update":
            engine.submit(successor, engine.inout(data[a]))
            expected[a] += 1
        elif step == "drop":
            engine.release(data.pop(a))
            expected.pop(a)
        elif step == "finish" and engine.running:
            engine.finish(engine.running[a % len(engine.running)])
        elif step == "lose":
            engine.lose_values(engine.present()[a :: b + 1])
    engine.run()
    assert [engine.value(datum) for datum in data] == expected
    engine.release(*data)
    assert not engine.present()


# -- nodes ------------------------------------------------------------------------------------------------------------


def test_what_a_lost_node_ran_runs_elsewhere() -> None:
    engine = fake()
    tasks = [engine.submit(one, returns=1) for _ in range(8)]
    sent = len(engine.executions)
    engine.lose_node(engine.core.nodes[0])
    engine.run()
    assert all(engine.value(engine.results(task)[0]) == 1 for task in tasks)
    assert {node for number, node in engine.executions[sent:]} == {"two"}


def test_a_node_that_joins_gets_work_at_once() -> None:
    engine = Losing(Node(0, "one", 1))
    for _ in range(4):
        engine.submit(one, returns=1)
    membership.join(engine.core, Node(1, "two", 2))
    engine.assign()
    assert sorted(task.slot.node.name for task in engine.running if task.slot) == ["one", "two", "two"]


def test_nodes_may_join_in_any_order() -> None:
    engine = Losing(Node(0, "one", 1))
    membership.join(engine.core, Node(2, "three", 1))
    membership.join(engine.core, Node(1, "two", 1))
    assert [node.name for node in engine.core.nodes] == ["one", "two", "three"]
    for _ in range(3):
        engine.submit(one, returns=1)
    assert len(engine.running) == 3


def test_tasks_that_only_the_lost_node_could_run_are_told() -> None:
    engine = Losing(Node(0, "small", 1), Node(1, "large", 4))
    wide = engine.submit(one, returns=1, units=4)
    narrow = engine.submit(one, returns=1)
    assert engine.lose_node(engine.core.nodes[1]) == [wide]
    engine.run(lambda tasks: next(task for task in tasks if task is narrow))
    assert narrow.state is State.DONE


def test_short_tasks_without_input_share_messages_on_several_nodes_too() -> None:
    engine = Losing(Node(0, "one", 1), Node(1, "two", 1))
    definition = engine.submit(one, returns=1).definition
    engine.finish(engine.running[0], seconds=1e-6)
    for _ in range(100):
        engine.submit(one, returns=1, definition=definition)
    engine.finish(engine.running[0], seconds=1e-6)
    assert len(engine.sent_ahead) > 10


def test_a_task_that_was_to_go_to_a_lost_node_once_it_is_ready_goes_elsewhere() -> None:
    engine = fake()
    first = engine.submit(one, returns=1)
    second = engine.submit(successor, engine.read(engine.results(first)[0]), returns=1)
    assert first.slot is not None
    second.target = 1 - first.slot.node.index  # as of a task that has failed on the other one
    assert engine.lose_node(engine.core.nodes[second.target]) == []
    engine.finish(first)
    assert second in engine.running


def test_who_comes_later_waits_for_a_lost_value_that_another_one_stands_for() -> None:
    """As that of a task that returned what a task of its own makes."""
    engine = fake()
    made, outer = (engine.results(engine.submit(one, returns=1))[0] for _ in "ab")
    engine.finish(engine.running[0])
    engine.core.finished(engine.running[0], [made.current], 1.0)
    assert outer.current.content is made.current
    engine.lose_values([made.current])
    reader = engine.submit(successor, engine.read(outer), returns=1)
    watch = Watch(None)
    assert not engine.core.watch_versions(watch, [outer.current])
    assert reader not in engine.running
    engine.run(lambda tasks: tasks[0])
    assert (reader.state, watch.done) == (State.DONE, True)
