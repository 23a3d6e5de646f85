"""The monitor: a run that is watched in a real Chromium, finished runs, terminal, metrics, and what can go wrong."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pytest

from pycompss.observe.journalfile import NAME, JournalFile, read
from pycompss.observe.records import Stage
from pycompss.observe.runview import RunView
from tests.support.browser import browser
from tests.support.launch import Launcher, clean_environment
from tests.support.rendezvous import await_true

__all__ = ["browser"]
pytest.importorskip("starlette", reason="pip install 'purecompss[monitor]'")

CHROMIUM = pytest.mark.leaks("Chromium keeps processes for the next page; what is left of the module is looked at")

# Panels of the overview that do not show all they have.
CUT = """[...document.querySelectorAll("#overview .panel")].filter((panel) => panel.scrollHeight > panel.clientHeight)
    .map((panel) => panel.innerText)"""

# Tasks go on when the test says so, by a file; thus what the page shows is known.
PROGRAM = """
import os, sys, time
from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.task import task

def wait_for(name):
    while not os.path.exists(name):
        time.sleep(0.01)

@task(returns=1)
def first(x, go):
    wait_for(go)
    return x

@task(returns=1)
def second(x):
    return x + 1

@task(returns=1, on_failure="IGNORE")
def bad(x):
    print("about to fail")
    raise ValueError(f"no <b>{x}</b> here")

