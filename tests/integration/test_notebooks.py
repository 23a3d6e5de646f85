"""`pycompss.interactive` in a real kernel: what cells show, what an interrupt does, and what a kernel leaves."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.support import notebooks
from tests.support.launch import Launcher
from tests.support.notebooks import START, Cell

pytestmark = pytest.mark.timeout(150)  # a kernel takes its time to start on a busy machine
NOTEBOOKS = Path(__file__).resolve().parents[2] / "examples/notebooks"

# One notebook, run once; what its cells are called after is what the tests below look at.
CELLS = {
    "output": "%env PYCOMPSS_TASK_OUTPUT=live",
    "start": START,
    "first definition": """
@task(returns=1)
def half(x):
    print('halving', x)
    return x / 2
compss_wait_on(half(5))""",
    "second definition": "@task(returns=1)\ndef half(x):\n    return x // 2\ncompss_wait_on(half(5))",
    "class": """
factor = 3
def scaled(x):
    return x * factor
class Point:
    def __init__(self, x):
        self.x = x
    @task()
    def move(self, by):
        self.x += scaled(by)
p = Point(1)
p.move(2)
p = compss_wait_on(p)
p.x""",
    "other global": "factor = 10\np.move(1)\ncompss_wait_on(p).x",
    "async and decorated": """
import asyncio, functools
def one_more(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args) + 1
    return inner
@task(returns=1)
@one_more
def five(
    x,
):
    return x + 5
await asyncio.sleep(0)
compss_wait_on(five(1))""",
    "module": """
%load_ext autoreload
%autoreload 2
import os, sys
sys.path.insert(0, os.getcwd())
def edit(version):
    path = os.path.join(sys.path[0], "edited.py")
    with open(path, "w") as file:
        file.write(f"def helper():\\n    return {version}\\n")
    os.utime(path, (version, version))  # of the seconds, Python and the extension see a change
edit(1)
import edited
@task(returns=1)
def ask():
    return edited.helper()
compss_wait_on(ask())""",
    "module edited": "edit(2)",
    "module afterwards": "compss_wait_on(ask())",
    "future": "@task(returns=1)\ndef same(x):\n    return x\nsame(1)",
    "future with value": "y = same('ab')\ncompss_wait_on(y)\ny",
    "failing": "@task(returns=1, on_failure='FAIL')\ndef inverse(x):\n    return 1 / x",
    "failure": "# a comment\ncompss_wait_on(inverse(0))",
    "too large": """
from pycompss.api.constraint import constraint
@constraint(computing_units=64)
@task()
def huge():
    pass
huge()""",
    "interrupted": """
import os, signal, tempfile, threading
mark = tempfile.mktemp()
@task(returns=1)
def slow(path):
    open(path, "w").close()
    time.sleep(600)
def interrupt():  # as Jupyter does: a signal, when the task runs
    while not os.path.exists(mark):
        time.sleep(0.01)
    os.remove(mark)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
