from __future__ import annotations

from typing import Any

import pytest

from pycompss.core.events import Kind
from pycompss.core.parameter import Direction
from pycompss.observe.explaining import Explanation
from tests.unit.observe.histories import History


@pytest.fixture
def history() -> History:
    """Two tasks in a row, of which nothing has happened yet."""
    h = History()
    h.record(Kind.RUN_STARTED, "app.py", (("node1", 1, None),))
    h.record(Kind.NEED_REGISTERED, 0, 2, 0, "2 computing units")
    h.task("app.make", writes=["d1v2"])
    h.task("app.use", [("d1v2", 1)], ["d2v2"])
    return h


def explained(history: History, task: int) -> list[str]:
    explanation = Explanation(task)
    explanation.read(history.events)
    return explanation.lines()


def verdict(history: History, task: int) -> list[str]:
    told = explained(history, task)
    return told[told.index("") + 1 :]


def test_a_task_waits_for_what_others_have_not_written(history: History) -> None:
    assert verdict(history, 2) == [
        "Task 2 (app.use) waits for other tasks:",
        "  d1v2 of task 1 (app.make), which is pending",
    ]


def test_a_task_may_be_sent_before_what_it_reads_is_made_and_come_back(history: History) -> None:
    history.record(Kind.TASK_READY, 1)
    history.record(Kind.TASK_ASSIGNED, 1, "node1", 1, 1)
    history.record(Kind.TASK_READY, 2)
    history.record(Kind.TASK_ASSIGNED, 2, "node1", 2, 1)
    assert verdict(history, 2)[-2:] == [
        "It was sent before all was made that it reads:",
        "  d1v2 of task 1 (app.make), which is sent",
    ]
    history.record(Kind.TASK_RETURNED, 2)
    assert verdict(history, 2)[0] == "Task 2 (app.use) waits for other tasks:"


def test_of_a_killed_program_it_is_told_how_its_task_stood(history: History) -> None:
    explanation = Explanation(2)
    explanation.read(history.events)
    assert explanation.lines(is_alive=False)[-2:] == [
        "Task 2 (app.use) was pending when the program was killed, and waited for",
        "  d1v2 of task 1 (app.make), which is pending",
    ]


def test_messages_of_several_lines_stay_beside_their_time(history: History) -> None:
    history.record(Kind.TASK_FAILED, 1, "node1", 1, 1, "failed", "ValueError: one\ntwo")
    *_, failed, _, _ = explained(history, 1)
    first, second = failed.splitlines()
    assert first.endswith("ValueError: one")
    assert second == " " * 14 + "two"


def test_a_commutative_task_waits_for_its_turn() -> None:
    h = History()
    h.record(Kind.RUN_STARTED, "app.py", (("node1", 2, None),))
    for _ in range(3):
        h.task("app.add", [("d1v1", None)], ["d1v2"], shared=((Direction.COMMUTATIVE.value, "d1"),))
    h.record(Kind.TASK_READY, 2)
    h.record(Kind.TASK_ASSIGNED, 2, "node1", 1, 1)
    assert verdict(h, 3) == [
        "Task 3 (app.add) waits for other tasks:",
        "  d1, which task 2 (app.add) changes before it",
    ]


def test_a_ready_task_waits_for_room_that_others_have(history: History) -> None:
    history.record(Kind.TASK_READY, 2)
    history.record(Kind.TASK_ASSIGNED, 1, "node1", 7, 1)
    first, occupant, *_ = verdict(history, 2)
    assert first.startswith("Task 2 (app.use) is ready since")
    assert first.endswith("asks for 2 computing units")
    assert occupant.startswith("  node1, slot 7 has task 1 (app.make) since")


def test_a_task_with_several_nodes_names_them_all(history: History) -> None:
    history.record(Kind.TASK_READY, 2)
    history.record(Kind.TASK_ASSIGNED, 1, "node1", 7, 1)
    history.record(Kind.TASK_SPREAD, 1, ("node1", "node2", "node3"))
    _, occupant, *_ = verdict(history, 2)
    assert occupant.startswith("  node1, slot 7 (and on node2, node3) has task 1 (app.make) since")
    assert any(line.endswith("task 1 (app.make) has node1, node2, node3") for line in explained(history, 1))


def test_a_task_that_was_sent_waits_behind_others(history: History) -> None:
    for task in (1, 2):
        history.record(Kind.TASK_ASSIGNED, task, "node1", 7, 1)
    assert verdict(history, 2)[:2] == [
        "Task 2 (app.use) is at node1, slot 7 and runs, or waits there for those before it:",
        "  task 1 (app.make)",
    ]


def test_a_failure_and_those_that_it_took_along_are_named(history: History) -> None:
    history.record(Kind.TASK_FAILED, 1, "node1", 7, 1, "failed", "ValueError: no")
    history.record(Kind.TASK_CANCELLED, 2)
    history.record(Kind.RUN_ENDED, 1)
    assert any("failed on node1, attempt 1 (failed): ValueError: no" in line for line in explained(history, 1))
    assert verdict(history, 1) == ["Task 1 (app.make) failed"]
    assert verdict(history, 2) == [
        "Task 2 (app.use) was cancelled, because:",
        "  d1v2 of task 1 (app.make), which is failed",
    ]


def test_a_task_that_ended_is_told_step_by_step(history: History) -> None:
    history.record(Kind.TASK_READY, 1)
    history.record(Kind.TASK_ASSIGNED, 1, "node1", 7, 1)
    history.record(Kind.TASKS_RAN, "node1", 7, 3, ((1, 5.0, 5.5, 6.5, 7.0, 0.9, 2e6, 0, 0, ()),))
    history.record(Kind.TASK_FINISHED, 1, "node1", 7, 1, 1.0)
    steps = [line.partition("(app.make) ")[2] for line in explained(history, 1)]
    assert steps[0].startswith("created; writes d1v2")
    assert steps[1:5] == [
        "is ready",
        "is sent to node1, slot 7, attempt 1",
        (
            "ran in worker 3 of node1: arguments + code + results 0.500000 + 1.000000 + 0.500000 s, "
            "0.900 s of processor time, 2 MB"
        ),
        "finished on node1 after 1.000000 s",
    ]
    assert verdict(history, 1)[0] == "Task 1 (app.make) finished"


def test_a_task_that_is_not_there_is_an_error(history: History) -> None:
    with pytest.raises(KeyError):
        explained(history, 9)


def test_states_follow_every_event_that_moves_a_task(history: History) -> None:
    moves: list[tuple[Any, ...]] = [
        (Kind.TASK_ASSIGNED, 1, "node1", 7, 1),
        (Kind.TASK_RETURNED, 1),
        (Kind.TASK_ASSIGNED, 1, "node1", 7, 1),
        (Kind.TASK_STARTED, 1, "node1", 7, 1),
        (Kind.TASK_FAILED, 1, "node1", 7, 1, "retry", "x"),
        (Kind.TASK_RETRIED, 1, 2),
    ]
    states = []
    for move in moves:
        history.record(*move)
        states.append(verdict(history, 2)[1].rpartition(" ")[2])
    assert states == ["sent", "ready", "sent", "running", "running", "ready"]
