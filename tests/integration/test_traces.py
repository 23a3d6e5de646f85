"""Traces of real runs are valid, and say what the journal says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pycompss.core.events import Kind
from pycompss.observe import pcf
from pycompss.observe.journalfile import NAME, read
from pycompss.observe.threads import POLL
from tests.support import paraver
from tests.support.launch import REPOSITORY, Launcher

PROGRAM = """
    import time

    from pycompss.api.task import task
    from pycompss.api.parameter import INOUT
    from pycompss.api.api import TaskGroup, compss_barrier, compss_wait_on

    @task(returns=1)
    def make(n):
        return [n] * 5000

    @task(x=INOUT)
    def scale(x, k):
        x[:] = [k * v for v in x]

    @task(returns=1)
    def add(a, b):
        time.sleep(0.1)  # so sums are on the critical path, whoever is held up
        return [x + y for x, y in zip(a, b)]

    @task(returns=1, on_failure="IGNORE")
    def wrong():
        raise ValueError("no")

    if __name__ == "__main__":
        made = [make(n) for n in range(4)]
        for x in made:
            scale(x, 2)
        with TaskGroup("sums"):
            total = add(add(made[0], made[1]), add(made[2], made[3]))
        wrong()
        compss_barrier()
        print(compss_wait_on(total)[0])
