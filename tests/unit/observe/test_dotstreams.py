"""Streams in the task graph (runtime_and_tools, section 8): a grey box, dashed edges."""

from __future__ import annotations

import subprocess

from pycompss.core.events import Kind
from pycompss.core.parameter import Direction
from pycompss.observe.dot import DotGraph
from tests.support import components
from tests.unit.observe.histories import History


def text(history: History) -> str:
    graph = DotGraph()
    graph.read(history.events)
    return graph.text()


def with_streams(groups: tuple[str, ...] = ()) -> History:
    h = History()
    h.record(Kind.STREAM_OPENED, 1, "OBJECTS", "", "")
    h.record(Kind.STREAM_OPENED, 2, "FILES", 'in "a" & <b>', "/data")
    h.record(Kind.STREAM_USED, 1, 1, Direction.OUT.value)
    h.task("m.produce", groups=groups)
    h.record(Kind.STREAM_USED, 2, 1, Direction.IN.value)
    h.record(Kind.STREAM_USED, 2, 2, Direction.OUT.value)
    h.task("m.work", groups=groups)
    return h


def test_a_stream_is_a_box_with_dashed_edges():
    body = text(with_streams()).split("  }\n  subgraph legend", 1)[0]
    lines = [line for line in body.split("\n") if "Stream" in line]
    assert lines == [
        'Stream1[shape=rect style="rounded,filled" label="Stream1" fillcolor="#a9a9a9"];',
        "1 -> Stream1 [style=dashed];",
        "Stream1 -> 2 [style=dashed];",
        'Stream2[shape=rect style="rounded,filled" label="in \\"a\\" &amp; <b>" fillcolor="#a9a9a9"];',
        "2 -> Stream2 [style=dashed];",
    ]


def test_in_a_group_streams_stay_outside_and_graphviz_reads_it():
    components.need("dot")
    drawn = subprocess.run(
        ["dot", "-Tplain"], input=text(with_streams(("g",))), capture_output=True, text=True, check=True, timeout=60
    )
    edges = {tuple(line.split()[1:3]) for line in drawn.stdout.splitlines() if line.startswith("edge")}
    assert {("1", "Stream1"), ("Stream1", "2"), ("2", "Stream2")} <= edges
    assert drawn.stderr == ""
