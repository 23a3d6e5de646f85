"""What a run that is looked at leaves: the journal, and what is made of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pycompss.cli.gengraph import gengraph
from pycompss.cli.log import log as logged
from pycompss.cli.report import report
from pycompss.core.events import FIELDS, NAMES, Kind
from pycompss.observe.journalfile import NAME, JournalFile, read
from tests.support import components
from tests.support.launch import Launcher

PROGRAM = """
    import os
    import signal
    import sys
    import time
    from pycompss.api.task import task
    from pycompss.api.parameter import INOUT
    from pycompss.api.api import TaskGroup, compss_barrier, compss_wait_on

    @task(returns=1)
    def make(n):
        return bytearray(n)

    @task(x=INOUT)
    def fill(x):
        x[:] = b"1" * len(x)

    @task(returns=1)
    def nap(seconds):
        time.sleep(seconds)
        return seconds

    @task(returns=1, on_failure="IGNORE")
    def wrong():
        raise ValueError("no")

    if __name__ == "__main__":
        large = make(300_000)
        fill(large)
        with TaskGroup("naps"):
            naps = [nap(0.5) for _ in range(2)]
        print(len(compss_wait_on(large)))
        wrong()
        compss_barrier()
        if "die" in sys.argv:
            time.sleep(0.5)  # longer than events wait to be written
            os.kill(os.getpid(), signal.SIGKILL)
