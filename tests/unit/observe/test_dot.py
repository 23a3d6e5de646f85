from __future__ import annotations

from pathlib import Path

import pytest

from pycompss.core.parameter import Direction
from pycompss.observe.dot import DotGraph
from tests.unit.observe import histories
from tests.unit.observe.histories import History

FIRST = Path(__file__).parent / "data" / "first.dot"


def graph(history):
    result = DotGraph()
    result.read(history.events)
    return result


def lines(history):
    """The lines between the opening of the graph and the legend."""
    body = graph(history).text().split("node[height=0.75];\n", 1)[1].split("  }\n  subgraph legend", 1)[0]
    return [line for line in body.split("\n") if line]


def test_the_first_program_gives_the_documented_graph_line_by_line():
    assert graph(histories.first()).text() == FIRST.read_text()


def test_a_graph_without_tasks_is_the_skeleton():
    text = DotGraph().text()
    assert text.startswith("digraph {\n  newrank=true;\n")
    assert 'Synchro0[label="main", shape=octagon, style=filled fillcolor="#8B0000" fontcolor="#FFFFFF"];' in text


def test_colours_repeat_after_24_types_and_dark_ones_have_white_letters():
    h = History()
    for number in range(25):
        h.task(f"m.t{number}")
    nodes = [line for line in lines(h) if "shape=circle" in line]
    assert '"#0000ff" fontcolor="#ffffff"' in nodes[0]
    assert '"#ffffff" fontcolor="#000000"' in nodes[1]
    assert '"#002900" fontcolor="#ffffff"' in nodes[22]
    assert '"#75c3ff" fontcolor="#ffffff"' in nodes[23]
    assert nodes[24].endswith(nodes[0][2:])


def test_a_replicated_task_is_a_double_circle():
    h = History()
    h.task("m.f", flags={"replicated"})
    assert "1[shape=doublecircle, " in "\n".join(lines(h))


def test_a_request_to_a_service_is_a_diamond():
    h = History()
    h.task("m.f", flags={"service"})
    assert "1[shape=diamond, " in "\n".join(lines(h))


def test_a_datum_that_is_passed_twice_is_one_edge():
    h = History()
    a = h.task("m.f", writes=["d1v2"])
    h.task("m.g", [("d1v2", a), ("d1v2", a)])
    assert lines(h).count('1 -> 2 [label="d1v2"];') == 1


def test_two_results_of_one_task_are_two_edges():
    h = History()
    a = h.task("m.f", writes=["d1v2", "d2v2"])
    h.task("m.g", [("d1v2", a), ("d2v2", a)])
    assert lines(h)[-2:] == ['1 -> 2 [label="d1v2"];', '1 -> 2 [label="d2v2"];']


@pytest.mark.parametrize(
    ("count", "edge"),
    [
        (1, '[label="d1v2"]'),
        (2, '[label="[d1v2,d2v2]",color="#024b30",penwidth=2]'),
        (3, '[label="[d1v2,...,d3v2](3)",color="#024b30",penwidth=2]'),
        (9, '[label="[d1v2,...,d9v2](9)",color="#024b30",penwidth=2]'),
    ],
)
def test_elements_of_a_collection_from_one_task_share_an_edge(count, edge):
    h = History()
    labels = [f"d{n + 1}v2" for n in range(count)]
    a = h.task("m.f", writes=labels)
    h.task("m.g", [(label, a, "col") for label in labels])
    assert lines(h)[-1] == f"1 -> 2 {edge};"


def test_an_old_octagon_is_never_drawn_into_a_later_group():
    h = History()
    old = h.task("m.make", writes=["d1v2"])
    h.wait("d1v2", old)
    later = h.task("m.outer")
    h.wait("d9v2", later)
    h.open("g")
    h.task("m.inner", [("d1v2", old)], parent=later)
    h.close()
    assert lines(h)[-2:] == ["}", 'Synchro1 -> 3 [label="d1v2"];']


