"""The command line as a user sees it: real processes."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.support.components import need
from tests.support.launch import clean_environment

ENGINES = pytest.mark.parametrize("engine", ["local", "inline"])
LAUNCHERS = pytest.mark.parametrize("launcher", ["pycompss", "module", "runcompss"])

PROGRAM = """
    import sys
    from pycompss.api.task import task
    from pycompss.api.api import compss_wait_on

    @task(returns=1)
    def add(a, b):
        return a + b

    if __name__ == "__main__":
        print("sum", compss_wait_on(add(1, 2)), sys.argv[1:])
"""
FRAME = re.compile(
    r"\[ INFO \] [^\n]+\n"
    r"\n----------------- Executing app\.py --------------------------\n\n"
    r"WARNING: COMPSs Properties file is null\. Setting default values\n"
    r"\[\(\d+\)    API\]  -  Starting COMPSs Runtime v\S+ \(build purecompss\)\n"
    r"(.*)"
    r"\[\(\d+\)    API\]  -  Execution Finished\n\n"
    r"------------------------------------------------------------\n",
    re.DOTALL,
)


def inside_frame(stdout: str) -> str:
    """What stands in the frame; fails without one."""
    match = FRAME.fullmatch(stdout)
    assert match is not None, stdout
    return match[1]


@ENGINES
@LAUNCHERS
def test_a_run_is_framed(run_program: Any, engine: str, launcher: str) -> None:
    result = run_program(PROGRAM, "a b", "--graph", engine=engine, launcher=launcher).succeeded()
    assert inside_frame(result.stdout) == "sum 3 ['a b', '--graph']\n"
    assert result.stderr == ""


def test_the_log_level_api_has_a_line_for_what_the_runtime_does(run_program: Any) -> None:
    result = run_program(PROGRAM, launcher="runcompss", flags=["--log_level=api"]).succeeded()
    lines = [re.sub(r"^\[\(\d+\)    API\]  -  ", "", line) for line in result.stdout.splitlines()]
    version = re.search(r"COMPSs Runtime v\S+ \(build purecompss\)", result.stdout)
    assert version is not None
    started = ["Deploying " + version[0], "Starting " + version[0], "Initializing components", "Ready to process tasks"]
    did = ["Creating task from method add in app", "sum 3 []"]
    ended = ["No more tasks for app 1", "Getting Result Files 1", "Stop IT reached", "Stopping AP...", "Stopping TD..."]
    first = lines.index(started[0])
    assert lines[first : first + 4] == started
    assert sorted(lines[first + 4 : first + 6]) == did
    assert lines[first + 6 :] == [*ended, "Runtime stopped", "Execution Finished", "", "-" * 60]


@ENGINES
def test_plain_python_is_not_framed(run_program: Any, engine: str) -> None:
    result = run_program(PROGRAM, engine=engine).succeeded()
    assert (result.stdout, result.stderr) == ("sum 3 []\n", "")


def test_the_frame_names_the_nodes(run_program: Any, tmp_path: Path) -> None:
    resources = tmp_path / "resources.xml"
    node = '<ComputeNode Name="{}"><Processor Name="P"><ComputingUnits>{}</ComputingUnits></Processor></ComputeNode>'
    resources.write_text(f"<ResourcesList>{node.format('localhost', 1)}{node.format('127.0.0.1', 3)}</ResourcesList>")
    result = run_program(PROGRAM, launcher="pycompss", flags=[f"--resources={resources}"]).succeeded()
    said = result.stdout.splitlines()[0]
    assert said == "[ INFO ] Nodes: localhost (1 computing unit), 127.0.0.1 (3 computing units)"
    assert "sum 3 []\n" in inside_frame(result.stdout)


def test_resources_that_make_no_sense_end_with_one_message(run_program: Any, tmp_path: Path) -> None:
    (tmp_path / "resources.xml").write_text("<ResourcesList>\n  <Computer/>\n</ResourcesList>")
    result = run_program(PROGRAM, launcher="pycompss", flags=[f"--resources={tmp_path}/resources.xml"])
    assert result.returncode == 1
    assert result.stderr.splitlines()[0].startswith(f"{tmp_path}/resources.xml:2: <Computer> is unknown inside")
    assert result.stdout == ""


@pytest.mark.parametrize("launcher", ["pycompss", "python"])
@pytest.mark.parametrize(
    ("last", "code"),
    [("sys.exit()", 0), ("sys.exit(5)", 5), ("exit(6)", 6), ("raise SystemExit(7)", 7), ("sys.exit('why')", 1),
     ("1 / 0", 1)],
)  # fmt: skip
def test_the_exit_code_is_the_programs(run_program: Any, launcher: str, last: str, code: int) -> None:
    result = run_program(f"{textwrap.dedent(PROGRAM)}\n    {last}\n", launcher=launcher)
    assert result.returncode == code, result
    framed = launcher == "pycompss"
    assert ("Error running application" in result.stderr) == (framed and code != 0)
    assert (f"[ ERROR ]: User program ended with exitcode {code}." in result.stderr) == (
        framed and code != 0 and last != "1 / 0"
    )
    assert ("ZeroDivisionError: division by zero" in result.stderr) == (last == "1 / 0")
    assert ("why\n" in result.stderr) == ("why" in last)
    if framed:
        assert inside_frame(result.stdout) == "sum 3 []\n"


def test_an_exit_that_was_caught_is_none(run_program: Any) -> None:
    source = textwrap.dedent(PROGRAM) + textwrap.indent(
        textwrap.dedent("""
        try:
            sys.exit(9)
        except SystemExit:
            open("later", "w").write(str(add(1, 1)))
        """),
        "    ",
    )
    result = run_program(source).succeeded()
    assert (result.folder / "later").read_text() == "2"


FAILS_LATE = """
    import atexit, sys
    from pycompss.api.task import task

    atexit.register(print, "registered first")

    @task(returns=1)
    def fails():
        raise ValueError("the reason")

    if __name__ == "__main__":
        atexit.register(print, "registered before the task")
        fails()
        atexit.register(print, "registered last")
