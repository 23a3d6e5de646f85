"""Tasks that take several nodes at once: all of them or none, never starved, and everything comes back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycompss.core.alternatives import Alternative, offer
from pycompss.core.events import Kind
from pycompss.core.failures import Cause
from pycompss.core.holding import Holds
from pycompss.core.invocation import Invocation
from pycompss.core.placing import Room
from pycompss.core.resources import Node, Requirement
from pycompss.core.spanning import Span, across, could_hold, nodes_of, to_keep
from pycompss.core.task import Definition, State
from pycompss.engines.fake import FakeEngine, nothing
from tests.unit.core.histories import play


def nodes_taken(task: Invocation) -> list[str]:
    """Names of the nodes that a running task has, the main one first."""
    assert task.slot is not None
    return [part.node.name for part in (task.slot, *task.slot.others)]


def free_units(fake: FakeEngine) -> list[int]:
    return [node.free_units for node in fake.core.nodes]


@pytest.fixture
def four():
    """Four nodes with two computing units each."""
    return FakeEngine([Node(index, name, 2) for index, name in enumerate("abcd")])


# ---------------------------------------------------------------- taking and giving back


def test_a_span_takes_what_it_asks_for_on_each_of_its_nodes(four):
    task = four.submit(units=2, nodes=3)
    assert len(set(nodes_taken(task))) == 3
    assert sorted(free_units(four)) == [0, 0, 0, 2]


def test_the_journal_names_all_its_nodes(four):
    events = []
    four.core.record_to(events)
    task, alone = four.submit(units=2, nodes=3), four.submit()
    spread = [event for event in events if event[0] == Kind.TASK_SPREAD]
    assert [(event[2], list(event[3])) for event in spread] == [(task.id, nodes_taken(task))]
    assert alone.slot is not None


def test_it_takes_memory_there_too(four):
    fake = FakeEngine([Node(0, "a", 2, memory=10), Node(1, "b", 2, memory=10)])
    first, second = fake.submit(memory=6, nodes=2), fake.submit(memory=6)
    assert fake.running == [first]
    fake.finish(first)
    assert fake.running == [second]


@pytest.mark.parametrize("ending", ["finish", "fail", "lose", "stop"])
def test_however_it_ends_all_nodes_get_their_units_back(four, ending):
    task = four.submit(units=2, nodes=4)
    if ending == "finish":
        four.finish(task)
    elif ending == "fail":
        four.fail(task, cause=Cause.DEFINITE)
    elif ending == "lose":
        task.attempt = 4
        four.lose(task.slot)
    else:
        four.cancel(task)
        four.stop(task)
    assert task.state >= State.DONE
    assert free_units(four) == [2, 2, 2, 2]


def test_an_attempt_that_failed_is_made_again_on_as_many_nodes(four):
    task = four.submit(units=2, nodes=4)
    four.fail(task)
    assert task.attempt == 2
    assert sorted(nodes_taken(task)) == ["a", "b", "c", "d"]
    assert free_units(four) == [0, 0, 0, 0]


def test_the_third_attempt_has_another_main_node(four):
    task = four.submit(units=2, nodes=4)
    main = nodes_taken(task)[0]
    four.fail(task)
    assert nodes_taken(task)[0] == main
    four.fail(task)
    assert nodes_taken(task)[0] != main


def test_the_main_node_is_the_one_with_most_of_its_input(four):
    datum = four.datum(1)
    datum.current.nodes = (2,)
    task = four.submit(lambda _value: [], four.read(datum), units=2, nodes=2)
    assert nodes_taken(task)[0] == "c"


def test_it_starts_only_when_all_its_nodes_have_room():
    fake = FakeEngine([Node(0, "a", 2), Node(1, "b", 2)])
    small = fake.submit()
    span = fake.submit(units=2, nodes=2)
    assert fake.running == [small]
    fake.finish(small)
    assert fake.running == [span]


def test_nodes_that_are_too_small_are_not_taken():
    fake = FakeEngine([Node(0, "a", 4), Node(1, "small", 1), Node(2, "c", 4)])
    assert sorted(nodes_taken(fake.submit(units=2, nodes=2))) == ["a", "c"]


def test_a_span_of_one_node_is_none():
    assert across(Requirement(2), 1) == Requirement(2)
    assert nodes_of(Requirement(2)) == 1
    assert nodes_of(across(Requirement(2), 3)) == 3
    assert Span(2) != Requirement(2)


def test_what_a_span_asks_for_in_words():
    assert str(Span(2, 3_000_000_000, None, 4)) == "4 nodes with 2 computing units and 3 GB of memory each"
    assert str(Span(0, nodes=2)) == "2 nodes"


def test_what_too_few_nodes_could_hold_is_known_beforehand():
    nodes = [Node(0, "a", 4), Node(1, "b", 2)]
    assert could_hold(nodes, across(Requirement(2), 2))
    assert not could_hold(nodes, across(Requirement(3), 2))
    assert not could_hold(nodes, across(Requirement(1), 3))


# ---------------------------------------------------------------- who waits for whom


def test_smaller_tasks_that_came_later_wait_until_it_has_begun(four):
    first = [four.submit() for _ in range(8)]
    span = four.submit(units=2, nodes=4)
    later = [four.submit() for _ in range(8)]
    for task in first[:-1]:
        four.finish(task)
    assert four.running == first[-1:]
    four.finish(first[-1])
    assert four.running == [span]
    four.finish(span)
    assert sorted(task.id for task in four.running) == [task.id for task in later]


def test_nodes_that_it_does_not_need_are_not_kept(four):
    first = [four.submit() for _ in range(8)]
    four.submit(units=2, nodes=2)
    later = [four.submit() for _ in range(4)]
    kept = four.core.scheduler._holds.ranks
    assert len(kept) == 2
    free = [task for task in first if task.slot.node.index not in kept]
    for task in free:
        four.finish(task)
    assert all(task.state is State.ASSIGNED for task in later)


def test_a_node_that_has_room_before_one_that_is_kept_is_taken_in_its_place(four):
    """What runs on the kept node may take for ever."""
    first = [four.submit(units=2) for _ in range(4)]
    span = four.submit(units=2, nodes=2)
    kept = four.core.scheduler._holds.ranks
    for task in first:
        if task.slot.node.index not in kept:
            four.finish(task)
    assert span in four.running


def test_kept_nodes_with_room_stay_kept():
    nodes = [Node(index, str(index), 2) for index in range(3)]
    assert to_keep(nodes, Span(1, nodes=2), [nodes[2]]) == [nodes[2], nodes[0]]


def test_urgent_tasks_go_before_it(four):
    first = [four.submit(units=2) for _ in range(4)]
    span = four.submit(units=2, nodes=4)
    urgent = four.submit(units=2, priority=True)
    for task in first:
        four.finish(task)
    assert four.running == [urgent]
    four.finish(urgent)
    assert four.running == [span]


def test_tasks_that_are_bound_to_nodes_do_not_starve_it(four):
    """They wait in no queue."""
    first = [four.submit(units=2, is_distributed=True) for _ in range(4)]
    span = four.submit(units=2, nodes=4)
    later = [four.submit(units=2, is_distributed=True) for _ in range(4)]
    for task in first:
        four.finish(task)
    assert four.running == [span]
    four.finish(span)
    assert sorted(four.running, key=lambda task: task.id) == later


def test_a_cancelled_span_holds_nobody_up(four):
    first = four.submit()
    span = four.submit(units=2, nodes=4)
    later = [four.submit(units=2) for _ in range(3)]
    assert four.running == [first]
    four.cancel(span)
    assert sorted(four.running, key=lambda task: task.id) == [first, *later]


def test_two_spans_that_cross_run_one_after_the_other(four):
    one, other = four.submit(units=2, nodes=3), four.submit(units=2, nodes=3)
    assert four.running == [one]
    four.finish(one)
    assert four.running == [other]


def test_short_spans_are_not_sent_ahead(four):
    definition = Definition(nothing, "short", statistics=1e-5)
    one, _ = (four.submit(units=2, nodes=3, definition=definition) for _ in range(2))
    assert four.running == [one]
    assert not four.sent_ahead


def test_a_version_of_a_task_may_be_a_span(four):
    blocker = four.submit(units=2)
    base = Definition(nothing, "base")
    wide = Alternative(Definition(nothing, "wide"), Span(2, nodes=4), None)
    task = four.core.new_task(base, Span(2, nodes=4), None)
    assert offer(task, [Alternative(base, Span(2, nodes=5), None), wide], four.core.can_ever_run)
    four.core.submit(task)
    later = [four.submit() for _ in range(2)]
    assert four.running == [blocker]
    four.finish(blocker)
    assert four.running == [task]
    assert task.definition.name == "wide"
    four.finish(task)
    assert four.running == later


# ---------------------------------------------------------------- spans that call tasks


def test_while_it_waits_for_its_own_tasks_all_its_nodes_are_lent(four):
    span = four.submit(units=2, nodes=4)
    child = four.submit(units=2, nodes=4, parent=span)
    four.wait(span)
    assert four.running == [child]
    four.finish(child)
    assert four.running == [span]
    assert free_units(four) == [0, 0, 0, 0]
    four.finish(span)
    assert free_units(four) == [2, 2, 2, 2]


def test_it_goes_on_when_all_of_them_have_room_again(four):
    span = four.submit(units=2, nodes=4)
    child = four.submit(parent=span)
    others = [four.submit(units=2) for _ in range(6)]
    four.wait(span)
    running = [task for task in four.running if task is not child]
    assert running
    four.finish(child)
    for task in running:
        assert span not in four.running
        four.finish(task)
    assert four.running == [span]
    four.finish(span)
    four.run()
    assert all(task.state is State.DONE for task in others)


# ---------------------------------------------------------------- whatever happens


@given(st.binary(min_size=60, max_size=300))
@settings(max_examples=400, deadline=None)
def test_runs_with_spans_end_compute_what_a_sequential_run_does_and_give_everything_back(tape):
    play(tape, may_fail=False, with_spans=True)


@given(st.binary(min_size=60, max_size=300))
@settings(max_examples=400, deadline=None)
def test_so_do_those_with_failures_and_cancellations(tape):
    play(tape, may_fail=True, with_spans=True)


@given(st.binary(min_size=60, max_size=300))
@settings(max_examples=200, deadline=None)
def test_looking_only_at_nodes_that_have_changed_finds_the_same(tape):
    choose, has_units = Holds._choose, Room.has_units

    def compared(holds, need, room):
        expected = set(to_keep(room.nodes, need, holds._kept))
        choose(holds, need, room)
        assert set(holds._kept) == expected

    def counted(room, units, nodes):
        found = has_units(room, units, nodes)
        assert found == (sum(node.free_units >= units for node in room.nodes) >= nodes)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Holds, "_choose", compared)
        patch.setattr(Room, "has_units", counted)
        play(tape, may_fail=True, with_spans=True)


def test_a_span_that_waits_does_not_ask_every_node_each_time_a_task_ends(monkeypatch):
    fake = FakeEngine([Node(index, str(index), 2) for index in range(500)])
    first = [fake.submit() for _ in range(1000)]
    span = fake.submit(units=2, nodes=4)
    kept = set(fake.core.scheduler._holds.ranks)
    looks, fits = [], Node.fits
    monkeypatch.setattr(Node, "fits", lambda node, need: looks.append(node) or fits(node, need))
    for task in [task for task in first if task.slot.node.index not in kept][:50]:
        fake.finish(task)
        fake.submit()
    assert span.state is State.READY
    assert len(looks) < 50 * 20


loads = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), max_size=8)


@given(st.lists(st.integers(1, 4), min_size=2, max_size=5), loads, st.data())
@settings(max_examples=150, deadline=None)
def test_an_endless_stream_of_small_tasks_does_not_starve_it(units, load, data):
    """Whatever ran or waited before it has ended in turn, and no more than what ran meanwhile after that."""
    fake = FakeEngine([Node(index, f"n{index}", count) for index, count in enumerate(units)])
    older = 0
    for asked, wide in load:
        if fake.core.can_ever_run(across(Requirement(asked), wide)):
            fake.submit(units=asked, nodes=wide)
            older += 1
    span = fake.submit(units=data.draw(st.integers(1, min(units))), nodes=data.draw(st.integers(2, len(units))))
    stream = [fake.submit(priority=False) for _ in range(4)]
    for _ in range(older + 3):
        for task in data.draw(st.permutations(fake.running)):
            fake.finish(task)
            stream.append(fake.submit())
        if span.state is State.DONE:
            break
    assert span.state is State.DONE