def test_elements_of_two_collections_do_not_share_an_edge():
    h = History()
    a = h.task("m.f", writes=["d1v2", "d2v2"])
    h.task("m.g", [("d1v2", a, "one"), ("d2v2", a, "other")])
    assert lines(h)[-2:] == ['1 -> 2 [label="d1v2"];', '1 -> 2 [label="d2v2"];']


def test_data_made_before_the_last_wait_come_from_its_octagon():
    h = History()
    a, b = h.task("m.f", writes=["d1v2"]), h.task("m.f", writes=["d2v2"])
    h.wait("d2v2", b)
    h.task("m.g", [("d1v2", a)])
    assert lines(h)[-1] == 'Synchro1 -> 3 [label="d1v2"];'


def test_data_made_before_a_barrier_are_no_dependencies_any_more():
    h = History()
    a = h.task("m.f", writes=["d1v2"])
    h.barrier()
    h.task("m.g", [("d1v2", a)])
    assert lines(h)[-1] == "Synchro1 -> 2;"


def test_a_wait_without_new_tasks_draws_nothing():
    h = History()
    a = h.task("m.f", writes=["d1v2", "d2v2"])
    h.wait("d1v2", a)
    before = lines(h)
    h.wait("d2v2", a)
    assert lines(h) == before


def test_a_wait_for_what_no_task_made_draws_nothing():
    h = History()
    h.task("m.f")
    h.wait("d1v1")
    assert lines(h)[-1] == "Synchro0 -> 1;"


def test_a_barrier_hangs_from_every_task_without_successor():
    h = History()
    a = h.task("m.f", writes=["d1v2"])
    h.task("m.g", [("d1v2", a)])
    h.task("m.g")
    h.barrier()
    assert lines(h)[-3:] == [
        "Synchro0 -> Synchro1 [color=grey];",
        "2 -> Synchro1 [color=grey];",
        "3 -> Synchro1 [color=grey];",
    ]


def test_a_barrier_of_a_group_leaves_other_tasks_for_the_next_barrier():
    h = History()
    h.task("m.f")
    h.open("g")
    h.task("m.f")
    h.close()
    h.barrier("g")
    h.barrier()
    edges = [line for line in lines(h) if "grey" in line and not line.startswith("Synchro")]
    assert edges == ['2 -> Synchro1 [color=grey][ ltail="clusterTasksg" ];', "1 -> Synchro2 [color=grey];"]


def test_a_barrier_of_an_empty_group_is_only_an_octagon():
    h = History()
    h.open("g")
    h.close()
    h.barrier("g")
    assert lines(h)[-1] == "Synchro0 -> Synchro1 [color=grey];"


def test_groups_lie_in_each_other_and_an_outer_barrier_covers_the_inner_tasks():
    h = History()
    h.open("a")
    h.open("b")
    h.task("m.f")
    h.close()
    h.task("m.f")
    h.close()
    h.barrier("a")
    h.barrier()
    text = "\n".join(lines(h))
    assert text.index("clusterTasksa {") < text.index("clusterTasksb {") < text.index("1[") < text.index("2[")
    assert '2 -> Synchro1 [color=grey][ ltail="clusterTasksa" ];' in text
    assert "\n1 -> Synchro2" not in text


def test_a_name_that_is_used_again_is_another_group():
    h = History()
    for _ in range(2):
        h.open("g")
        h.task("m.f")
        h.close()
        h.barrier("g")
    text = "\n".join(lines(h))
    assert "subgraph clusterTasksg {" in text
    assert 'subgraph "clusterTasksg#2" {' in text
    assert 'ltail="clusterTasksg#2"' in text


def test_a_task_of_another_group_is_not_drawn_into_the_box():
    h = History()
    h.open("a")
    a = h.task("m.f", writes=["d1v2"])
    h.close()
    h.open("b")
    h.task("m.g", [("d1v2", a)])
    h.close()
    body = lines(h)
    assert body[-2:] == ["}", '1 -> 2 [label="d1v2"];']


def test_an_octagon_is_drawn_into_one_group_at_most():
    h = History()
    for name in "ab":
        h.open(name)
        h.task("m.f")
        h.close()
    body = lines(h)
    assert body.index("Synchro0 -> 1;") < body.index("}")
    assert body[-2:] == ["}", "Synchro0 -> 2;"]