"""


@pytest.mark.parametrize("launcher", ["pycompss", "python"])
def test_a_failure_that_comes_out_at_the_end_is_exit_code_1(run_program: Any, launcher: str) -> None:
    result = run_program(FAILS_LATE, launcher=launcher)
    assert result.returncode == 1, result
    assert "pycompss.TaskError: " in result.stderr
    assert "ValueError: the reason" in result.stderr
    said = [line for line in result.stdout.splitlines() if line.startswith("registered")]
    assert sorted(said) == ["registered before the task", "registered first", "registered last"]


@pytest.mark.parametrize("launcher", ["pycompss", "python"])
def test_tasks_of_a_thread_that_outlives_the_main_program_are_waited_for(run_program: Any, launcher: str) -> None:
    source = """
        import threading
        from pycompss.api.task import task
        from pycompss.api.api import compss_wait_on

        @task(returns=1)
        def add(a, b):
            return a + b

        def work(main_has_ended):
            main_has_ended.wait()
            print("thread", compss_wait_on(add(1, 2)))

        class Ended:
            def wait(self):
                threading.main_thread().join()

        if __name__ == "__main__":
            add(0, 0)
            threading.Thread(target=work, args=(Ended(),)).start()
    """
    result = run_program(source, launcher=launcher).succeeded()
    said = inside_frame(result.stdout) if launcher == "pycompss" else result.stdout
    assert said == "thread 3\n"


def test_a_task_called_after_the_end_says_so(run_program: Any) -> None:
    source = """
        import atexit
        from pycompss.api.task import task

        @task(returns=1)
        def add(a, b):
            return a + b

        @atexit.register
        def late():
            try:
                add(3, 4)
            except Exception as error:
                print(type(error).__name__, "after its end" if "before its end" in str(error) else error)

        if __name__ == "__main__":
            add(1, 2)
    """
    assert run_program(source).succeeded().stdout == "PyCOMPSsException after its end\n"


def test_a_forked_child_does_not_end_the_run_of_its_parent(run_program: Any) -> None:
    source = """
        import os, sys
        from pycompss.api.task import task
        from pycompss.api.api import compss_wait_on

        @task(returns=1)
        def add(a, b):
            return a + b

        if __name__ == "__main__":
            add(1, 2)
            child = os.fork()
            if child == 0:
                sys.exit(3)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), compss_wait_on(add(2, 3)))
    """
    result = run_program(source).succeeded()
    assert result.stdout == "3 5\n"


# ---------------------------------------------------------------- what is refused


@LAUNCHERS
def test_an_unknown_option_is_refused(run_program: Any, launcher: str) -> None:
    result = run_program(PROGRAM, launcher=launcher, flags=["--sumary"])
    assert (result.returncode, result.stdout) == (1, "")
    first, usage, _ = result.stderr.splitlines()
    assert first == "Bad argument: --sumary (did you mean --summary?)"
    assert usage.endswith(" [options] application.py [application arguments]")


def pycompss(run_program: Any, *words: object, **more: Any) -> Any:
    return run_program.command(sys.executable, "-m", "pycompss", *words, **more)


def test_a_missing_application_is_refused(run_program: Any) -> None:
    result = pycompss(run_program, "run", "-g")
    assert (result.returncode, result.stderr.splitlines()[0]) == (1, "The application is missing.")


@pytest.mark.parametrize("flag", ["--engine=fast", "--cpus_per_node=0", "--wall_clock_limit=soon", "--store_limit=x"])
def test_a_wrong_value_is_refused(run_program: Any, flag: str) -> None:
    result = run_program(PROGRAM, launcher="pycompss", flags=[flag])
    assert (result.returncode, result.stdout) == (1, "")
    assert f"(flag {flag.partition('=')[0]}): expected " in result.stderr.splitlines()[0]


def test_an_application_that_does_not_exist_is_named(run_program: Any) -> None:
    result = pycompss(run_program, "run", "none.py")
    assert result.returncode == 1
    assert result.stderr == f"[ ERROR ]: The application none.py does not exist in {result.folder}\n"


def test_a_syntax_error_is_named_with_its_line(run_program: Any) -> None:
    result = run_program("x = 1\ny = = 2\n", launcher="pycompss")
    assert (result.returncode, result.stdout) == (1, "")
    assert re.match(
        r"\[ ERROR \]: The application has a syntax error at \S+/app\.py:2: invalid syntax\n", result.stderr
    )


def test_a_wrong_variable_is_named(run_program: Any) -> None:
    result = run_program(PROGRAM, workers=None, env={"PYCOMPSS_WORKERS": "many"})
    assert result.returncode == 1
    assert "workers = 'many' (environment PYCOMPSS_WORKERS): expected a whole number, 1 or more" in result.stderr


def test_features_to_come_are_named_once(run_program: Any) -> None:
    flags = ["-p", "--conn=C", "--streaming=FILES", "--jvm_workers_opts=-Xms1g", "-p", "--agents=3"]
    result = run_program(PROGRAM, launcher="pycompss", flags=flags).succeeded()
    assert result.stderr.splitlines() == [
        "WARNING: -p is not available yet; the run goes on without it",
        "WARNING: --conn is not available yet; the run goes on without it",
        "WARNING: agents = 3 (flag --agents) counts with --engine=dask only",
    ]


# ---------------------------------------------------------------- settings that tasks and the folder show


def test_tasks_get_the_variables_that_a_script_sets(run_program: Any, tmp_path: Path) -> None:
    (tmp_path / "set.sh").write_text("export COLOUR='light green'\n")
    source = """
        import os
        from pycompss.api.task import task
        from pycompss.api.api import compss_wait_on

        @task(returns=1)
        def colour():
            return os.environ.get("COLOUR")

        if __name__ == "__main__":
            print(compss_wait_on(colour()), os.environ.get("COLOUR"))
    """
    result = run_program(source, launcher="pycompss", flags=[f"--env_script={tmp_path}/set.sh"]).succeeded()
    assert inside_frame(result.stdout) == "light green None\n"


def test_tasks_and_their_programs_find_libraries_in_the_given_folders(run_program: Any, tmp_path: Path) -> None:
    """The environment with which the worker's process began is the one that the loader has read."""
    source = """
        from pycompss.api.api import compss_open, compss_wait_on
        from pycompss.api.binary import binary
        from pycompss.api.parameter import FILE_OUT_STDOUT
        from pycompss.api.task import task

        @task(returns=1)
        def began_with():
            with open("/proc/self/environ") as file:
                return dict(line.split("=", 1) for line in file.read().split(chr(0)) if line)["LD_LIBRARY_PATH"]

        @binary(binary="printenv", args="LD_LIBRARY_PATH")
        @task(out=FILE_OUT_STDOUT)
        def of_program(out):
            pass

        of_program("out")
        print(compss_wait_on(began_with()), compss_open("out").read().strip())
    """
    flags = [f"--library_path={tmp_path}/one", "--library_path=two"]
    result = run_program(source, launcher="runcompss", flags=flags, env={"LD_LIBRARY_PATH": "/three"}).succeeded()
    expected = f"{tmp_path}/one:{result.folder}/two:/three"
    assert inside_frame(result.stdout) == f"{expected} {expected}\n"


