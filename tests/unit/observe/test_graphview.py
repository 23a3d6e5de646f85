from __future__ import annotations

import pytest

from pycompss.observe.dot import DotGraph
from pycompss.observe.graphview import PAUSE, GraphView
from tests.unit.observe.histories import History


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def view(tmp_path, clock):
    return GraphView(tmp_path / "complete_graph.dot", clock)


def graph_of(*histories):
    graph = DotGraph()
    for history in histories:
        graph.read(history.events)
    return graph.text()


def waited():
    h = History()
    h.wait("d1v2", h.task("m.f"))
    return h


def test_the_file_is_there_and_valid_from_the_beginning(view):
    assert view.path.read_text() == DotGraph().text()


def test_the_file_is_rewritten_when_the_program_waited(view, clock):
    h = waited()
    clock.now += PAUSE
    view.read(h.events)
    assert view.path.read_text() == graph_of(h)


def test_the_file_is_left_alone_between_waits_but_the_text_is_up_to_date(view, clock):
    h = History()
    h.task("m.f")
    clock.now += PAUSE
    view.read(h.events)
    assert view.path.read_text() == DotGraph().text()
    assert view.text() == graph_of(h)


def test_frequent_waits_do_not_rewrite_the_file_every_time(view, clock):
    h = waited()
    clock.now += PAUSE / 2
    view.read(h.events)
    assert view.path.read_text() == DotGraph().text()
    clock.now += PAUSE / 2
    view.read([])
    assert view.path.read_text() == graph_of(h)


def test_closing_writes_everything(view):
    h = waited()
    view.read(h.events)
    view.close()
    assert view.path.read_text() == graph_of(h)


def test_a_folder_that_does_not_exist_is_an_error_at_once(tmp_path):
    with pytest.raises(FileNotFoundError, match="complete_graph"):
        GraphView(tmp_path / "nowhere" / "complete_graph.dot")