compss_wait_on(slow(mark))""",
    "after the interrupt": "compss_wait_on(same(3))",
    "magic": "%load_ext pycompss\n%compss status",
    "magic graph": "%compss graph",
    "magic misspelt": "%compss grahp",
    "tasks": "ipycompss.tasks_info()",
    "stages": "ipycompss.tasks_status()",
    "nodes": "ipycompss.resources_status()",
    "numbers": "ipycompss.statistics()",
    "graph": "ipycompss.complete_task_graph(fit=True, refresh_rate=0.1)",
    "current graph": "ipycompss.current_task_graph()",
    "bar": "ipycompss.progress()",
    "everything": "ipycompss.monitoring_information()",
    "later": "@task(returns=1)\ndef called_later(x):\n    return x\nz = called_later(1)\ncompss_wait_on(same(2))",
    "hard stop": "ipycompss.stop(_hard_stop=True)",
    "second start": "ipycompss.start(debug=True)",
    "new task": "@task(returns=1)\ndef brand_new(x):\n    return x",
    "new task again": "@task(returns=1)\ndef brand_new(x):\n    return x + 1",
    "no graph": "ipycompss.current_task_graph()",
    "no monitor": "ipycompss.tasks_info()",
    "unsynchronised": "z, w = same([1, 2]), half('b')\nhalf('a')",
    "stop": "ipycompss.stop()",
    "value": "z",
    "call after the stop": "half(9)",
    "status after the stop": "%compss status",
}


@pytest.fixture(scope="module")
def cells(no_leaks_of_module: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cell]:
    executed, result = notebooks.execute(Launcher(tmp_path_factory.mktemp("notebook")), list(CELLS.values()))
    result.succeeded()
    return dict(zip(CELLS, executed, strict=True))


def test_the_start_prints_the_documented_banner(cells: dict[str, Cell]) -> None:
    assert "* - PyCOMPSs Runtime started... Have fun!" in cells["start"].text


def test_a_task_that_is_redefined_in_a_cell_is_the_new_one(cells: dict[str, Cell]) -> None:
    assert (cells["first definition"].value, cells["second definition"].value) == ("2.5", "2")


def test_a_debugging_session_tells_of_tasks_and_of_those_that_replace_others(cells: dict[str, Cell]) -> None:
    assert cells["new task"].text == "Task definition detected.\nFound task: brand_new\n"
    assert cells["new task again"].text == (
        "WARNING! Task brand_new has been redefined (the previous will be deprecated).\n"
    )


def test_what_a_task_prints_is_shown_below_the_cell_if_that_is_wanted(cells: dict[str, Cell]) -> None:
    assert cells["first definition"].text == "halving 5\n"


def test_helpers_globals_and_classes_of_cells_reach_the_tasks(cells: dict[str, Cell]) -> None:
    assert (cells["class"].value, cells["other global"].value) == ("7", "17")


def test_a_decorated_task_of_several_lines_in_an_async_cell_works(cells: dict[str, Cell]) -> None:
    assert cells["async and decorated"].value == "7"


def test_a_module_that_autoreload_has_loaded_again_is_new_in_tasks_too(cells: dict[str, Cell]) -> None:
    assert [cells[name].value for name in ("module", "module afterwards")] == ["1", "2"]


def test_a_future_in_a_cell_tells_its_task_and_state(cells: dict[str, Cell]) -> None:
    assert re.fullmatch(r"<Future of __main__\.same \(task \d+\): .+>", cells["future"].value)
    assert cells["future with value"].value.endswith(": finished, value 'ab'>")


def test_a_failing_task_is_a_short_traceback_with_the_lines_of_the_cells(cells: dict[str, Cell]) -> None:
    first, called, *rest = cells["failure"].error.splitlines()
    assert first == "TaskError: __main__.inverse(x=0) failed on localhost"
    assert re.fullmatch(r" +called from  Cell In\[\d+\], line 2   compss_wait_on\(inverse\(0\)\)", called)
    assert "return 1 / x" in [line.strip() for line in rest]
    assert rest[-1].strip() == "ZeroDivisionError: division by zero"
    assert "/pycompss/" not in cells["failure"].error


def test_a_task_that_no_node_can_run_is_a_short_message_that_names_the_cell(cells: dict[str, Cell]) -> None:
    place, first, declared, called, _ = cells["too large"].error.splitlines()
    assert re.fullmatch(r" +Cell In\[\d+\], line 6   huge\(\)", place)
    assert first.startswith("UnschedulableTask: __main__.huge asks for 64 computing units; ")
    assert re.fullmatch(r" +declared at  Cell In\[\d+\], line 2   @constraint\(computing_units=64\)", declared)
    assert re.fullmatch(r" +called from Cell In\[\d+\], line 6", called)


def test_an_interrupted_cell_leaves_a_runtime_that_works(cells: dict[str, Cell]) -> None:
    place, said = cells["interrupted"].error.splitlines()
    assert re.fullmatch(r" +Cell In\[\d+\], line 13   compss_wait_on\(slow\(mark\)\)", place)
    assert said == "KeyboardInterrupt: the program waits no longer; its tasks go on"
    assert cells["after the interrupt"].value == "3"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("tasks", "__main__.inverse"),
        ("stages", "waiting"),
        ("nodes", "localhost"),
        ("numbers", "depth of the graph"),
        ("graph", "<svg"),
        ("current graph", "slow"),
        ("bar", 'role="progressbar"'),
        ("everything", "Statistics"),
    ],
)
def test_tables_and_graphs_are_shown_below_their_cells(cells: dict[str, Cell], cell: str, expected: str) -> None:
    assert cells[cell].error == cells[cell].text == ""
    assert expected in cells[cell].html


def test_what_was_shown_follows_the_run_without_being_asked_again(cells: dict[str, Cell]) -> None:
    assert "called_later" in cells["graph"].html
    assert "called_later" in cells["tasks"].html


def test_the_magic_tells_how_the_run_stands(cells: dict[str, Cell]) -> None:
    assert re.match(r"\d+ tasks: \d+ done, ", cells["magic"].text)
    assert "<svg" in cells["magic graph"].html
    assert "expected one of status, tasks, graph" in cells["magic misspelt"].text


def test_a_hard_stop_does_not_wait_for_tasks(cells: dict[str, Cell]) -> None:
    assert "STOPPING PyCOMPSs" in cells["hard stop"].text
    assert "Have fun!" in cells["second start"].text


def test_views_that_were_not_asked_for_at_the_start_say_how(cells: dict[str, Cell]) -> None:
    assert "Oops! Graph is not enabled in this execution." in cells["no graph"].text
    assert "Oops! Monitoring is not enabled" in cells["no monitor"].text
    assert "monitor=1000" in cells["no monitor"].text


def test_stopping_puts_values_where_futures_were(cells: dict[str, Cell]) -> None:
    assert "Found a future object: z\n" in cells["stop"].text
    assert cells["value"].value == "[1, 2]"


def test_what_is_called_after_the_stop_runs_in_the_kernel_and_says_so(cells: dict[str, Cell]) -> None:
    assert cells["call after the stop"].value == "4"
    assert "half is called after the runtime stopped (ipycompss.stop)" in cells["call after the stop"].text
    assert "ipycompss.start() starts the runtime again" in cells["call after the stop"].text
    assert cells["status after the stop"].text == "The runtime is not running; start it with ipycompss.start()\n"


def test_each_failure_is_told_where_it_belongs_when_the_runtime_stops(cells: dict[str, Cell]) -> None:
    assert "Found a future object: w, whose task failed: __main__.half(x='b') failed" in cells["stop"].text
    assert cells["stop"].error.startswith("TaskError: __main__.half(x='a') failed")


ENDLESS = "@task()\ndef forever():\n    time.sleep(600)\nforever(); forever(); forever()"


def test_the_kernel_pycompss_has_a_runtime_and_shut_down_in_the_middle_of_tasks_leaves_nothing(tmp_path: Path) -> None:
    cells, result = notebooks.execute(
        Launcher(tmp_path),
        ["import time\nfrom pycompss.api.task import task", ENDLESS, "ipycompss.tasks_status()", "ipycompss.start()"],
        kernel="pycompss",
    )
    result.succeeded()  # looks for processes that are left
    assert "__main__.forever" in cells[2].html
    assert cells[3].text == "The runtime is already running\n"


WRITTEN = """
from pycompss.core.events import Kind
from pycompss.observe.journalfile import NAME, read
from pycompss.runtime import current
journal = f"{current.peek().folder.path}/{NAME}"
while sum(event[0] == Kind.TASK_CREATED for event in read(journal, print)) < 3:
    time.sleep(0.02)