"""


def events_of(folder: Path) -> list[dict[str, Any]]:
    found = []
    for kind, time, *fields in read(folder / "journal.events"):
        found.append({"kind": NAMES[kind], "time": time, **dict(zip(FIELDS[kind], fields, strict=True))})
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    launcher = Launcher(tmp_path_factory.mktemp("observed"))
    result = launcher(PROGRAM, launcher="pycompss", flags=["-g", "--summary", "--log_level=info"]).succeeded()
    assert "2 app.nap tasks have been executed" in result.stdout
    return result.run_folder


def test_the_journal_tells_the_life_of_every_task(folder: Path) -> None:
    kinds = Counter((event["kind"], event.get("task")) for event in events_of(folder))
    for task in range(1, 6):
        ends = kinds["TASK_FINISHED", task] + kinds["TASK_FAILED", task]
        steps = [kinds[kind, task] for kind in ("TASK_CREATED", "TASK_READY", "TASK_ASSIGNED")]
        assert (steps, ends) == ([1, 1, 1], 1), task
    assert kinds["RUN_STARTED", None] == kinds["RUN_ENDED", None] == 1


def test_workers_tell_when_and_with_what_a_task_ran(folder: Path) -> None:
    events = events_of(folder)
    runs = {run[0]: run for event in events if event["kind"] == "TASKS_RAN" for run in event["runs"]}
    assert sorted(runs) == [1, 2, 3, 4, 5]
    created = {event["task"]: event["time"] for event in events if event["kind"] == "TASK_CREATED"}
    for task, began, called, returned, ended, cpu, *_ in runs.values():
        assert created[task] <= began <= called <= returned <= ended
        assert cpu >= 0
    for nap in (3, 4):
        _, _, called, returned, _, cpu, memory, read_, written, _ = runs[nap]
        assert returned - called >= 0.5
        assert cpu < 0.5
        assert memory > 1e6
        assert read_ >= 0
        assert written >= 0


def test_what_runs_long_is_seen_while_it_runs(folder: Path) -> None:
    events = list(read(folder / "journal.events"))
    runs = {run[0]: run for event in events if event[0] == Kind.TASKS_RAN for run in event[-1]}
    started = {event[2]: event[1] for event in events if event[0] == Kind.TASK_STARTED}
    assert {3, 4} <= set(started)
    sent = {event[2]: event[1] for event in events if event[0] == Kind.TASK_ASSIGNED}
    assert all(sent[task] <= time <= runs[task][2] for task, time in started.items())


def test_large_values_calls_and_groups_are_told(folder: Path) -> None:
    events = events_of(folder)
    sizes = {event["label"]: event["bytes"] for event in events if event["kind"] == "VERSION_READY"}
    assert [size >= 300_000 for size in sizes.values()] == [True, True]
    assert {"wait_on", "barrier", "barrier_group"} <= {e["call"] for e in events if e["kind"] == "API_CALLED"}
    groups = {event["task"]: event["groups"] for event in events if event["kind"] == "TASK_CREATED"}
    assert groups[3] == groups[4] == ("naps",)
    places = [event["place"] for event in events if event["kind"] == "TASK_CREATED"]
    assert all(file.endswith("app.py") and line for file, line in places)


def test_graph_and_log_are_made_of_it(folder: Path) -> None:
    assert "Task 5 (app.wrong) failed" in (folder / "runtime.log").read_text()
    graph = (folder / "monitor" / "complete_graph.dot").read_text()
    assert graph.endswith("}\n")
    assert "1 -> 2" in graph


def test_a_program_that_is_killed_leaves_all_that_had_happened(run_program: Any) -> None:
    result = run_program(PROGRAM, "die", launcher="pycompss", flags=["-g", "--summary"])
    assert result.returncode != 0
    folder = result.run_folder
    errors = folder / "pycompss.err"
    assert not errors.exists() or "BrokenPipe" not in errors.read_text()  # nobody is left to show the summary
    events = events_of(folder)
    assert [event["kind"] for event in events].count("TASK_CREATED") == 5
    graph = (folder / "monitor" / "complete_graph.dot").read_text()  # the scribe has ended: no process is left
    assert "5 -> Synchro" in graph
    assert graph.endswith("}\n")


def test_nothing_is_kept_when_nobody_asks(run_program: Any) -> None:
    result = run_program(PROGRAM, workers=2).succeeded()
    assert not (result.run_folder / "journal.events").exists()


def log(run_program: Any, *words: object) -> Any:
    return run_program.command(sys.executable, "-m", "pycompss", "log", *words)


def test_the_log_says_it_in_words(folder: Path, run_program: Any) -> None:
    told = log(run_program, folder).succeeded().stdout.splitlines()
    assert "run of" in told[0]
    assert told[-1].endswith("run ended with exit code 0")
    assert log(run_program, folder, "--tail=3").succeeded().stdout.splitlines() == told[-3:]


def test_the_log_can_be_filtered(folder: Path, run_program: Any) -> None:
    failed = log(run_program, folder, "--only=failed").succeeded().stdout.splitlines()
    assert [line.partition("  ")[2] for line in failed] == [
        "task 5 (app.wrong) failed on localhost, attempt 1 (ignored): ValueError: no"
    ]
    naps = log(run_program, folder, "--type=nap", "--only=finished").succeeded().stdout
    assert naps.count("\n") == naps.count("(app.nap)") == 2
    for pattern in ("^app.nap", "nap$", "^(app.)nap$"):
        assert log(run_program, folder, f"--type={pattern}", "--only=finished").succeeded().stdout == naps
    of_two = log(run_program, folder, "--task=2").succeeded().stdout
    assert of_two.count("\n") == of_two.count("task 2") >= 4


def test_the_log_as_json_is_the_journal(folder: Path, run_program: Any) -> None:
    lines = log(run_program, folder, "--json", "--follow").succeeded().stdout.splitlines()
    assert [json.loads(line)[0] for line in lines] == [event["kind"] for event in events_of(folder)]


def test_the_same_filters_choose_events_as_json(folder: Path, run_program: Any) -> None:
    (line,) = log(run_program, folder, "--json", "--only=failed").succeeded().stdout.splitlines()
    assert json.loads(line)[0] == "TASK_FAILED"


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--only=faild", "--only does not know 'faild': it wants some of created ready"),
        ("--tail=-3", "--tail wants a number, not '-3'"),
        ("--task=x", "--task wants a number, not 'x'"),
        ("--type=[", "--type wants a regular expression, which '[' is not: "),
    ],
)
def test_what_the_log_cannot_follow_is_named(capsys: pytest.CaptureFixture[str], option: str, said: str) -> None:
    assert logged([option]) == 1
    assert capsys.readouterr().err.startswith(f"[ ERROR ]: {said}")


def test_a_report_for_which_there_is_no_room_names_its_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(["--html=/dev/full", str(folder)]) == 1
    assert capsys.readouterr().err == "[ ERROR ]: /dev/full: No space left on device\n"


def test_filters_that_nothing_passes_say_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert logged([str(folder), "--task=99"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "what these filters ask for" in said.err


def test_a_task_is_explained(folder: Path, run_program: Any) -> None:
    told = log(run_program, folder, "explain", 5).succeeded().stdout
    assert "ValueError: no" in told
    assert told.endswith("Task 5 (app.wrong) failed (ignored)\n")
    unknown = log(run_program, folder, "explain", 99)
    assert (unknown.returncode, unknown.stderr) == (1, f"[ ERROR ]: {folder}: there is no task 99\n")


def test_the_log_follows_a_run_until_it_ends(tmp_path: Path) -> None:
    file = JournalFile(tmp_path / "journal.events")
    file.read([(Kind.RUN_STARTED, 1.0, "app.py", ()), *((Kind.VERSION_FREED, 1.0, f"d{n}v1") for n in range(3))])
    command = [sys.executable, "-u", "-m", "pycompss", "log", tmp_path, "--follow", "--tail=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "d2v1" in process.stdout.readline()  # the last of what is there
            file.read([(Kind.VERSION_FREED, 2.0, f"d{n}v2") for n in range(3)])
            assert [process.stdout.readline().split()[1] for _ in range(3)] == ["d0v2", "d1v2", "d2v2"]
            file.read([(Kind.RUN_ENDED, 3.0, 0)])
            assert process.stdout.read().endswith("run ended with exit code 0\n")
        finally:
            process.kill()
    file.close()


@pytest.mark.parametrize(("kind", "mark"), [("pdf", b"%PDF"), ("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_the_graph_of_a_run_is_drawn_in_every_format(folder: Path, run_program: Any, kind: str, mark: bytes) -> None:
    components.need("dot")
    run_program.command(sys.executable, "-m", "pycompss", "gengraph", f"--{kind}", folder).succeeded()
    assert (folder / "monitor" / f"complete_graph.{kind}").read_bytes().startswith(mark)


def test_a_run_is_drawn_by_its_name_as_by_its_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    components.need("dot")
    (tmp_path / ".COMPSs").symlink_to(folder.parent)
    monkeypatch.setenv("PYCOMPSS_LOG_DIR", str(tmp_path))
    picture = folder / "monitor" / "complete_graph.svg"
    picture.unlink(missing_ok=True)
    assert gengraph(["--svg", folder.name]) == 0
    assert picture.exists()
    assert gengraph(["--svg", "no_such_01"]) == 1


NAPPING = """
    import time
    from pycompss.api.task import task
    from pycompss.api.api import compss_barrier

    @task()
    def nap():
        kept = bytearray(50_000_000)
        time.sleep(1)

    nap()
    compss_barrier()