"""
TASKS = 4 + 4 + 3 + 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    launcher = Launcher(tmp_path_factory.mktemp("traced"))
    flags = ["-t", "--tracing_task_dependencies", "--trace_label=small"]
    result = launcher(PROGRAM, launcher="pycompss", flags=flags).succeeded()
    assert "12\n" in result.stdout
    return result.run_folder


@pytest.fixture(scope="module")
def trace(folder: Path) -> paraver.Trace:
    return paraver.load(folder / "trace" / "app_small_compss.prv")


def runs(folder: Path) -> dict[int, Any]:
    return {run[0]: run for event in read(folder / NAME) if event[0] == Kind.TASKS_RAN for run in event[-1]}


def test_every_task_is_an_event_of_an_executor(trace: paraver.Trace, folder: Path) -> None:
    ids = [(thread, value) for thread, _, value in trace.of_type(pcf.TASK_ID) if value]
    assert sorted(value for _, value in ids) == list(range(1, TASKS + 1))
    assert {trace.names[thread].split(" ")[0] for thread, _ in ids} == {"EXECUTOR"}
    kinds = [value for _, _, value in trace.of_type(pcf.TASK) if value]
    assert [kinds.count(number) for number in (1, 2, 3, 4)] == [4, 4, 3, 1]
    assert "3      app.add\n" in (folder / "trace" / "app_small_compss.pcf").read_text()


def test_executors_run_as_long_as_the_journal_says(trace: paraver.Trace, folder: Path) -> None:
    shown = sum(
        ended - began for thread, states in trace.states.items() if thread[1] == 2 for began, ended, _ in states
    )
    noted = sum(run[4] - run[1] for run in runs(folder).values())
    assert shown / 1e9 == pytest.approx(noted, rel=0.01, abs=1e-5)


def test_dependencies_are_lines_from_producer_to_consumer(trace: paraver.Trace) -> None:
    assert len(trace.communications) == 4 + 6  # each scale reads a make; each add two of what came before


def test_the_program_waits_in_the_trace(trace: paraver.Trace) -> None:
    calls = [value for _, _, value in trace.of_type(pcf.API) if value]
    assert calls.count(6) == 2  # the barrier, and that of the group
    assert 9 in calls
    states = {state for _, _, state in trace.states[1, 1, 1]}
    assert states == {pcf.RUNNING, pcf.SYNCHRONISING}


def test_the_program_starts_the_runtime_runs_and_stops_it(trace: paraver.Trace) -> None:
    calls = [value for thread, _, value in trace.of_type(pcf.API) if thread == (1, 1, 1)]
    assert (calls[0], calls[1], calls[-2], calls[-1]) == (2, 0, 3, 0)
    doing = [value for _, _, value in trace.of_type(pcf.BINDING)]
    assert (doing[:2], doing[-2:]) == ([1, 3], [2, 0])
    assert set(doing[1::2]) == {3, 0}, "between two calls the application runs"


def test_a_trace_is_left_for_later_when_told_so(run_program: Any) -> None:
    flags = ["-t", "--generate_trace=false"]
    run = run_program(PROGRAM, launcher="pycompss", flags=flags).succeeded().run_folder
    assert not (run / "trace").exists()
    run_program.command(sys.executable, "-m", "pycompss", "gentrace", run).succeeded()
    assert len(paraver.load(run / "trace" / "app_compss.prv").of_type(pcf.TASK_ID)) == 2 * TASKS


def test_phases_and_ready_tasks_are_there(trace: paraver.Trace) -> None:
    phases = {value for _, _, value in trace.of_type(pcf.PHASE)}
    assert {pcf.PARAMETERS, pcf.USER_CODE, pcf.RESULTS} <= phases
    assert max(value for _, _, value in trace.of_type(pcf.READY)) >= 1


def pertalde(command: str, prv: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("ptd")
    return subprocess.run([program, command, prv], capture_output=True, text=True, check=False, timeout=60)


def test_executors_show_what_was_pickled(trace: paraver.Trace, folder: Path) -> None:
    sizes = {run[0]: {type_: value for _, type_, value in run[-1] if value} for run in runs(folder).values()}
    assert [sizes[task][9000701] for task in range(5, 12)] == [1, 1, 1, 1, 2, 2, 2]  # lists of 5,000
    assert [sizes[task][9000700] for task in range(5, 12)] == [1] * 7
    assert all(sizes[task][type_] > 5_000 for task in range(5, 12) for type_ in (9000600, 9000601))
    shown = [value for _, _, value in trace.of_type(9000601) if value]
    assert sorted(shown) == sorted(found[9000601] for found in sizes.values() if 9000601 in found)


def test_executors_show_the_cores_that_their_tasks_are_bound_to(trace: paraver.Trace, folder: Path) -> None:
    bound = [event[2:] for event in read(folder / NAME) if event[0] == Kind.WORKER_BOUND]
    assert len({(node, worker) for node, worker, _, _ in bound}) == len(bound) <= 2
    cores = {core for _, _, cores, _ in bound for core in cores}
    assert {value for _, _, value in trace.of_type(pcf.CORE)} == (
        {0, *(core + 1 for core in cores)} if cores else set()
    )
    assert cores <= os.sched_getaffinity(0)
    assert len(cores) == len(bound)


def test_pertalde_finds_nothing_wrong_and_counts_the_same(folder: Path, tmp_path: Path) -> None:
    prv = folder / "trace" / "app_small_compss.prv"
    assert pertalde("comprovar", prv).returncode == 0
    counted = pertalde("comptar", prv).stdout
    for name, count in (("Task ID", 2 * TASKS), ("Task", 2 * TASKS), ("-", 4 + 6), ("Synchronization", 3)):
        assert re.search(rf"\| +{name} \| +{count} \|", counted), (name, counted)
    spoilt = tmp_path / "spoilt.prv"
    spoilt.write_text(prv.read_text() + "2:1:1:1:1:5:7\n")
    assert pertalde("comprovar", spoilt).returncode != 0


def test_the_same_run_for_perfetto(folder: Path, run_program: Any, tmp_path: Path) -> None:
    made = run_program.command(
        sys.executable, "-m", "pycompss", "gentrace", "--perfetto", f"--out_dir={tmp_path}", folder
    ).succeeded()
    path = tmp_path / "app_compss.json"
    assert made.stdout == f"Output file: {path}\n"
    events = json.loads(path.read_text())["traceEvents"]
    tasks = [event for event in events if event.get("cat") == "task"]
    assert sorted(event["args"]["task"] for event in tasks) == list(range(1, TASKS + 1))
    counters = {event["name"] for event in events if event["ph"] == "C"}
    assert {"ready tasks", "running tasks"} <= counters
    running = [event["args"]["value"] for event in events if event["name"] == "running tasks"]
    assert min(running) == running[-1] == 0
    assert len([event for event in events if event["ph"] == "s"]) == 10
    assert all(event["ts"] >= 0 and event["dur"] >= 0 for event in tasks)


def test_a_trace_made_afterwards_is_the_same(folder: Path, run_program: Any, tmp_path: Path) -> None:
    run_program.command(
        sys.executable, "-m", "pycompss", "gentrace", folder, "--download_dir", tmp_path, "--trace_name=small"
    ).succeeded()
    for ending in (".prv", ".pcf", ".row"):
        ours = (folder / "trace" / f"app_small_compss{ending}").read_text()
        assert (tmp_path / f"app_small_compss{ending}").read_text() == ours


def test_a_torn_and_damaged_journal_still_gives_a_trace(folder: Path, run_program: Any, tmp_path: Path) -> None:
    run = tmp_path / "torn"
    run.mkdir()
    data = bytearray((folder / NAME).read_bytes())
    data[len(data) // 2] ^= 255
    (run / NAME).write_bytes(data[:-7])
    done = run_program.command(sys.executable, "-m", "pycompss", "gentrace", run).succeeded()
    assert done.stderr.count("\n") <= 1
    made = next((run / "trace").glob("*.prv"))
    paraver.load(made)


def test_what_is_no_run_is_told_in_one_line(run_program: Any, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / NAME).write_text('{"format":"pycompss journal","version":99,"kinds":{}}\n')
    for words, message in (
        ([tmp_path / "nowhere"], "there is no such run"),
        ([tmp_path], "holds no journal"),
        ([tmp_path / "old"], "has journal version 99; this release reads versions 2 and 3"),
        ([], "holds no run with a journal"),
    ):
        done = run_program.command(sys.executable, "-m", "pycompss", "gentrace", *words)
        assert done.returncode == 1
        assert message in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_report_tells_what_the_time_went_into(folder: Path, run_program: Any, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "pycompss", "trace-report")
    text = run_program.command(*command, folder).succeeded().stdout
    assert re.search(rf"executions of tasks +{TASKS}\n", text)
    assert re.search(r"Critical path: 1 x app.make \+ 1 x app.scale \+ 2 x app.add", text)
    made = run_program.command(*command, f"--html={tmp_path / 'r.html'}", folder).succeeded()
    assert made.stdout == f"Output file: {tmp_path / 'r.html'}\n"
    assert (tmp_path / "r.html").read_text().count("<svg") == 3


def test_the_script_draws_a_picture_of_a_trace(folder: Path, tmp_path: Path) -> None:
    script = REPOSITORY / "scripts" / "trace_picture.py"
    subprocess.run([sys.executable, script, folder, tmp_path / "trace.png"], check=True, timeout=60)
    assert (tmp_path / "trace.png").read_bytes().startswith(b"\x89PNG")


ON_AGENTS = """
    from pycompss.api.task import task
    from pycompss.api.api import compss_wait_on

    @task(returns=1)
    def make(n):
        return bytearray(300_000 + n)

    @task(returns=1)
    def size(*parts):
        return sum(map(len, parts))

    if __name__ == "__main__":
        parts = [make(n) for n in range(4)]
        for _ in range(2):
            compss_wait_on(size(*parts))  # on one of the nodes; those of the other come there
        compss_wait_on(parts)
