"""A run as people see it, out of its journal."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from pycompss.core.events import Kind
from pycompss.core.parameter import Direction
from pycompss.monitor.answers import why
from pycompss.observe import svg
from pycompss.observe.folding import FOLD, picture
from pycompss.observe.records import Stage
from pycompss.observe.runview import RunView


def reads(*producers: int) -> tuple[tuple[str, int, str, int, bool], ...]:
    return tuple(("x", 0, f"d{producer}v2", producer, False) for producer in producers)


def created(time: float, task: int, *producers: int, type_: int = 0) -> tuple[object, ...]:
    return (Kind.TASK_CREATED, time, task, type_, reads(*producers), (f"d{task}v2",), (), (), frozenset(), None)


def view_of(*events: tuple[object, ...], units: int = 2) -> RunView:
    view = RunView()
    view.read(
        [(Kind.RUN_STARTED, 0.0, "app.py", (("a", units, None),)), (Kind.TYPE_REGISTERED, 0.0, 0, "m.f"), *events]
    )
    return view


def stages(view: RunView) -> dict[str, int]:
    return {stage.name.lower(): view.stages[stage] for stage in Stage if view.stages[stage]}


def test_of_tasks_sent_to_one_slot_the_first_runs_and_the_others_wait() -> None:
    sent = [(Kind.TASK_ASSIGNED, 1.0, task, "a", 7, 1) for task in (1, 2)]
    view = view_of(created(0.1, 1), created(0.2, 2), *sent)
    assert stages(view) == {"running": 1, "ready": 1}
    view.read([(Kind.TASK_FINISHED, 3.0, 1, "a", 7, 1, 2.0)])
    assert stages(view) == {"finished": 1, "running": 1}
    assert (view.tasks[2].started, view.nodes["a"].running) == (3.0, 1)


def test_what_has_not_ended_when_the_run_does_runs_no_longer() -> None:
    sent = [(Kind.TASK_ASSIGNED, 1.0, task, "a", 7, 1) for task in (1, 2)]
    view = view_of(created(0.1, 1), created(0.2, 2), created(0.3, 3, 1), *sent, (Kind.RUN_ENDED, 3.0, 1))
    assert stages(view) == {"cancelled": 3}
    assert (view.nodes["a"].running, view.nodes["a"].busy, view.tasks[1].ended, view.tasks[2].ended) == (0, 2.0, 3.0, 0)
    assert view.tasks[3].message == "had not ended when the run did"
    assert view.state == "ended with 1"


def test_a_node_is_in_use_as_far_as_its_tasks_ask() -> None:
    asking = (*created(0.1, 2), 1)  # its need
    view = view_of(
        (Kind.NEED_REGISTERED, 0.0, 1, 3, 0, "3 computing units", (), 0.0),
        created(0.1, 1),
        asking,
        *[(Kind.TASK_ASSIGNED, 1.0, task, "a", task, 1) for task in (1, 2)],
        units=8,
    )
    assert view.used(view.nodes["a"]) == 4


def test_a_finished_task_began_as_long_ago_as_it_took() -> None:
    view = view_of(
        created(0.0, 1), (Kind.TASK_ASSIGNED, 1.0, 1, "a", 1, 1), (Kind.TASK_FINISHED, 5.0, 1, "a", 1, 1, 0.5)
    )
    assert view.tasks[1].started == 4.5


def test_a_commutative_task_waits_for_its_turn() -> None:
    shared = ((Direction.COMMUTATIVE.value, "d1"),)
    both = [(Kind.TASK_CREATED, 0.0, task, 0, (), ("d1v2",), (), shared, frozenset(), None) for task in (1, 2)]
    view = view_of(*both, (Kind.TASK_READY, 0.0, 1), (Kind.TASK_ASSIGNED, 0.0, 1, "a", 1, 1))
    assert why(view, view.tasks[2]) == "waits for its turn: task 1 changes the same"


def test_what_its_arguments_took_is_no_part_of_a_task_s_time() -> None:
    run = (1, 2.0, 4.0, 4.5, 5.0, 0.1, None, None, None, ())  # taken up, called, returned, ended
    view = view_of(
        created(0.0, 1),
        (Kind.TASK_ASSIGNED, 1.0, 1, "a", 1, 1),
        (Kind.TASKS_RAN, 5.0, "a", 1, 1, (run,)),
        (Kind.TASK_FINISHED, 5.0, 1, "a", 1, 1, 2.5),
    )
    assert view.tasks[1].seconds == view.types[0].most == view.nodes["a"].busy == 0.5


def test_times_of_a_type_are_of_its_finished_tasks() -> None:
    view = view_of(
        *[created(0.0, task) for task in (1, 2, 3)],
        *[(Kind.TASK_ASSIGNED, 0.0, task, "a", task, 1) for task in (1, 2, 3)],
        *[(Kind.TASK_FINISHED, 9.0, task, "a", task, 1, float(task)) for task in (2, 1)],
    )
    kind = view.types[0]
    assert (kind.least, kind.mean, kind.most, kind.count) == (1.0, 1.5, 2.0, 3)


def test_a_retry_is_counted_and_remembered_with_what_happened() -> None:
    view = view_of(
        created(0.0, 1),
        (Kind.TASK_ASSIGNED, 0.0, 1, "a", 1, 1),
        (Kind.TASK_FAILED, 1.0, 1, "a", 1, 1, "retry", "ValueError: no"),
        (Kind.TASK_ASSIGNED, 2.0, 1, "a", 1, 2),
        (Kind.TASK_FINISHED, 3.0, 1, "a", 1, 2, 1.0),
    )
    assert stages(view) == {"finished": 1}
    assert (view.retries, view.failures[0].message, view.nodes["a"].failed) == (1, "ValueError: no", 1)
    assert view.attempts == {1: [(1, "a", 0.0, 1.0, "retry", "ValueError: no", 0)]}


def test_a_cancelled_task_gives_its_lane_to_the_next() -> None:
    view = view_of(
        created(0.0, 1),
        created(0.0, 2),
        (Kind.TASK_ASSIGNED, 0.0, 1, "a", 1, 1),
        (Kind.TASK_CANCELLED, 1.0, 1),
        (Kind.TASK_ASSIGNED, 2.0, 2, "a", 9, 1),
    )
    assert stages(view) == {"cancelled": 1, "running": 1}
    assert view.tasks[2].lane == view.tasks[1].lane == 0


def test_levels_are_the_longest_chains_before_a_task() -> None:
    view = view_of(created(0.0, 1), created(0.0, 2), created(0.0, 3, 1), created(0.0, 4, 2, 3))
    assert [view.tasks[task].level for task in (1, 2, 3, 4)] == [0, 0, 1, 2]


def test_tasks_that_are_called_after_a_wait_are_below_what_was_waited_for() -> None:
    view = view_of(created(0.0, 1), created(0.0, 2, 1), (Kind.SYNCHRONISED, 0.0, "d1v2", 1), created(0.0, 3))
    view.read([(Kind.BARRIER, 0.0, None, ()), created(0.0, 4)])
    assert [view.tasks[task].level for task in (3, 4)] == [1, 2]


def test_what_has_changed_is_told_once_per_task_and_earliest_first() -> None:
    view = view_of(created(0.0, 1), created(0.0, 2))
    before = view.changes
    view.read(
        [(Kind.TASK_READY, 0.0, 1), (Kind.TASK_ASSIGNED, 0.0, 2, "a", 1, 1), (Kind.TASK_ASSIGNED, 0.0, 1, "a", 2, 1)]
    )
    assert [task.id for task in view.changed_since(before, 9)] == [2, 1]
    assert [task.id for task in view.changed_since(before, 1)] == [2]
    assert view.changed_since(view.changes, 9) == []


def test_events_of_tasks_that_nobody_created_are_passed_over() -> None:
    view = view_of((Kind.TASK_FINISHED, 1.0, 5, "a", 1, 1, 1.0), (Kind.TASK_CANCELLED, 1.0, 6))
    assert not stages(view)


def test_memory_is_what_is_ready_and_not_freed() -> None:
    view = view_of(
        (Kind.VERSION_READY, 0.0, "d1v1", 100, "a"),
        (Kind.VERSION_READY, 0.0, "d2v1", 50, "a"),
        (Kind.VERSION_FREED, 0.0, "d1v1"),
        (Kind.SPILLED, 0.0, "d2v1", 50),
    )
    assert (view.stored, view.most_stored, view.to_disk) == (50, 150, (1, 50))


# ---------------------------------------------------------------- pictures


def test_a_small_graph_has_a_circle_for_each_task_and_an_arrow_for_each_dependency() -> None:
    view = view_of(created(0.0, 1), created(0.0, 2, 1), created(0.0, 3, 1, 2))
    found = picture(view.tasks.values())
    assert sum(map(len, found.rows)) == found.tasks
    assert sorted(found.arrows.values()) == [1, 1, 1]
    root = ET.fromstring(svg.svg(view.tasks.values(), view.types))
    assert len(root.findall(".//{*}circle")) == 3


def test_many_tasks_of_a_kind_are_one_symbol_with_their_number() -> None:
    view = view_of(*[created(0.0, task) for task in range(1, FOLD + 2)], created(0.0, 99, *range(1, FOLD + 2)))
    found = picture(view.tasks.values())
    assert [[symbol.count for symbol in row] for row in found.rows] == [[FOLD + 1], [1]]
    assert list(found.arrows.values()) == [FOLD + 1]
    assert f"&#215;{FOLD + 1}" in svg.svg(view.tasks.values(), view.types)


def test_what_has_failed_has_a_cross_as_its_ring_may_be_no_redder_than_its_type() -> None:
    view = view_of(created(0.0, 1), created(0.0, 2), (Kind.TASK_ASSIGNED, 0.0, 1, "a", 1, 1))
    assert svg.svg(view.tasks.values(), view.types).count('stroke-linecap="round"') == 0
    view.read([(Kind.TASK_FAILED, 1.0, 1, "a", 1, 1, "ignored", "ValueError: no")])
    assert svg.svg(view.tasks.values(), view.types).count('stroke-linecap="round"') == 2  # white below red


def test_a_large_graph_is_a_small_picture() -> None:
    events = [created(0.0, task, *([task - 10] if task > 10 else [])) for task in range(1, 10_001)]
    text = svg.svg(view_of(*events).tasks.values(), {})
    assert len(text) < 300_000
    ET.fromstring(text)


def test_names_of_tasks_cannot_break_the_picture() -> None:
    view = view_of((Kind.TYPE_REGISTERED, 0.0, 1, 'm.<lambda>"&'), created(0.0, 1, type_=1))
    ET.fromstring(svg.svg(view.tasks.values(), view.types))
    assert "m.&lt;lambda&gt;" in svg.legend(view.types, [Stage.FINISHED])
