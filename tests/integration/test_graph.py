"""Real runs draw the documented graphs."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.launch import REPOSITORY
from tests.unit.observe import histories
from tests.unit.observe.test_dot import FIRST, graph

OBSERVER = """
    import runpy
    import sys

    from pycompss.observe.graphview import GraphView
    from pycompss.observe.journal import Journal
    from pycompss.runtime import current

    sys.path.insert(0, sys.argv[2])  # before the runtime starts: workers search where the program does
    journal = Journal()
    view = GraphView("complete_graph.dot")
    journal.attach(view)
    current.get().core.record_to(journal.events)
    runpy.run_path(sys.argv[1], run_name="__main__")
    journal.close()
    print(*journal.failures)
"""

TASKS = """
from pycompss.api.parameter import COLLECTION_IN, FILE_IN, FILE_OUT, INOUT
from pycompss.api.task import task


@task(returns=1)
def inc(x):
    return x + 1


@task(c=INOUT)
def app(c, v):
    c.append(v)


@task(f=FILE_OUT)
def wr(f, t):
    with open(f, "w") as file:
        file.write(t)


@task(f=FILE_IN, returns=1)
def rd(f):
    with open(f) as file:
        return file.read()


@task()
def two():
    return [1, 2]


@task(col=COLLECTION_IN, returns=1)
def tot(col):
    return sum(col)


@task(returns=1, priority=True)
def ln(l):
    return len(l)
"""

PROGRAM = """
from tasks import app, inc, ln, rd, tot, two, wr

from pycompss.api.api import TaskGroup, compss_barrier, compss_delete_object, compss_wait_on, compss_wait_on_file

a = inc(1)
b = inc(a)
assert compss_wait_on(b) == 3
l = [0]
app(l, 1)
app(l, 2)
assert compss_wait_on(l) == [0, 1, 2]
wr("out.txt", "hello")
r = rd("out.txt")
assert compss_wait_on(r) == "hello"
compss_wait_on_file("out.txt")
assert compss_wait_on(two()) == [1, 2]
with TaskGroup("g1"):
    xs = [inc(i) for i in range(3)]
s = tot(xs)
compss_barrier()
assert compss_wait_on(s) == 6
m = [1]
n1 = ln(m)
m.append(2)
n2 = ln(m)
compss_wait_on(n1)
compss_wait_on(n2)
compss_delete_object(m)
compss_wait_on(ln(m))
"""


def drawn(run_program, program: Path):
    """The graph of a run of `program`."""
    result = run_program(OBSERVER, program, program.parent, name="observer.py").succeeded()
    assert result.stdout.strip() == ""
    return (result.folder / "complete_graph.dot").read_text()


def test_a_program_with_every_kind_of_synchronisation_draws_the_documented_graph(run_program, tmp_path):
    program = tmp_path / "programs" / "first.py"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.with_name("tasks.py").write_text(TASKS)
    assert drawn(run_program, program) == FIRST.read_text()


def test_the_program_of_the_documentation_draws_the_graph_that_it_shows(run_program, tmp_path):
    page = (REPOSITORY / "docs" / "graph.md").read_text()
    program = tmp_path / "programs" / "counting.py"
    program.parent.mkdir()
    program.write_text(re.findall("```python\n(.*?)```", page, re.DOTALL)[0])
    text = drawn(run_program, program)
    assert text == graph(histories.counting()).text()
    picture = (REPOSITORY / "docs" / "images" / "graph.svg").read_text()
    for label in re.findall(r'label="([^"]+)"', text):
        assert f">{label}</text>" in picture


def test_the_program_about_streams_draws_them(run_program, tmp_path):
    """What it prints is asserted inside, as the observer's output has to be empty."""
    page = (REPOSITORY / "docs" / "streams.md").read_text()
    program = tmp_path / "programs" / "streaming.py"
    program.parent.mkdir()
    source = re.findall("```python\n(.*?)```", page, re.DOTALL)[0]
    shown = "print(len(compss_wait_on(total)))  # 20"
    assert shown in source
    program.write_text(source.replace(shown, "assert sorted(compss_wait_on(total)) == list(range(20))"))
    assert [line.strip() for line in drawn(run_program, program).split("\n") if "Stream" in line] == [
        'Stream1[shape=rect style="rounded,filled" label="Stream1" fillcolor="#a9a9a9"];',
        "Stream1 -> 1 [style=dashed];",
        "2 -> Stream1 [style=dashed];",
        "3 -> Stream1 [style=dashed];",
    ]
