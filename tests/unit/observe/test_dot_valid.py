"""Whatever happens in a run and whatever its tasks are called: graphviz accepts the graph without a word."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pycompss.core.parameter import Direction
from pycompss.observe.dot import DotGraph
from tests.support.components import need
from tests.unit.observe import histories
from tests.unit.observe.histories import History

NAMES = st.one_of(
    st.sampled_from(
        ["g", "a b", 'say "hi"', "<b>&amp;", "ende\\", "\\N", "naïve.größe.λ", "a%20b", "g#2", "", "\n\t\0"]
    ),
    st.text(max_size=8),
)
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # no shrinking: each try is a process, and histories are short
FLAGS = st.sets(st.sampled_from(["replicated", "reduce", "priority"]), max_size=2)
SHARED = st.sampled_from([None, None, (Direction.COMMUTATIVE, "d7"), (Direction.CONCURRENT, "d7")])


@st.composite
def random_histories(draw):
    h = History()
    for _ in range(draw(st.integers(0, 25))):
        _STEPS[draw(st.sampled_from(sorted(_STEPS)))](draw, h)
    return h


def _task(draw, h):
    sources = draw(st.lists(st.integers(1, h.tasks), max_size=4)) if h.tasks else []
    collection = draw(st.sampled_from([None, "col"]))
    reads = [(f"d{n}v2", n, collection) for n in sources] + draw(st.sampled_from([[], [("d7v2", None)]]))
    parent = draw(st.sampled_from([None, None, *range(1, h.tasks + 1)]))
    shared = draw(SHARED)
    writes = [f"d{h.tasks + 1}v2", "d7v2"][: 2 if shared else 1]
    h.task(draw(NAMES), reads, writes, shared=[shared] if shared else [], flags=draw(FLAGS), parent=parent)


def _wait(draw, h):
    if h.tasks:
        producer = draw(st.integers(1, h.tasks))
        h.wait(f"d{producer}v2", producer)


def _open(draw, h):
    if len(h.groups) < 3:
        h.open(draw(NAMES))


def _close(draw, h):
    if h.groups:
        name = h.groups[-1]
        h.close()
        if draw(st.booleans()):
            h.barrier(name)


def _barrier(draw, h):
    h.barrier(draw(st.sampled_from([None, *h.groups])))


_STEPS = {"task": _task, "task too": _task, "wait": _wait, "open": _open, "close": _close, "barrier": _barrier}


def drawn(history):
    graph = DotGraph()
    graph.read(history.events)
    return graph.text()


def graphviz(form, text):
    """What graphviz makes of the graph; it must not complain."""
    done = subprocess.run(
        ["dot", f"-T{form}"], input=text, capture_output=True, encoding="utf-8", timeout=50, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), text
    return done.stdout


@settings(max_examples=100, phases=PHASES)
@given(history=random_histories())
def test_random_histories_are_laid_out_with_every_task(history):
    need("dot")
    picture = graphviz("svg", drawn(history))
    for task in range(1, history.tasks + 1):
        assert f">{task}</text>" in picture


@settings(max_examples=15, phases=PHASES)
@given(names=st.lists(NAMES, min_size=2, max_size=12, unique=True))
def test_different_group_names_stay_different_boxes_and_keep_their_label(names):
    need("dot")
    h = History()
    for name in names:
        h.open(name)
        h.task("m.f")
        h.close()
        h.barrier(name)
    assert graphviz("canon", drawn(h)).count("clusterTasks") == 2 * len(names)  # each box, and the edge that leaves it


@pytest.mark.parametrize("name", ["first", "kmeans", "grouped"])
def test_typical_programs_are_laid_out_with_every_task_and_type(name):
    need("dot")
    history = getattr(histories, name)()
    picture = graphviz("svg", drawn(history))
    for task in range(1, history.tasks + 1):
        assert f">{task}</text>" in picture
    for type_ in history.types:
        assert f">{type_}</text>" in picture


def test_the_graph_without_tasks_is_laid_out():
    need("dot")
    assert ">main</text>" in graphviz("svg", DotGraph().text())


def test_names_appear_in_the_picture_as_they_are():
    need("dot")
    h = History()
    h.open('50 % <of> "all" & \\N')
    h.task("größe.<lambda>&co")
    picture = graphviz("svg", drawn(h))
    assert ">50 % &lt;of&gt; &quot;all&quot; &amp; \\N</text>" in picture
    assert ">größe.&lt;lambda&gt;&amp;co</text>" in picture