def test_an_octagon_inside_a_group_leaves_its_box_and_the_box_goes_on():
    h = History()
    h.open("g")
    a = h.task("m.f", writes=["d1v2"])
    h.wait("d1v2", a)
    h.task("m.f")
    body = lines(h)
    assert body.index("}") < body.index("Synchro0 -> Synchro1;")
    assert body.count("subgraph clusterTasksg {") == 2
    assert body.count("}") == 2


def test_swapping_tasks_lie_side_by_side_and_all_lead_to_the_reader():
    h = History()
    swap = [(int(Direction.COMMUTATIVE), "d1")]
    h.task("m.add", writes=["d1v2"], shared=swap)
    h.task("m.other")
    h.task("m.add", writes=["d1v2"], shared=swap)
    h.task("m.read", [("d1v2", None)])
    body = lines(h)
    assert body.count("subgraph clusterCommutative1 {") == 2
    assert body.count("rank=same;") == 1
    assert body.count('label="CGT1";') == 1
    assert body[-2:] == ['1 -> 4 [label="d1v2"];', '3 -> 4 [label="d1v2"];']


def test_concurrent_writers_all_lead_to_the_reader_and_to_the_wait():
    h = History()
    share = [(int(Direction.CONCURRENT), "d1")]
    h.task("m.add", writes=["d1v2"], shared=share)
    h.task("m.add", writes=["d1v2"], shared=share)
    h.wait("d1v2")
    assert lines(h)[-2:] == ['1 -> Synchro1 [label="d1v2"];', '2 -> Synchro1 [label="d1v2"];']
    assert "Commutative" not in "\n".join(lines(h))


def test_the_tasks_of_a_reduction_share_a_box_named_after_the_first():
    h = History()
    a = h.task("m.total", writes=["d1v2"], flags={"reduce"})
    h.task("m.total", [("d1v2", a)], flags={"reduce"})
    h.task("m.use")
    body = lines(h)
    assert body.count("subgraph clusterReduce1 {") == 1
    assert 'label="RT1";' in body
    assert body.index('1 -> 2 [label="d1v2"];') < body.index("}") < body.index("Synchro0 -> 3;")


def test_a_task_that_another_task_called_hangs_from_its_caller():
    h = History()
    a = h.task("m.outer")
    h.task("m.inner", parent=a)
    assert lines(h)[-1] == "1 -> 2 [style=dotted];"


def test_a_task_inside_a_task_is_drawn_in_the_time_of_its_caller():
    h = History()
    outer, made = h.task("m.outer"), h.task("m.make", writes=["d1v2"])
    h.wait("d1v2", made)
    inner = h.task("m.inner", [("d1v2", made)], ["d2v2"], parent=outer)
    h.wait("d2v2", inner)
    assert lines(h)[-1] == '2 -> 3 [label="d1v2"];'
    assert "Synchro2" not in "\n".join(lines(h))


def test_a_graph_is_complete_after_every_single_event():
    h, result = histories.grouped(), DotGraph()
    for event in h.events:
        result.read([event])
        text = result.text()
        assert text.count("{") == text.count("}")
        assert text.endswith("    >]\n  }\n}\n")


def test_long_graphs_keep_every_line_in_order():
    h = History()
    for _ in range(5000):
        h.task("m.f")
    assert [line for line in lines(h) if "->" in line] == [f"Synchro0 -> {n + 1};" for n in range(5000)]


def test_writing_replaces_the_file_at_once_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "complete_graph.dot"
    path.write_text("old")
    graph(histories.first()).write(path)
    assert path.read_text() == FIRST.read_text()
    assert [entry.name for entry in tmp_path.glob("complete*")] == ["complete_graph.dot"]


def test_a_failed_writing_keeps_the_old_file_and_leaves_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "complete_graph.dot"
    path.write_text("old")
    result = graph(histories.first())
    monkeypatch.setattr(result, "pieces", lambda: iter(["half", 0]))
    with pytest.raises(TypeError):
        result.write(path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.glob("complete*")] == ["complete_graph.dot"]