"""


def test_a_run_on_agents_is_traced_with_what_went_from_node_to_node(run_program: Any) -> None:
    pytest.importorskip("distributed", reason="pip install 'purecompss[cluster]'")
    flags = ["-t", "--engine=dask", "--agents=2"]
    result = run_program(ON_AGENTS, engine=None, workers=None, launcher="pycompss", flags=flags).succeeded()
    events = list(read(result.run_folder / NAME))
    ran = {run[0]: event[2] for event in events if event[0] == Kind.TASKS_RAN for run in event[-1]}
    assert sorted(ran) == [1, 2, 3, 4, 5, 6]
    sent = {event[2]: event[1] for event in events if event[0] == Kind.TASK_ASSIGNED}
    ends = {event[2]: event[1] for event in events if event[0] == Kind.TASK_FINISHED}
    for event in events:
        for task, began, *_ in event[-1] if event[0] == Kind.TASKS_RAN else ():
            assert sent[task] <= began <= ends[task]
    labels = [f"d{task}v2" for task in (1, 2, 3, 4)]
    moves = [event[2:] for event in events if event[0] == Kind.TRANSFERRED]
    for label, length, source, _, began in moves:
        assert length >= 300_000
        assert source == ran[int(label[1])]
        assert began > ends[int(label[1])]
    assert sorted(label for label, *_, target, _ in moves if not target) == labels  # the program's own
    fetched = [event[2:4] for event in events if event[0] == Kind.FETCHED]
    assert [(label, size > 300_000) for label, size in fetched] == [(label, True) for label in labels]
    reused = {(event[2], event[3]): event[5] for event in events if event[0] == Kind.REUSED}
    there = {(label, target) for label, *_, target, _ in moves} | {(f"d{task}v2", ran[task]) for task in (1, 2, 3, 4)}
    for task in (5, 6):  # what it reads is there, or comes
        assert {(label, ran[task]) for label in labels} <= there
        away = [label for label in labels if (task, label) not in reused]
        staged = [event for event in events if event[0] == Kind.TASK_STAGED and event[2] == task]
        assert [node for _, _, _, node, _ in staged] == [ran[task]] * bool(away)
        assert all(sent[task] < began < time <= ends[task] for _, time, _, _, began in staged)
    assert all((label, node) in there for (_, label), node in reused.items())
    trace = paraver.load(result.run_folder / "trace" / "app_compss.prv")
    assert len(trace.communications) == len(moves)
    waited = {value for _, _, value in trace.of_type(pcf.REQUEST)}
    assert waited == {event[2] for event in events if event[0] == Kind.TASK_STAGED} | ({0} if waited else set())


STREAMING = """
    from pycompss.api.task import task
    from pycompss.api.api import compss_wait_on
    from pycompss.api.parameter import STREAM_IN, STREAM_OUT
    from pycompss.streams.distro_stream import ObjectDistroStream

    @task(stream=STREAM_OUT)
    def produce(stream):
        for item in range(3):
            stream.publish(item)
        stream.close()

    @task(stream=STREAM_IN, returns=1)
    def consume(stream):
        found = []
        while not stream.is_closed():
            found += stream.poll(timeout=1000)
        return found + stream.poll()

    if __name__ == "__main__":
        stream = ObjectDistroStream(alias="numbers")
        taken = consume(stream)
        produce(stream)
        print(compss_wait_on(taken))
