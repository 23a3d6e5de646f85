from __future__ import annotations

import tracemalloc
from pathlib import Path

from pycompss.core.events import Kind
from pycompss.observe import paraver, pcf
from pycompss.observe.paraver import ParaverTrace
from pycompss.observe.spool import Spool
from tests.support.paraver import load


def test_lines_come_back_in_order_however_many_files_it_took() -> None:
    spool = Spool(piece=3)
    for time in (5, 1, 4, 2, 3, 9, 7, 8):
        spool.add(time, -time, f"line\t{time}")
    assert list(spool.lines()) == [(time, -time, f"line\t{time}") for time in (1, 2, 3, 4, 5, 7, 8, 9)]


def test_what_comes_first_at_one_time_is_told_by_the_rank() -> None:
    spool = Spool(piece=2)
    for rank in (2, -1, 0):
        spool.add(1, rank, "x")
    assert [rank for _, rank, _ in spool.lines()] == [-1, 0, 2]


def life(task: int) -> list[tuple[object, ...]]:
    """A chain of tasks, each of a millisecond."""
    time = task / 1000
    reads = (("x", 0, f"d{task - 1}v2", task - 1, False),) if task > 1 else ()
    run = (task, time, time + 1e-4, time + 8e-4, time + 9e-4, 8e-4, None, None, None, ())
    return [
        (Kind.TASK_CREATED, time, task, 0, reads, (f"d{task}v2",), (), (), frozenset(), None, 0, None),
        (Kind.TASK_READY, time, task),
        (Kind.TASK_ASSIGNED, time, task, "node1", 1, 1),
        (Kind.TASKS_RAN, time + 9e-4, "node1", 1, 1, (run,)),
        (Kind.TASK_FINISHED, time + 9e-4, task, "node1", 1, 1, 7e-4),
    ]


def test_a_transfer_names_its_datum_on_the_node_that_gets_it(tmp_path: Path) -> None:
    trace = ParaverTrace(str(tmp_path / "moved"))
    trace.read([(Kind.RUN_STARTED, 0.0, "moved", (("a", 1, None), ("b", 1, None)))])
    moves = ((1.0, "d7v2", 3.0), (2.0, "d8v1", 4.0), (3.5, "", 5.0), (4.0, "d9v1", 4.5))  # the last within another
    trace.read([(Kind.TRANSFERRED, ended, label, 10, "a", "b", began) for began, label, ended in moves])
    trace.close()
    loaded = load(tmp_path / "moved.prv")
    assert len(loaded.communications) == 4
    shown = [(thread, time // 10**9, value) for thread, time, value in loaded.of_type(pcf.TRANSFER)]
    node = (3, 1, 1)
    unknown = 999_999_999
    assert shown == [(node, *rest) for rest in ((1, 7), (3, 0), (3, 8), (4, 0), (4, unknown), (5, 0))]


def test_executors_tell_what_their_tasks_ask_for_and_are_bound_to(tmp_path: Path) -> None:
    trace = ParaverTrace(str(tmp_path / "needs"))
    need = (Kind.NEED_REGISTERED, 0.0, 0, 2, 3_000_000, "", (("GPU", 1),), 70.0)
    trace.read([(Kind.RUN_STARTED, 0.0, "needs", (("node1", 4, None),)), (Kind.TYPE_REGISTERED, 0.0, 0, "a.b"), need])
    trace.read([(Kind.WORKER_BOUND, 0.0, "node1", 1, (2, 3), (("GPU", ("1",)),))])
    trace.read(life(1))
    trace.close()
    loaded = load(tmp_path / "needs.prv")
    for type_, value in ((pcf.CORE, 3), (pcf.BINDING_CORE, 3), (pcf.CORES, 2), (pcf.GPU, 2), (pcf.BINDING_GPU, 2)):
        assert [found for _, _, found in loaded.of_type(type_)] == [value, 0]
    for type_, value in zip(pcf.ASKED, (2, 1, 3, 70), strict=True):
        assert [found for _, _, found in loaded.of_type(type_)] == [value, 0]
    executor, node = (2, 2, 1), (2, 1, 1)
    assert [(thread, value) for thread, _, value in loaded.of_type(pcf.WORKER)] == [(executor, v) for v in (1, 2, 1, 0)]
    assert [(thread, value) for thread, _, value in loaded.of_type(pcf.EXECUTORS)] == [(node, 1), (node, 0)]
    assert [value for _, _, value in loaded.of_type(pcf.BINDING_TYPE)] == [1, 0]


def test_tasks_that_are_too_short_for_the_clock_are_in_the_trace(tmp_path: Path) -> None:
    trace = ParaverTrace(str(tmp_path / "short"), dependencies=True)
    trace.read([(Kind.RUN_STARTED, 0.0, "short", (("node1", 1, None),)), (Kind.TYPE_REGISTERED, 0.0, 0, "a.b")])
    for task in (1, 2, 3):
        created, ready, sent, ran, finished = life(task)
        (run,) = ran[-1]
        at_once = (task, 0.004, 0.004, 0.004, 0.004, *run[5:])
        trace.read([created, ready, sent, (ran[0], 0.004, *ran[2:-1], (at_once,)), finished])
    trace.close()
    loaded = load(tmp_path / "short.prv")
    begun = [(time, value) for _, time, value in loaded.of_type(pcf.TASK_ID) if value]
    assert begun == [(4_000_000, 1), (4_000_001, 2), (4_000_002, 3)]


def test_marks_that_have_no_length_or_lie_outside_end_all_the_same(tmp_path: Path) -> None:
    trace = ParaverTrace(str(tmp_path / "marks"))
    trace.read([(Kind.RUN_STARTED, 0.0, "marks", (("node1", 4, None),)), (Kind.TYPE_REGISTERED, 0.0, 0, "a.b")])
    created, ready, sent, ran, finished = life(1)
    (run,) = ran[-1]
    marks = ((0.0, 9000601, 500), (0.0, 9000601, 0), (9.0, pcf.PHASE, pcf.WAIT), (9.0, 9100000, 3), (9.0, 9000600, 7))
    noted = (*ran[:-1], ((*run[:-1], marks),))
    trace.read([created, ready, sent, noted, finished])
    trace.close()
    loaded = load(tmp_path / "marks.prv")  # says what does not end
    assert [value for _, _, value in loaded.of_type(9000601)] == [500, 0]
    assert [value for _, _, value in loaded.of_type(9000600)] == [7, 0]


def test_a_long_trace_takes_little_memory(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(paraver, "Spool", lambda: Spool(piece=2_000))
    trace = ParaverTrace(str(tmp_path / "long"), dependencies=True)
    trace.read([(Kind.RUN_STARTED, 0.0, "long", (("node1", 1, None),)), (Kind.TYPE_REGISTERED, 0.0, 0, "a.b")])
    peaks = []
    tracemalloc.start()
    for start in range(1, 8_001, 2_000):
        for task in range(start, start + 2_000):
            trace.read(life(task))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.reset_peak()
    trace.close()
    peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert max(peaks[1:]) < 1.6 * peaks[0] + 2_000_000  # what a task leaves are some bytes
    assert len(load(tmp_path / "long.prv").communications) == 7_999
