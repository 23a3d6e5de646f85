"""COMPSs_state.xml and current_graph.dot: what the specification lists is there, whatever the names are."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pycompss.core.events import Kind
from pycompss.observe import statefiles
from pycompss.observe.statefiles import StateFiles
from tests.support import components

NAME = 'app.<a & "b">'


def created(task, *producers):
    accesses = tuple(("x", 0, f"d{p}v2", p, False) for p in producers)
    return (Kind.TASK_CREATED, 1.0, task, 0, accesses, (), (), (), frozenset(), None, 0, None)


EVENTS = [
    (Kind.RUN_STARTED, 1.0, "app", (("node&1", 4, 2 << 30, (("GPU", 2),), 50.0),)),
    (Kind.TYPE_REGISTERED, 1.0, 0, NAME),
    *map(created, (1, 2, 3, 4)),
    created(5, 4),
    (Kind.TASK_READY, 1.0, 4),
    *((Kind.TASK_ASSIGNED, 1.0, task, "node&1", 7, 1) for task in (1, 2, 3)),
    (Kind.TASK_FINISHED, 2.0, 1, "node&1", 7, 1, 0.25),
]


@pytest.fixture
def files(tmp_path: Path):
    files = StateFiles(str(tmp_path), 2.0, clock=lambda: 0.0)
    files.read(EVENTS)
    files.look()
    return tmp_path


def test_the_state_counts_tasks_and_tells_types_and_nodes(files: Path):
    root = ET.parse(files / "COMPSs_state.xml").getroot()
    assert root.tag == "COMPSsState"
    application = root.find("TasksInfo/Application")
    assert {field.tag: field.text for field in application} == {"TotalCount": "5", "InProgress": "4", "Completed": "1"}
    impl = {field.tag: field.text for field in root.find("CoresInfo/Core[@id='0']/Impl[@id='0']")}
    times = {f"{word}ExecutionTime": "250" for word in ("Mean", "Min", "Max")}
    assert impl == {"Signature": NAME, "ExecutedCount": "1", **times}
    resource = root.find("ResourceInfo/Resource[@id='node&1']")
    fields = {field.tag: field.text for field in resource if field.tag != "Actions"}
    assert fields == {
        "TotalCPUComputingUnits": "4", "TotalGPUComputingUnits": "2", "TotalFPGAComputingUnits": "0",
        "TotalOTHERComputingUnits": "0", "Memory": "2.0", "Disk": "50.0", "Provider": None, "Image": None,
        "Status": "Running",
    }  # fmt: skip
    actions = [action.text for action in resource.find("Actions")]
    assert actions == [f"ExecutionAction ( Task {task}, CE name {NAME})" for task in (2, 3)]
    assert [field.text for field in root.find("Statistics/Statistic")] == ["Accumulated Cost", "0.0"]


def test_nodes_come_and_go(tmp_path: Path):
    files = StateFiles(str(tmp_path), 2.0, clock=lambda: 0.0)
    joined = (Kind.NODE_JOINED, 1.0, "node2", 8, None, (), 0.0)
    files.read([*EVENTS, joined, (Kind.NODE_LEFT, 3.0, "node&1", "its machine was switched off")])
    files.look()
    root = ET.parse(tmp_path / "COMPSs_state.xml").getroot()
    assert [(r.get("id"), r.find("TotalCPUComputingUnits").text) for r in root.iter("Resource")] == [("node2", "8")]


def test_the_current_graph_has_a_box_for_each_state(files: Path):
    text = (files / "current_graph.dot").read_text()
    assert "newrank" not in text
    boxes = {box.split(" ", 1)[0]: box for box in text.split("subgraph ")[2:]}
    assert "color=orange" in boxes["clusterNoAssigned"]
    assert "4[shape=circle" in boxes["clusterNoAssigned"]
    assert "color=blue" in boxes["clusterPending"]
    assert "5[shape=circle" in boxes["clusterPending"]
    assert "color=green" in boxes["clusterRunning0"]
    assert "2[shape=circle" in boxes["clusterRunning0"]
    assert "color=red" in boxes["clusterResourceBlocked0"]
    assert "3[shape=circle" in boxes["clusterResourceBlocked0"]
    assert "color=red" in boxes["clusterBlocked"]
    assert "4 -> 5;\n" in text
    assert "1[" not in text
    components.need("dot")
    subprocess.run([shutil.which("dot"), "-Tsvg"], input=text, text=True, check=True, capture_output=True)


def test_a_large_graph_shows_what_is_nearest_and_counts_the_rest(tmp_path: Path):
    files = StateFiles(str(tmp_path), 2.0)
    files.read([*EVENTS, *map(created, range(6, 6 + statefiles.SHOWN))])
    files.close()
    text = (tmp_path / "current_graph.dot").read_text()
    assert text.count("shape=circle") == statefiles.SHOWN
    assert 'label="4 more tasks"' in text
    assert "2[shape=circle" in text


def test_files_are_written_once_in_a_period(tmp_path: Path):
    now = [0.0]
    files = StateFiles(str(tmp_path), 2.0, clock=lambda: now[0])
    files.look()
    files.read(EVENTS)
    files.look()
    assert ">0</TotalCount>" in (tmp_path / "COMPSs_state.xml").read_text()
    now[0] = 2.0
    files.look()
    assert ">5</TotalCount>" in (tmp_path / "COMPSs_state.xml").read_text()