def test_a_script_that_is_missing_is_named(run_program: Any) -> None:
    result = run_program(PROGRAM, launcher="pycompss", flags=["--env_script=/none.sh"])
    assert result.returncode == 1
    assert "[ ERROR ]: env_script /none.sh does not exist\n" in result.stderr


@pytest.mark.parametrize("launcher", ["pycompss", "python"])
def test_modules_on_the_pythonpath_are_found_in_tasks(run_program: Any, tmp_path: Path, launcher: str) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "colours.py").write_text("FIRST = 'green'\n")
    source = """
        from pycompss.api.task import task
        from pycompss.api.api import compss_wait_on

        @task(returns=1)
        def first():
            import colours
            return colours.FIRST

        if __name__ == "__main__":
            print("first", compss_wait_on(first()))
    """
    result = run_program(source, launcher=launcher, env={"PYCOMPSS_PYTHONPATH": str(tmp_path / "more")})
    assert "first green\n" in result.succeeded().stdout


def test_a_logged_run_leaves_its_log(run_program: Any) -> None:
    result = run_program(PROGRAM, launcher="pycompss", flags=["--log_level=info"]).succeeded()
    log = (result.run_folder / "runtime.log").read_text()
    assert re.search(r"^\[\S+ \S+\] Task 1 \(app\.add\) finished on localhost after 0\.\d+ s$", log, re.MULTILINE)
    assert log.rstrip().endswith("Run ended with exit code 0")
    assert "NAME = app.add\n" in (result.run_folder / "resources.log").read_text()


