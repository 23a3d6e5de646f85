"""Pictures of graphs: of runs that were killed, and of more tasks than a picture can show."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from pycompss.core.events import Event, Kind
from pycompss.observe.foldeddot import folded
from pycompss.observe.journalfile import NAME, JournalFile
from pycompss.observe.runview import RunView
from tests.support.journals import write_run
from tests.unit.observe import histories

GENGRAPH = (sys.executable, "-m", "pycompss", "gengraph")


def run_of(folder: Path, events: list[Event]) -> Path:
    file = JournalFile(folder / NAME)
    file.read([(Kind.RUN_STARTED, 0.0, "app.py", (("node1", 1, None),)), *events])
    file.close()
    return folder


def test_a_run_without_graph_and_without_end_has_a_picture_all_the_same(tmp_path: Path, run_program: Any) -> None:
    run = run_of(tmp_path, histories.kmeans().events)
    done = run_program.command(*GENGRAPH, "--svg", run).succeeded()
    picture = tmp_path / "monitor" / "complete_graph.svg"
    assert f"Output file: {picture}\n" in done.stdout
    assert "kmeans.partial_sum" in picture.read_text()


def test_thousands_of_tasks_are_folded_for_every_way_to_name_the_run(tmp_path: Path, run_program: Any) -> None:
    history = histories.kmeans(iterations=2, fragments=2_500)
    run = run_of(tmp_path, history.events)
    for name in (run, run / "monitor" / "complete_graph.dot"):
        done = run_program.command(*GENGRAPH, "--svg", name).succeeded()
        assert f"INFO: {history.tasks} tasks are too many for a picture: folded by type and level\n" in done.stdout
        assert "2500 tasks" in (tmp_path / "monitor" / "complete_graph.svg").read_text()


def test_a_large_graph_without_a_journal_is_refused_in_one_line(tmp_path: Path, run_program: Any) -> None:
    (tmp_path / "large.dot").write_text("digraph {\n" + "a -> b;\n" * 100_000 + "}\n")
    done = run_program.command(*GENGRAPH, tmp_path / "large.dot")
    assert done.returncode == 1
    assert "is too large for dot, and without the journal of its run" in done.stderr
    assert done.stderr.count("\n") == 1


def test_every_task_and_dependency_is_in_the_folded_graph() -> None:
    view = RunView()
    history = histories.kmeans(iterations=2, fragments=40)
    view.read(history.events)
    text = "".join(folded(view))
    counts = [int(part.partition(" tasks")[0]) for part in text.split('label="')[1:] if " tasks" in part]
    circles = text.count("shape=circle")
    assert sum(counts) + circles == history.tasks
    drawn = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True, timeout=60)
    nodes = [line for line in drawn.stdout.splitlines() if line.startswith("node n")]
    assert len(nodes) == len(counts) + circles


MEASURE = """
import json, re, sys
from pycompss.observe.journalfile import NAME, read
from pycompss.observe.records import STAGES
from pycompss.observe.runview import RunView
from pycompss.cli.gengraph import gengraph

def peak():
    with open("/proc/self/status") as status:  # getrusage tells the peak of the parent, if that is higher
        return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", status.read())[1])

folder = sys.argv[1]
gengraph(["--svg", folder])
drawn = peak()
view = RunView()
view.read(read(f"{folder}/{NAME}"))
counts = {stage.name: view.stages[stage] for stage in STAGES if view.stages[stage]}
print(json.dumps([drawn, peak(), counts, len(view.changed_since(0, 500)), view.tasks[len(view.tasks)].place]))
"""


def test_a_million_tasks_are_drawn_in_200_megabytes_and_looked_at_in_350(tmp_path: Path) -> None:
    """Measured by what each of 150,000 tasks more takes: a million are half a minute (and take 116 and 194 MB)."""
    peaks = []
    for tasks in (10_000, 160_000):
        folder = tmp_path / str(tasks)
        folder.mkdir()
        write_run(folder, tasks)
        command = [sys.executable, "-c", MEASURE, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        assert f"INFO: {tasks} tasks are too many for a picture" in done.stdout
        drawn, looked_at, counts, changed, place = json.loads(done.stdout.splitlines()[-1])
        assert (counts, changed, place) == ({"FINISHED": tasks}, 500, ["large.py", 5])
        peaks.append((drawn, looked_at))
    for (small, large), most in zip(zip(*peaks, strict=True), (200e6, 350e6), strict=True):
        assert small + (1_000_000 - 10_000) * (large - small) / 150_000 < most