go = sys.argv[1]
values = [second(first(i, go)) for i in range(3)]
failed = [bad(i) for i in range(2)]
compss_wait_on(values)
compss_barrier()
wait_for(go + "2")
"""


@contextlib.contextmanager
def watched(folder: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[str], str, Path]]:
    """A run with -m: its process, the address of its page, and the file that lets it go on."""
    (folder / "watched.py").write_text(PROGRAM)
    (folder / "home").mkdir(exist_ok=True)
    run = subprocess.Popen(
        [sys.executable, "-m", "pycompss", "run", "-m", *flags, str(folder / "watched.py"), str(folder / "go")],
        env={**clean_environment(folder / "home", folder), "PYCOMPSS_WORKERS": "2"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stderr is not None
    try:
        found = next((m[1] for line in run.stderr if (m := re.match(r"Monitor: (\S+)", line))), "")
        yield run, found, folder / "go"
    finally:
        for name in ("go", "go2"):
            (folder / name).touch()
        run.stderr.close()
        run.wait(30)


def ask(address: str, path: str, token: str | None = None) -> Any:
    base, _, own = address.partition("/#")
    request = urllib.request.Request(base + path, headers={"Authorization": f"Bearer {token or own}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode()


def view_of(folder: Path) -> RunView:
    view = RunView()
    view.read(read(folder / NAME))
    return view


def count(page: Any, stage: str, number: object) -> None:
    """Wait until the page shows so many tasks at a stage."""
    page.wait_for_selector(f"#stages button:has-text('{stage}'):has(b:text-is('{number}'))", timeout=20_000)


ACCOMPANY = """
import sys
from pycompss.monitor.process import accompany
accompany(sys.argv[1], int(sys.argv[2]))
print("uvicorn" in sys.modules)
"""


@pytest.mark.parametrize("is_asked", [False, True])
def test_the_page_is_loaded_when_somebody_looks(tmp_path: Path, is_asked: bool) -> None:
    file = JournalFile(tmp_path / NAME)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.fileno()
        monitor = subprocess.Popen(
            [sys.executable, "-c", ACCOMPANY, str(tmp_path), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[number],
            text=True,
        )
        assert monitor.stdin is not None
        monitor.stdin.write("token\n")
        monitor.stdin.flush()
        if is_asked:
            assert ask(f"http://127.0.0.1:{listening.getsockname()[1]}/#token", "/api/run")
        assert monitor.communicate(timeout=30)[0].split()[-1] == str(is_asked)
    file.close()


@CHROMIUM
@pytest.mark.timeout(120)
def test_a_run_is_watched_from_its_first_task_to_its_end(browser: Any, tmp_path: Path) -> None:
    problems: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    with watched(tmp_path) as (_, address, go):
        page.goto(address)
        count(page, "running", 2)
        count(page, "waiting", 3)
        assert page.inner_text("#state") == "live"
        assert "for task 1" in page.inner_text("#overview")
        go.touch()
        count(page, "finished", 6)
        assert page.locator("svg.load path").count() == 4
        assert "running, at most 2" in page.inner_text("div.load")
        assert page.evaluate(CUT) == []
        count(page, "failed", 2)
        count(page, "running", 0)
        page.click("[data-load]:has-text('second')")  # the load of one type
        assert "running" in page.inner_text("div.load")
        assert "not begun, at most 3" in page.inner_text("div.load")

        page.click("#stages button:has-text('failed')")
        assert page.inner_text("#found") == "2 of 8 tasks"
        page.keyboard.press("/")
        page.keyboard.type("<b>1</b>")
        assert page.inner_text("#found") == "1 of 8 tasks"
        page.keyboard.press("Enter")
        page.wait_for_selector("#detail pre")
        detail = page.inner_text("#detail")
        assert "ValueError: no <b>1</b> here" in detail
        assert "about to fail" in detail
        assert "watched.py:" in detail
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")

        see_pictures(page)
        before = page.evaluate("document.documentElement.dataset.theme")
        page.keyboard.press("t")
        assert page.evaluate("document.documentElement.dataset.theme") != before

        see_the_log(page)
        Path(f"{go}2").touch()
        page.wait_for_selector("#text :text('run ended with exit code 0')", timeout=20_000)
        page.wait_for_selector("#state.good", timeout=20_000)
        shown = page.evaluate("import('/model.js').then((m) => m.run.stages)")
    view = view_of(tmp_path / ".COMPSs/watched.py_01")
    assert shown == [view.stages[stage] for stage in Stage]
    assert problems == []
    page.close()


def see_pictures(page: Any) -> None:
    """Failures, timeline, graph and nodes."""
    page.keyboard.press("5")
    assert page.locator(".failure").count() == 2
    page.keyboard.press("3")
    assert drawn(page, "timeline") > 500
    page.keyboard.press("4")
    assert drawn(page, "graph") > 500
    with page.expect_download() as saved:
        page.click("[data-save=svg]")
    assert saved.value.suggested_filename == "watched.py.svg"
    assert Path(saved.value.path()).read_text().count("<circle") == 8
    page.keyboard.press("7")
    assert page.inner_text("#those") == "1 of 1 nodes · 2 units, 0 in use"
    assert page.inner_text("#nodes tbody td.idle") == "idle"


def see_the_log(page: Any) -> None:
    """The log of the run, filtered by kind and text; what comes later is looked for by the caller."""
    page.keyboard.press("6")
    page.wait_for_selector("#text .failed")
    page.select_option("#only", "failed,retried,cancelled,lost")
    page.wait_for_selector("#lines:has-text('2 of')")
    page.keyboard.press("/")
    page.keyboard.type("<b>1</b>")
    page.wait_for_selector("#lines:has-text('1 of')")
    assert "failed on localhost, attempt 1 (ignored): ValueError: no <b>1</b> here" in page.inner_text("#text")
    page.fill("#words", "")
    page.select_option("#only", label="run, nodes and workers")


def drawn(page: Any, name: str) -> int:
    """How many dots of a canvas are not empty."""
    page.wait_for_selector(f"#{name} canvas")
    return page.evaluate(
        """(name) => {
            const canvas = document.querySelector(`#${name} canvas`);
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            return data.filter((value, index) => index % 4 === 3 && value > 0).length;
        }""",
        name,
    )


@CHROMIUM
@pytest.mark.timeout(120)
def test_a_hundred_thousand_tasks_can_be_looked_at(browser: Any, tmp_path: Path) -> None:
    write_large(tmp_path, 100_000)
    page = browser.new_page()
    with served(tmp_path) as address:
        page.goto(address)
        count(page, "finished", "100,000")
        page.wait_for_selector("#state.good")
        assert page.locator(".squares i").count() == 42
        assert page.locator(".squares .lost").get_attribute("title") == "n40: lost"
        page.click("[data-view=nodes]:has-text('all')")
        page.fill("#node", "lost")
        told = page.inner_text("#nodes tbody").split()
        assert " ".join(told) == "n40 lost: no answer for 30 s 2 0 any – 0 – 0 µs 0.0"
        page.keyboard.press("Escape")
        page.keyboard.press("4")
        assert drawn(page, "graph") > 10_000
        for _ in range(4):
            page.mouse.move(600, 400)
            page.mouse.wheel(0, -600)
        assert drawn(page, "graph") > 1_000
        page.keyboard.press("2")
        assert page.inner_text("#found") == "100,000 of 100,000 tasks"
        assert page.locator("#rows tbody tr").count() < 100
        page.keyboard.press("6")
        page.wait_for_selector("#lines:has-text('of 200,000 lines (of 300,004;')", timeout=20_000)
        assert page.locator("#text div").count() == 500
    page.close()


def write_large(folder: Path, number: int) -> None:
    """The journal of a run with so many tasks in 100 rows."""
    from pycompss.core.events import Kind
    from pycompss.observe.journalfile import JournalFile

    events: list[tuple[Any, ...]] = [
        (
            Kind.RUN_STARTED,
            0.0,
            "large.py",
            (("n", 4, None), *[(f"n{n}", 2, 10**9 if n == 1 else None) for n in range(1, 41)]),
        ),
        (Kind.NODE_JOINED, 1.0, "later", 8, 10**9, (("GPU", 1),), 0.0),
        (Kind.NODE_LEFT, 2.0, "n40", "no answer for 30 s"),
    ]
    events += [(Kind.TYPE_REGISTERED, 0.0, type_, f"large.task{type_}") for type_ in range(3)]
    for task in range(1, number + 1):
        reads = (("x", 0, f"d{task}v1", task - 1000, False),) if task > 1000 else ()
        events.append((Kind.TASK_CREATED, 0.0, task, task % 3, reads, (), (), (), frozenset(), None, None, None))
        events.append((Kind.TASK_ASSIGNED, task / 1000, task, "n", task % 4, 1))
        events.append((Kind.TASK_FINISHED, task / 1000 + 0.003, task, "n", task % 4, 1, 0.003))
    events.append((Kind.RUN_ENDED, number / 1000, 0))
    file = JournalFile(folder / NAME)
    file.read(events)
    file.close()


@contextlib.contextmanager
def served(
    *words: object, is_quiet: bool = True, env: Mapping[str, str] | None = None, says: str = ""
) -> Iterator[str]:
    """The address that `pycompss monitor` prints; the body runs once it has said this, too."""
    without = {name: value for name, value in os.environ.items() if "DISPLAY" not in name and name != "BROWSER"}
    monitor = subprocess.Popen(
        [sys.executable, "-m", "pycompss", "monitor", *["--no-browser"] * is_quiet, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**without, **(env or {})},
        start_new_session=True,
    )
    assert monitor.stdout is not None
    try:
        told = list(iter_until(monitor.stdout, says))
        assert len([line for line in told if line.startswith("No browser")]) == bool(says), told
        yield next((line.strip() for line in told if line.startswith("http")), "")
    finally:
        os.killpg(monitor.pid, signal.SIGINT)  # as a terminal does: a browser gets it, too
        monitor.stdout.close()
        assert monitor.wait(20) == 0


def iter_until(lines: IO[str], says: str) -> Iterator[str]:
    """Lines up to the one that begins with this, and to the one with what is always last."""
    missing = {"Ctrl-C", *filter(None, [says])}
    for line in lines:
        yield line
        missing = {start for start in missing if not line.startswith(start)}
        if not missing:
            return


@pytest.fixture(scope="module")
def finished(no_leaks_of_module: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    folder = tmp_path_factory.mktemp("finished")
    for name in ("go", "go2"):
        (folder / name).touch()
    (folder / "watched.py").write_text(PROGRAM)
    result = Launcher(folder)(folder / "watched.py", folder / "go", launcher="pycompss", flags=("-g",))
    return result.succeeded().run_folder


def test_a_finished_run_is_shown_and_its_numbers_are_those_of_the_journal(finished: Path) -> None:
    with served(finished) as address:
        told = json.loads(ask(address, "/api/run"))
        metrics = ask(address, "/metrics")
        one = json.loads(ask(address, "/api/task/1"))
        graph = ask(address, "/api/graph.dot")
    view = view_of(finished)
    assert told["stages"] == [view.stages[stage] for stage in Stage]
    assert {kind["name"]: kind["mean"] for kind in told["types"]} == {k.name: k.mean for k in view.types.values()}
    assert 'pycompss_tasks{type="watched.bad",stage="failed"} 2' in metrics.splitlines()
    assert one["why"] == "finished on localhost"
    assert one["followers"] == [2]
    assert graph.startswith("digraph {")
    assert graph.count("shape=circle") == sum(told["stages"])


def test_it_is_read_only_and_works_behind_a_tunnel(finished: Path) -> None:
    with served(finished) as address:
        base, _, token = address.partition("/#")
        headers = {"Authorization": f"Bearer {token}", "Host": "localhost:9999"}  # the tunnel's end
        with urllib.request.urlopen(urllib.request.Request(f"{base}/api/run", headers=headers), timeout=20) as answer:
            assert answer.status == 200
        for method in ("POST", "PUT", "DELETE"):
            with pytest.raises(urllib.error.HTTPError, match="405"):
                urllib.request.urlopen(urllib.request.Request(f"{base}/api/run", method=method, headers=headers))


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param({}, id="no screen"),
        pytest.param({"BROWSER": "/nonexistent/browser"}, id="broken browser"),
        pytest.param({"BROWSER": "sh -c 'exit 1' %s"}, id="browser that fails"),
    ],
)
def test_without_a_browser_the_address_is_told_and_the_page_is_there(finished: Path, setting: dict[str, str]) -> None:
    with served(finished, is_quiet=False, env=setting, says="No browser could be opened here") as address:
        assert json.loads(ask(address, "/api/run"))["exit_code"] == 0


def test_a_browser_that_does_not_return_holds_nothing_up(finished: Path) -> None:
    with served(finished, is_quiet=False, env={"BROWSER": "sleep 600 %s"}) as address:
        assert json.loads(ask(address, "/api/run"))["exit_code"] == 0


@pytest.mark.parametrize("path", ["/api/run", "/api/log", "/api/task/1", "/api/graph.dot", "/metrics"])
def test_nothing_is_told_without_the_token(finished: Path, path: str) -> None:
    with served(finished) as address:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(address, path, token="wrong")
        assert "PyCOMPSs" in ask(address, "/", token="none")


def test_the_monitor_is_a_service_by_the_original_words(finished: Path, tmp_path: Path) -> None:
    env = {**os.environ, "PYCOMPSS_LOG_DIR": str(tmp_path)}

    def service(*words: object) -> tuple[int, str]:
        command = [sys.executable, "-m", "pycompss", "monitor", *map(str, words)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
        assert not done.stderr
        return done.returncode, done.stdout.strip()

    assert service("status") == (3, "The monitor is not running")
    assert service("start")[1].startswith("There is no run to show yet")
    code, said = service("start", finished, "--no_browser")
    address = said.rpartition(" ")[2]
    try:
        assert (code, said) == (0, f"The monitor of {finished} is at {address}")
        assert sum(json.loads(ask(address, "/api/run"))["stages"]) > 0
        assert service("start") == (0, f"The monitor is running already: {address}")
        assert service("status") == (0, f"The monitor is running: {address}")
    finally:
        assert service("stop") == (0, "The monitor has been stopped")
    assert service("stop") == (0, "The monitor is not running")


def test_a_port_in_use_is_one_message_and_the_run_goes_on(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        env = {"PYCOMPSS_MONITOR_PORT": str(taken.getsockname()[1])}
        result = Launcher(tmp_path)("print('done')\n" + CALL, launcher="pycompss", flags=("-m",), env=env)
        by_hand = Launcher(tmp_path / "2")
        by_hand.root.mkdir()
        refused = by_hand.command(
            sys.executable, "-m", "pycompss", "monitor", "--port", taken.getsockname()[1], result.run_folder
        )
    assert "WARNING: port" in result.succeeded().stderr
    assert "the run goes on without it" in result.stderr
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "cannot be used for the monitor" in refused.stderr


CALL = "from pycompss.api.task import task\n@task()\ndef f():\n    pass\nf()\n"


def test_what_runs_on_several_nodes_is_seen_while_it_runs(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="pip install 'purecompss[cluster]'")
    # It ends although nobody reads its warnings of failed tasks any more: `watched` closes the pipe.
    with watched(tmp_path, "--engine=dask", "--agents=2") as (_, address, _go):

        def seen() -> list[list[int]]:
            return [node["tasks"] for node in json.loads(ask(address, "/api/run"))["nodes"]]

        await_true(lambda: sorted(seen()) == [[1], [3]], "each node runs one of the first tasks")
        before = json.loads(ask(address, "/api/run"))
        await_true(
            lambda: json.loads(ask(address, "/api/run"))["now"] > before["now"], "time goes on while nothing happens"
        )


def test_a_killed_program_takes_its_monitor_along_and_what_reads_its_journal_knows(tmp_path: Path) -> None:
    with watched(tmp_path) as (run, address, _):
        await_true(lambda: json.loads(ask(address, "/api/run"))["stages"][Stage.RUNNING] == 2, "no task runs")
        run.kill()  # the leak check of the test looks for what is left
        run.wait(30)
    folder = tmp_path / ".COMPSs/watched.py_01"
    launcher = Launcher(tmp_path)
    await_true(lambda: not (folder / "monitor" / "address").exists(), "the address is left, where nobody answers")
    top = launcher.command(sys.executable, "-m", "pycompss", "top", folder, env={"COLUMNS": "110"})
    assert "killed, " in top.succeeded().stdout
    log = launcher.command(sys.executable, "-m", "pycompss", "log", folder, "--follow")  # ends
    assert "the program was killed, or its disk was full: its journal has no end" in log.succeeded().stderr
    one = launcher.command(sys.executable, "-m", "pycompss", "log", folder, "explain", "1").succeeded()
    ends = tuple(f"was {state} when the program was killed\n" for state in ("running", "sent"))  # looked at in between
    assert one.stdout.endswith(ends)


def test_a_damaged_journal_is_shown_as_far_as_it_can_be_read(finished: Path, tmp_path: Path) -> None:
    whole = (finished / NAME).read_bytes()
    damaged = bytearray(whole[whole.rindex(b"\nEVT") :])
    damaged[20] ^= 0xFF
    (tmp_path / NAME).write_bytes(whole + damaged)
    with served(tmp_path) as address:
        told = json.loads(ask(address, "/api/run"))
    assert [text for text in told["complaints"] if "is damaged at byte" in text]
    assert sum(told["stages"]) > 0


@pytest.mark.parametrize("command", ["monitor", "top"])
def test_what_cannot_be_shown_is_one_message(run_program: Any, tmp_path: Path, command: str) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / NAME).write_text('{"format":"pycompss journal","version":99,"kinds":{}}\n')
    (tmp_path / "none").mkdir()
    for name, says in [
        ("old", "has journal version 99"),
        ("none", "holds no journal"),
        ("missing", "there is no such run"),
    ]:
        result = run_program.command(sys.executable, "-m", "pycompss", command, tmp_path / name)
        assert result.returncode == 1
        assert says in result.stderr
        assert len(result.stderr.splitlines()) == 1, result.stderr


def test_the_terminal_shows_a_finished_run(finished: Path, run_program: Any) -> None:
    result = run_program.command(sys.executable, "-m", "pycompss", "top", finished, env={"COLUMNS": "80"})
    assert "8 of 8 tasks: 6 finished · 2 failed" in result.succeeded().stdout
    assert " second " in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert result.stdout.endswith("\n")
    assert os.path.exists(finished)