"""


def test_streams_are_in_traces_with_who_polls_and_what_waits(run_program: Any) -> None:
    result = run_program(STREAMING, launcher="pycompss", flags=["-t"]).succeeded()
    assert "[0, 1, 2]" in result.stdout
    events = list(read(result.run_folder / NAME))
    published = [event[2:] for event in events if event[0] == Kind.STREAM_PUBLISHED]
    assert published == [(1, 2, 1)] * 3
    polled = [event[2:5] for event in events if event[0] == Kind.STREAM_POLLED]
    assert {(stream, task) for stream, task, _ in polled} == {(1, 1)}
    assert sum(items for _, _, items in polled) == 3
    trace = paraver.load(result.run_folder / "trace" / "app_compss.prv")
    waiting = [value for _, _, value in trace.of_type(pcf.ITEMS)]
    assert (min(waiting), waiting[-1]) == (0, 0)
    assert 1 <= max(waiting) <= 3
    polls = trace.of_type(POLL)
    (consumer,) = {thread for thread, _, value in trace.of_type(pcf.TASK_ID) if value == 1}
    assert {thread for thread, _, _ in polls} == {consumer}
    assert {value for _, _, value in polls} == {1, 0}
    phases = [value for thread, _, value in trace.of_type(pcf.PHASE) if thread == consumer]
    assert [pcf.WAIT, pcf.USER_CODE] in [phases[at : at + 2] for at in range(len(phases))]
    assert {state for _, _, state in trace.states[consumer]} == {pcf.RUNNING, pcf.SYNCHRONISING}
    producers = {thread for thread, _, value in trace.of_type(pcf.TASK_ID) if value == 2}
    assert {state for thread in producers - {consumer} for _, _, state in trace.states[thread]} <= {pcf.RUNNING}
    assert (
        "8000021    Polls stream\nVALUES\n0      End\n1      numbers\n"
        in (result.run_folder / "trace" / "app_compss.pcf").read_text()
    )


MARKED = """
    import pyextrae.sequential as pyextrae
    from pycompss.api.task import task
    from pycompss.api.parameter import FILE_OUT
    from pycompss.api.api import compss_barrier
    from pycompss.util.tracing.helpers import EventMaster, name_events

    name_events(9100000, "Steps", {1: "read", 7: "polish"})

    @task(f=FILE_OUT)
    def polish(f):
        open(f, "w").close()
        import pyextrae.multiprocessing as pyextrae
        pyextrae.event(9100000, 7)
        pyextrae.event(9100000, 0)
        with EventMaster(8):
            pyextrae.eventandcounters(8000051, 1)

    if __name__ == "__main__":
        pyextrae.event(9100000, 1)
        pyextrae.event(9100000, 0)
        polish("polished")
        compss_barrier()
        for wrong in ((8000002, 1), (9100000, -1)):
            try:
                pyextrae.event(*wrong)
            except ValueError as error:
                print(error)