"""


def test_a_kernel_that_dies_is_reported_and_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    launcher = Launcher(tmp_path)
    _, result = notebooks.execute(launcher, [START, ENDLESS, WRITTEN, "import os; os.kill(os.getpid(), 9)"])
    assert result.returncode != 0
    assert "Kernel died" in result.stderr
    told = launcher.command(sys.executable, "-m", "pycompss", "log", result.run_folder).succeeded()
    assert told.stdout.count("(__main__.forever) created") == 3  # what had happened can still be looked at
    add = "@task(returns=1)\ndef add(x):\n    return x + 1\ncompss_wait_on(add(1))"
    cells, result = notebooks.execute(launcher, [START, add, "ipycompss.stop()"])
    result.succeeded()
    assert "* - The session before was killed, and its tasks with it: pycompss log InteractiveMode_01" in cells[0].text
    assert "* - Monitor  : http://127.0.0.1:" in cells[0].text
    assert cells[1].value == "2"


def test_pictures_that_cannot_be_widgets_are_plain_html(tmp_path: Path) -> None:
    hidden = "import sys\nsys.modules['ipywidgets'] = None"
    task = "@task(returns=1)\ndef same(x):\n    return x\ncompss_wait_on(same(1))"
    cells, result = notebooks.execute(
        Launcher(tmp_path), [hidden, START, "ipycompss.tasks_info()", task, "ipycompss.stop()"]
    )
    result.succeeded()
    assert "__main__.same" in cells[2].html  # replaced in place at the end, if not before


@pytest.mark.parametrize("name", ["kmeans", "matmul", "word_count"])
def test_the_example_notebooks_run(name: str, tmp_path: Path) -> None:
    cells, result = notebooks.execute(Launcher(tmp_path), NOTEBOOKS / f"{name}.ipynb")
    result.succeeded()
    failures = [cell.error.splitlines()[0] for cell in cells if cell.error]
    assert all("mean_length" in line for line in failures), failures
    assert len(failures) == (name == "word_count")
    assert sum(cell.pictures for cell in cells) == 1
    assert any("<svg" in cell.html for cell in cells)