"""


def check_profile(file: Path, least: float) -> None:
    head, *lines = file.read_text().splitlines()
    assert head.startswith("CMDLINE ")
    assert head.endswith("app.py")
    memory = [(float(mib), float(time)) for word, mib, time in map(str.split, (x for x in lines if x[0] == "M"))]
    assert len(memory) >= 5
    assert memory == sorted(memory, key=lambda look: look[1])
    assert max(mib for mib, _ in memory) > least
    picture = file.with_suffix(".png")
    mprof = [sys.executable, "-m", "mprof", "plot", "--backend", "agg", "-o", str(picture), str(file)]
    subprocess.run(mprof, check=True, capture_output=True, cwd=file.parent)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_mprof_plots_the_memory_profiles(run_program: Any) -> None:
    pytest.importorskip("memory_profiler", reason="pip install memory-profiler")
    result = run_program(NAPPING, launcher="pycompss", flags=["--python_memory_profile"]).succeeded()
    (program,) = result.folder.glob("mprofile_*.dat")
    check_profile(program, 5)
    check_profile(result.folder / "localhost.dat", 50)
    workers = [line.split() for line in (result.folder / "localhost.dat").read_text().splitlines() if line[0] == "C"]
    assert {line[0] for line in workers[1:]} == {"CHLD"}


def test_agents_tell_what_runs_and_how_much_memory_their_workers_hold(run_program: Any) -> None:
    pytest.importorskip("distributed", reason="pip install 'purecompss[cluster]'")
    flags = ["-g", "--engine=dask", "--agents=2", "--python_memory_profile"]
    result = run_program(NAPPING, engine=None, workers=None, launcher="pycompss", flags=flags).succeeded()
    assert "this machine played as 2 nodes, " in result.stdout
    events = list(read(result.run_folder / NAME))
    node, started = next((event[3], event[1]) for event in events if event[0] == Kind.TASK_STARTED)
    (ran,) = [run for event in events if event[0] == Kind.TASKS_RAN for run in event[-1]]
    assert started == pytest.approx(ran[1], abs=0.05)
    ended = next(event[1] for event in events if event[0] == Kind.TASK_FINISHED)
    assert started < ended - 0.9
    nodes = next(event[3] for event in events if event[0] == Kind.RUN_STARTED)
    looks = {name: (result.folder / f"{name}.dat").read_text().splitlines() for name, *_ in nodes}
    assert len(looks) == 2
    most = {name: max(float(line.split()[1]) for line in lines if line[:3] == "MEM") for name, lines in looks.items()}
    assert most[node] > 50


def test_a_monitored_run_leaves_its_state_and_a_profile_that_the_next_run_takes(run_program: Any) -> None:
    profile = run_program.root / "profile.json"
    flags = ["-m", f"--output_profile={profile}"]
    folder = run_program(PROGRAM, launcher="pycompss", flags=flags).succeeded().run_folder
    assert json.loads(profile.read_text())["implementations"]["app.nap"]["executions"] == 2
    run_program(NAPPING, launcher="pycompss", flags=[f"--input_profile={profile}"]).succeeded()
    state = (folder / "monitor" / "COMPSs_state.xml").read_text()
    assert "<TotalCount>5</TotalCount>" in state
    assert "<Completed>5</Completed>" in state
    assert "<Signature>app.nap</Signature>" in state
    assert (folder / "monitor" / "current_graph.dot").read_text().endswith("}\n")
    assert not list((folder / "monitor").glob("*.tmp"))


BLOCKS = """
    import sys
    import numpy as np
    from pycompss.api.api import compss_wait_on
    from pycompss.api.parameter import INOUT
    from pycompss.api.task import task

    @task(returns=1)
    def block():
        return np.ones(10_000)

    @task(c=INOUT, returns=1)
    def add(c, a):
        c += a
        frame, names = sys._getframe(), []
        while frame is not None:
            names.append(frame.f_code.co_name)
            frame = frame.f_back
        return " ".join(names)

    if __name__ == "__main__":
        print(compss_wait_on(add(block(), block())))
"""


def test_an_observed_task_on_blocks_goes_the_straight_way_and_its_steps_and_sizes_are_noted(tmp_path: Path) -> None:
    result = Launcher(tmp_path)(BLOCKS, launcher="pycompss", flags=["--summary"]).succeeded()
    assert "_run_straight" in result.stdout
    ran = {run[0]: run for e in events_of(result.run_folder) if e["kind"] == "TASKS_RAN" for run in e["runs"]}
    _, began, called, returned, ended, *_, marks = ran[3]
    assert began <= called <= returned <= ended
    sizes = {(type_, value) for _, type_, value in marks if value}
    assert {(9000701, 2), (9000700, 1)} <= sizes  # two arrays came, one went
    assert all(value > 80_000 for type_, value in sizes if type_ in (9000601, 9000600))
    assert {type_ for _, type_, value in marks if not value} == {9000701, 9000601, 9000700, 9000600}