"""


def test_events_of_the_users_own_are_in_traces_of_program_and_tasks(run_program: Any, tmp_path: Path) -> None:
    result = run_program(MARKED, launcher="pycompss", flags=["-t"]).succeeded()
    assert "the type of an event of your own is at least 8000051, not 8000002" in result.stdout
    assert "the value of an event of your own is at least 0, not -1" in result.stdout
    base = result.run_folder / "trace" / "app_compss.prv"
    trace = paraver.load(base)
    found = {(thread[0], type_, value) for thread, _, type_, value in trace.events if type_ >= pcf.FIRST_OF_USERS}
    main = {(1, 9100000, 1), (1, 9100000, 0)}
    task = {(2, 9100000, value) for value in (7, 0, 8)} | {(2, 8000051, 1)}
    assert main | task <= found
    steps = [value for _, _, value in trace.of_type(8001002)]  # sandbox, parameters, end; outputs, end
    assert steps == [54, 60, 0, 64, 0]
    text = base.with_suffix(".pcf").read_text()
    assert "9100000    Steps\nVALUES\n0      End\n1      read\n7      polish\n8      Value 8\n" in text
    command = (sys.executable, "-m", "pycompss", "gentrace", "--perfetto", result.run_folder)
    run_program.command(*command, f"--out_dir={tmp_path}").succeeded()
    names = {event["name"] for event in json.loads(next(tmp_path.glob("*.json")).read_text())["traceEvents"]}
    assert {"Steps: read", "Steps: polish", "event 8000051: 1"} <= names


def test_events_cost_nothing_where_nobody_looks(run_program: Any) -> None:
    run_program(MARKED).succeeded()
