"""The log of a run in words, and the load of its nodes."""

from __future__ import annotations

import pytest

from pycompss.core.events import Kind
from pycompss.observe.runlog import PERIOD, RunLog


@pytest.fixture
def log() -> tuple[RunLog, list[str], list[str]]:
    lines: list[str] = []
    blocks: list[str] = []
    reader = RunLog(lines.append, blocks.append)
    reader.read(
        [
            (Kind.RUN_STARTED, 0.0, "app.py", (("node1", 2, None), ("node2", 1, 5))),
            (Kind.TYPE_REGISTERED, 0.0, 0, "app.add"),
            (Kind.TASK_CREATED, 0.0, 1, 0, (), (), (), (), frozenset(), None),
            (Kind.TASK_READY, 0.0, 1),
            (Kind.TASK_STARTED, 0.1, 1, "node1", 0, 1),
        ]
    )
    return reader, lines, blocks


def values(block: str, name: str) -> list[str]:
    return [line.split(" = ")[1] for line in block.splitlines() if line.strip().startswith(f"{name} = ")]


def test_everything_that_happens_is_a_line(log) -> None:
    reader, lines, _ = log
    reader.read(
        [
            (Kind.TASK_FAILED, 0.2, 1, "node1", 0, 1, "retry", "ValueError: x"),
            (Kind.TASK_STARTED, 0.2, 1, "node2", 0, 2),
            (Kind.TASK_FINISHED, 0.3, 1, "node2", 0, 2, 0.1),
            (Kind.SYNCHRONISED, 0.3, "d1v2", 1),
            (Kind.BARRIER, 0.3, None, (1,)),
            (Kind.RUN_ENDED, 0.4, 0),
        ]
    )
    assert lines == [
        "Run of app.py started on node1, node2",
        "Task type 0: app.add",
        "Task 1 (app.add) created",
        "Task 1 (app.add) is ready",
        "Task 1 (app.add) runs on node1, attempt 1",
        "Task 1 (app.add) failed on node1, attempt 1: retry: ValueError: x",
        "Task 1 (app.add) runs on node2, attempt 2",
        "Task 1 (app.add) finished on node2 after 0.100 s",
        "The program waited for d1v2, of task 1",
        "Barrier",
        "Run ended with exit code 0",
    ]


def test_the_load_counts_tasks_by_state(log) -> None:
    reader, _, blocks = log
    created = (0, (), (), (), (), frozenset(), None)
    reader.read(
        [
            (Kind.TASK_CREATED, 0.2, 2, *created),
            (Kind.TASK_CREATED, 0.2, 3, *created),
            (Kind.TASK_READY, 0.2, 3),
            (Kind.RUN_ENDED, 1.0, 0),
        ]
    )
    (block,) = blocks
    counted = {name: values(block, name) for name in ("TIMESTAMP", "COREID", "NO_RESOURCE", "READY")}
    assert counted == {"TIMESTAMP": ["1000"], "COREID": ["0"], "NO_RESOURCE": ["1"], "READY": ["1"]}
    assert values(block, "RUNNING") == ["1", "1", "0"]  # of the type, of node1, of node2
    assert values(block, "COMPUTING_UNITS") == ["2", "1"]
    assert values(block, "RUNNING_MEAN") == ["900"]


def test_the_load_tells_how_long_tasks_take_in_milliseconds(log) -> None:
    reader, _, blocks = log
    reader.read([(Kind.TASK_FINISHED, 0.2, 1, "node1", 0, 1, 0.1)])
    for task, seconds in ((2, 0.3), (3, 0.2)):
        reader.read(
            [
                (Kind.TASK_CREATED, 0.2, task, 0, (), (), (), (), frozenset(), None),
                (Kind.TASK_FINISHED, 0.3, task, "node1", 0, 1, seconds),
            ]
        )
    reader.read([(Kind.RUN_ENDED, 1.0, 0)])
    assert [values(blocks[0], name) for name in ("MIN", "MEAN", "MAX")] == [["100"], ["200"], ["300"]]
    assert values(blocks[0], "RUNNING") == ["0", "0", "0"]
    assert values(blocks[0], "RUNNING_MEAN") == ["0"]


def test_blocks_keep_their_distance(log) -> None:
    reader, _, blocks = log
    reader.read([(Kind.TASK_READY, PERIOD * 0.9, 1), (Kind.TASK_READY, PERIOD, 1), (Kind.TASK_READY, PERIOD * 1.5, 1)])
    assert [values(block, "TIMESTAMP") for block in blocks] == [[f"{PERIOD * 1000:.0f}"]]


def test_cancelled_and_ignored_tasks_leave(log) -> None:
    reader, _, blocks = log
    reader.read(
        [
            (Kind.TASK_CREATED, 0.2, 2, 0, (), (), (), (), frozenset(), None),
            (Kind.TASK_CANCELLED, 0.2, 2),
            (Kind.TASK_FAILED, 0.2, 1, "node1", 0, 1, "ignored", "ValueError"),
            (Kind.RUN_ENDED, 1.0, 0),
        ]
    )
    assert [values(blocks[0], name) for name in ("NO_RESOURCE", "RUNNING")] == [["0"], ["0", "0", "0"]]