def test_a_run_that_is_not_logged_says_only_what_it_was(run_program: Any) -> None:
    result = run_program(PROGRAM).succeeded()
    assert result.run_folder.name == "app.py_01"
    said = (result.run_folder / "pycompss.log").read_text()
    assert re.fullmatch(r"\[[^]]+\] \S+/app\.py, process \d+: started on localhost \(2 computing units\)\n", said)
    assert not (result.run_folder / "runtime.log").exists()
    assert not (result.run_folder / "tmpFiles").exists()


# ---------------------------------------------------------------- signals

ENDLESS = """
    import time
    from pycompss.api.task import task
    from pycompss.api.api import compss_wait_on

    @task(returns=1)
    def endless():
        while True:
            time.sleep(0.01)

    if __name__ == "__main__":
        x = endless()
        print("ready", flush=True)
        compss_wait_on(x)
"""


@pytest.mark.parametrize(
    ("launcher", "number", "codes"),
    [
        ("run", signal.SIGINT, {130}),
        ("run", signal.SIGTERM, {143}),
        ("python", signal.SIGINT, {130, -signal.SIGINT}),
        ("python", signal.SIGTERM, {143, -signal.SIGTERM}),
    ],
)
def test_a_signal_ends_the_run(tmp_path: Path, launcher: str, number: int, codes: set[int]) -> None:
    (tmp_path / "app.py").write_text(textwrap.dedent(ENDLESS))
    words = ["-m", "pycompss", "run"] if launcher == "run" else []
    with subprocess.Popen(
        [sys.executable, *words, str(tmp_path / "app.py")],
        env={**clean_environment(tmp_path, tmp_path), "PYCOMPSS_WORKERS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as process:
        assert process.stdout is not None
        assert "ready\n" in iter(process.stdout.readline, "")
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert process.returncode in codes, said


# ---------------------------------------------------------------- other commands


def test_the_version_is_told(run_program: Any) -> None:
    for word in ("--version", "-v"):
        assert re.fullmatch(r"COMPSs version \d+\.\d+\S* \S+\n", pycompss(run_program, word).succeeded().stdout)


def test_help_tells_the_options(run_program: Any) -> None:
    assert "--wall_clock_limit=SECONDS" in pycompss(run_program, "run", "--help").succeeded().stdout
    assert pycompss(run_program, "run", "--opts").succeeded().stdout.startswith("Generic options:\n")
    assert "gengraph" in pycompss(run_program, "--help").succeeded().stdout


@pytest.mark.parametrize("command", ["inspect", "components", "tutorial"])
def test_a_command_to_come_says_so(run_program: Any, command: str) -> None:
    result = pycompss(run_program, command, "whatever")
    assert (result.returncode, result.stderr) == (2, f"pycompss {command}: not available yet\n")


def test_options_before_the_command_belong_to_it(run_program: Any) -> None:
    line = next(
        line
        for line in pycompss(run_program, "-d", "config", "--engine=inline").succeeded().stdout.splitlines()
        if line.startswith("log_level")
    )
    assert line.split(maxsplit=2)[1:] == ["debug", "flag -d"]


def test_the_configuration_tells_where_values_come_from(run_program: Any) -> None:
    lines = pycompss(run_program, "config", "--summary", env={"PYCOMPSS_WORKERS": "3"}).succeeded().stdout.splitlines()
    rows = {line.split()[0]: line.split(maxsplit=2)[1:] for line in lines}
    assert rows["summary"] == ["true", "flag --summary"]
    assert rows["workers"] == ["3", "environment PYCOMPSS_WORKERS"]
    assert rows["graph"] == ["false", "default"]
    assert rows["node"][0] == "localhost:"


def test_a_graph_is_drawn(run_program: Any, tmp_path: Path) -> None:
    need("dot")
    graph = tmp_path / "complete_graph.dot"
    graph.write_text("digraph { 1 -> 2; }")
    result = pycompss(run_program, "gengraph", "--svg", graph).succeeded()
    assert f"Output file: {tmp_path}/complete_graph.svg\n" in result.stdout
    assert "<svg" in (tmp_path / "complete_graph.svg").read_text()
    old = run_program.command(Path(sys.executable).with_name("compss_gengraph"), "png", graph).succeeded()
    assert old.stdout.endswith("DONE\n")
    assert (tmp_path / "complete_graph.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("command", ["gengraph", "config"])
def test_every_command_says_how_it_is_called(run_program: Any, command: str) -> None:
    assert pycompss(run_program, command, "--help").succeeded().stdout.startswith(f"Usage: pycompss {command} ")


def test_what_is_no_graph_is_refused(run_program: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.dot").write_text("digraph {")
    for words, said in [
        (["none.dot"], "[ ERROR ]: none.dot does not exist"),
        ([], "Name one file."),
        (["--gif", "a.dot"], "Bad argument: --gif"),
    ]:
        result = pycompss(run_program, "gengraph", *words)
        assert (result.returncode, result.stderr.splitlines()[0]) == (1, said)


def test_without_graphviz_a_graph_cannot_be_drawn(run_program: Any, tmp_path: Path) -> None:
    (tmp_path / "a.dot").write_text("digraph { }")
    result = pycompss(run_program, "gengraph", tmp_path / "a.dot", env={"PATH": str(tmp_path)})
    assert result.returncode == 1
    assert result.stderr == "[ ERROR ]: Graphviz is needed to draw graphs: install it (apt install graphviz)\n"


# ---------------------------------------------------------------- cost


@pytest.mark.parametrize("launcher", ["python", "pycompss"])
def test_starting_a_program_loads_nothing_that_it_does_not_use(run_program: Any, launcher: str) -> None:
    source = textwrap.dedent(PROGRAM) + (
        "    heavy = {'click', 'rich', 'xml', 'defusedxml', 'numpy', 'psutil', 'argparse', 'asyncio'}\n"
        "    print(sorted(heavy & set(sys.modules)))\n"
    )
    assert "[]" in run_program(source, launcher=launcher).succeeded().stdout.splitlines()


def test_looking_for_an_active_environment_loads_nothing_when_there_is_none(run_program: Any) -> None:
    source = (
        "import sys\nfrom pycompss.cli.main import main\nmain(['run', 'none.py'])\nprint('argparse' in sys.modules)"
    )
    assert run_program.command(sys.executable, "-c", source).stdout == "False\n"


def test_progress_is_for_terminals_only(run_program: Any) -> None:
    source = """
        import time
        from pycompss.api.task import task
        from pycompss.api.api import compss_barrier

        @task()
        def nap():
            time.sleep(1.5)

        if __name__ == "__main__":
            nap()
            compss_barrier()
    """
    result = run_program(source).succeeded()
    assert (result.stdout, result.stderr) == ("", "")
