from __future__ import annotations

from pycompss.core.events import Kind
from pycompss.observe.summary import Summary
from tests.unit.observe.histories import History


def summary(history):
    result = Summary()
    result.read(history.events)
    return result


def two_workers():
    h = History()
    h.record(Kind.RUN_STARTED, "first.py", (("node1", 2, None), ("node2", 2, None)))
    inc, other, read = h.task("tasks.inc"), h.task("tasks.inc"), h.task("tasks.rd")
    h.executed(read, "node1")
    h.executed(inc, "node1")
    h.executed(other, "node2")
    return h


def test_the_summary_counts_by_worker_and_over_all():
    assert summary(two_workers()).lines() == [
        "------- COMPSs Task Execution Summary per Worker ------",
        "--- Summary for COMPSs Worker node1",
        "1 tasks.inc tasks have been executed",
        "1 tasks.rd tasks have been executed",
        "--- Total executed tasks in COMPSs Worker node1: 2",
        "--- Summary for COMPSs Worker node2",
        "1 tasks.inc tasks have been executed",
        "--- Total executed tasks in COMPSs Worker node2: 1",
        "-------------------------------------------------------",
        "------------ COMPSs Task Execution Summary ------------",
        "2 tasks.inc tasks have been executed",
        "1 tasks.rd tasks have been executed",
        "Total executed tasks: 3",
        "-------------------------------------------------------",
    ]


def test_a_worker_without_tasks_is_named_with_zero():
    h = History()
    h.record(Kind.RUN_STARTED, "first.py", (("node1", 2, None),))
    assert "--- Total executed tasks in COMPSs Worker node1: 0" in summary(h).lines()


def test_a_task_that_was_tried_again_counts_once_and_a_failed_one_never():
    h = History()
    again, failed, cancelled = h.task("m.f"), h.task("m.f"), h.task("m.f")
    h.record(Kind.TASK_FAILED, again, "node1", 0, 1, "retry", "ValueError")
    h.executed(again)
    h.record(Kind.TASK_FAILED, failed, "node1", 0, 1, "failed", "ValueError")
    h.record(Kind.TASK_CANCELLED, cancelled)
    assert "Total executed tasks: 1" in summary(h).lines()


def test_lines_are_handed_over_one_by_one_for_the_prefix():
    written = []
    result = summary(two_workers())
    result.print(lambda line: written.append(f"[(1)    API]  -  {line}"))
    assert written == [f"[(1)    API]  -  {line}" for line in result.lines()]


def test_what_was_spilled_is_told_only_if_there_was_something():
    h = two_workers()
    for size in (3_000_000, 5_500_000):
        h.record(Kind.SPILLED, "d1v2", size)
    h.record(Kind.RESTORED, "d1v2", 3_000_000)
    assert summary(h).lines()[-3:] == [
        "Spilled to disk: 8.5 MB, 2 times a value",
        "Read back from disk: 3.0 MB, 1 times a value",
        "-------------------------------------------------------",
    ]


def test_what_the_executions_of_each_type_used_is_added_up():
    history = History()
    for _ in range(2):
        history.task("app.load")
    history.task("app.quick")
    for task, run in enumerate(((0.5, 80_000_000, 2_000_000, 0), (0.25, 60_000_000, 1_000_000, 500_000)), start=1):
        history.record(Kind.TASKS_RAN, "node1", 1, 1, ((task, 1.0, 1.1, 1.9, 2.0, *run, ()),))
        history.record(Kind.TASK_FINISHED, task, "node1", 1, 1, 0.8)
    history.record(Kind.TASKS_RAN, "node1", 1, 1, ((3, 2.0, 2.0, 2.0, 2.0, 0.0, None, None, None, ()),))
    summary = Summary()
    summary.read(history.events)
    head, *uses, _ = summary.lines()[-4:]
    assert "Resources used by type of task" in head
    assert uses == [
        "app.load: 2 executions, 2.000 s, 0.750 s of CPU, memory peak 80 MB, read 3.0 MB, written 0.5 MB",
        "app.quick: 1 executions, 0.000 s, 0.000 s of CPU",
    ]
