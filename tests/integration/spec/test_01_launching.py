"""Programming model, sections 1 and 17: launching a program, and how it ends."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

LAUNCHERS = ["python", "pycompss"]

HEAD = """
import os, sys, time
from pycompss.api.task import task
from pycompss.api.parameter import *
from pycompss.api.api import *
from pycompss.api.exceptions import COMPSsException

@task(returns=1)
def pid():
    return os.getpid()

@task(returns=1)
def wait_for_ever():
    for _ in range(4000):
        time.sleep(0.01)

@task()
def touch(path, after=None):
    open(path, "w").close()

@task(f=FILE_OUT)
def write(f, text):
    with open(f, "w") as file:
        file.write(text)

"""


def program(body: str, guard: bool = True) -> str:
    body = textwrap.dedent(body).strip("\n")
    return HEAD + ('if __name__ == "__main__":\n' + textwrap.indent(body, "    ") if guard else body) + "\n"


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_module_level_code_runs_once(run_program: Any, launcher: str) -> None:
    """Section 17: the main file is executed once; workers never run its module-level code."""
    result = run_program('print("top")\n' + program("print(compss_wait_on(pid()) != os.getpid())"), launcher=launcher)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines.count("top") == 1
    assert lines.count("True") == 1


@pytest.mark.parametrize("launcher", LAUNCHERS)
@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("print('fine')", 0, ""),
        ("sys.exit(0)", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("raise COMPSsException('the reason')", 1, "the reason"),
        ("raise ValueError('the reason')", 1, "ValueError: the reason"),
    ],
    ids=["normal", "exit 0", "exit 3", "COMPSsException", "ValueError"],
)
def test_exit_codes(run_program: Any, launcher: str, body: str, code: int, said: str) -> None:
    """Normal 0; sys.exit(n) → n; an uncaught exception, COMPSsException too (section 17) → 1, message on stderr."""
    result = run_program(program("compss_wait_on(pid())\n" + body), launcher=launcher)
    assert result.returncode == code, result.stderr
    assert said in result.stderr


@pytest.mark.parametrize("launcher", LAUNCHERS)
@pytest.mark.parametrize("last", ["sys.exit(3)", "raise ValueError('x')"])
def test_remaining_tasks_are_cancelled_when_the_program_ends_badly(
    run_program: Any, tmp_path: Path, launcher: str, last: str
) -> None:
    """Uncaught exception, sys.exit(n≠0): remaining tasks cancelled; the run ends at once."""
    body = f"x = wait_for_ever()\ntouch({str(tmp_path / 'touched')!r}, x)\n{last}"
    result = run_program(program(body), launcher=launcher, timeout=20)
    assert result.returncode == (3 if "exit" in last else 1)
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_task_that_fails_for_good_ends_the_program_with_code_1(run_program: Any, launcher: str) -> None:
    """A task failing for good → the runtime shuts down, exit 1; the exception is shown."""
    body = """
        @task(returns=1)
        def fails():
            raise KeyError("the reason")

        if __name__ == "__main__":
            fails()
    """
    result = run_program(program(body, guard=False), launcher=launcher)
    assert result.returncode == 1
    assert "the reason" in result.stderr
    assert "fails" in result.stderr


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_all_tasks_are_awaited_at_the_end(run_program: Any, tmp_path: Path, launcher: str) -> None:
    """Runtime start and stop are implicit. At exit all tasks are awaited."""
    paths = [str(tmp_path / f"touched{n}") for n in range(5)]
    result = run_program(program(f"for path in {paths}: touch(path)"), launcher=launcher)
    assert result.returncode == 0, result.stderr
    assert all(Path(path).exists() for path in paths)


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_files_come_home_at_the_end(run_program: Any, launcher: str) -> None:
    """A task file written by a task and never synchronised exists at the path the program named after the run."""
    body = "os.mkdir('out')\nwrite('out/a.txt', 'text')\nwrite(os.path.abspath('b.txt'), 'more')"
    result = run_program(program(body), launcher=launcher)
    assert result.returncode == 0, result.stderr
    assert (result.folder / "out" / "a.txt").read_text() == "text"
    assert (result.folder / "b.txt").read_text() == "more"


def test_deleted_files_do_not_come_home(run_program: Any) -> None:
    """Files written by tasks and not deleted are brought to their original paths."""
    body = "write('a.txt', 'text')\nwrite('b.txt', 'text')\ncompss_delete_file('a.txt')"
    result = run_program(program(body))
    assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in result.folder.iterdir()) == ["b.txt"]


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_nothing_else_is_left_in_the_working_directory(run_program: Any, launcher: str) -> None:
    result = run_program(program("compss_wait_on(pid())"), launcher=launcher)
    assert result.returncode == 0, result.stderr
    assert list(result.folder.iterdir()) == []


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_arguments_reach_the_program_as_they_were_written(run_program: Any, launcher: str) -> None:
    """sys.argv = [app, *args]."""
    words = ["a b", "--flag=1", "-x", "", "it's", '"quoted"', "$HOME", "*"]
    result = run_program(program("print(repr(sys.argv[1:]))\nprint(sys.argv[0].endswith('app.py'))"), *words,
                         launcher=launcher)  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert repr(words) in result.stdout.splitlines()
    assert "True" in result.stdout.splitlines()


def test_the_main_namespace_is_the_programs(run_program: Any) -> None:
    """`sys` is in the main namespace as programs expect; `__file__` is the program's; `__main__` is the program."""
    source = """
        print(sys.argv[0] == __file__ or __file__.endswith("app.py"))
        import __main__
        print(__main__.__file__ == __file__, __name__)
    """
    result = run_program(source, launcher="pycompss")
    assert result.returncode == 0, result.stderr
    assert [line for line in result.stdout.splitlines() if "True" in line] == ["True", "True __main__"]


def test_modules_beside_the_program_are_found(run_program: Any, tmp_path: Path) -> None:
    """Tasks and functions live in modules beside the main file, also when it is started from elsewhere."""
    place = tmp_path / "application"
    place.mkdir()
    (place / "my_tasks.py").write_text("from pycompss.api.task import task\nimport my_functions\n\n"
                                       "@task(returns=1)\ndef f(x):\n    return my_functions.double(x)\n")  # fmt: skip
    (place / "my_functions.py").write_text("def double(x):\n    return 2 * x\n")
    (place / "app.py").write_text("from my_tasks import f\nfrom pycompss.api.api import compss_wait_on\n"
                                  "print(compss_wait_on(f(4)))\n")  # fmt: skip
    for launcher in LAUNCHERS:
        result = run_program(place / "app.py", launcher=launcher)
        assert result.returncode == 0, result.stderr
        assert "8" in result.stdout.splitlines()


@pytest.mark.timeout(60)
def test_a_module_may_call_tasks_when_it_is_imported(run_program: Any, tmp_path: Path) -> None:
    """Its top-level code runs again in each worker process, which does not call more workers for it."""
    (tmp_path / "constants.py").write_text(
        textwrap.dedent("""
        from pycompss.api.api import TaskGroup, compss_barrier, compss_wait_on
        from pycompss.api.parameter import INOUT
        from pycompss.api.task import task

        @task(returns=1)
        def square(x):
            return x * x

        @task(numbers=INOUT)
        def append(numbers, x):
            numbers.append(x)

        with TaskGroup("constants"):
            ROWS = compss_wait_on([square(x) for x in range(3)])
        append(ROWS, square(3))
        compss_barrier()
        ROWS = compss_wait_on(ROWS)

        @task(returns=1)
        def row(x):
            return ROWS[x]
    """)
    )
    (tmp_path / "app.py").write_text(
        textwrap.dedent("""
        import constants
        from pycompss.api.api import compss_wait_on
        print(constants.ROWS, compss_wait_on([constants.row(2), constants.square(4)]))
    """)
    )
    result = run_program(tmp_path / "app.py", workers=2).succeeded()
    assert result.stdout == "[0, 1, 4, 9] [4, 16]\n"


def test_pythons_development_mode_finds_nothing_to_complain_about(run_program: Any) -> None:
    body = """
        @task(returns=1)
        def double(x):
            return 2 * x

        print(compss_wait_on([double(x) for x in range(3)]))
    """
    result = run_program(program(body, guard=False), env={"PYTHONDEVMODE": "1"}).succeeded()
    assert (result.stdout, result.stderr) == ("[0, 2, 4]\n", "")


def test_the_output_of_tasks_is_not_the_programs(run_program: Any) -> None:
    """Task stdout and stderr go to per-job files, not to the terminal."""
    body = """
        @task(returns=1)
        def talk():
            print("to the task's stdout")
            print("to the task's stderr", file=sys.stderr)
            os.write(1, b"straight to descriptor 1")
            return 1

        if __name__ == "__main__":
            compss_wait_on(talk())
            print("end")
    """
    result = run_program(program(body, guard=False))
    assert result.returncode == 0, result.stderr
    assert result.stdout == "end\n"
    assert "to the task" not in result.stderr


def test_the_output_of_a_failed_task_is_in_its_files(run_program: Any) -> None:
    """`jobs/job<N>_NEW.out/.err`, also `_RESUBMITTED`, …, of failed ones at least."""
    body = """
        @task(returns=1)
        def talk():
            print("to the task's stdout")
            print("to the task's stderr", file=sys.stderr)
            raise ValueError("failed on purpose")

        if __name__ == "__main__":
            talk()
    """
    result = run_program(program(body, guard=False))
    assert result.returncode == 1
    jobs = result.run_folder / "jobs"
    assert "to the task's stdout" in (jobs / "job1_NEW.out").read_text()
    errors = (jobs / "job1_NEW.err").read_text()
    assert "to the task's stderr" in errors
    assert "failed on purpose" in errors
    assert (jobs / "job1_RESUBMITTED.err").exists()


def test_the_output_of_every_task_is_kept_when_debugging(run_program: Any) -> None:
    """All tasks in debug."""
    body = """
        @task(returns=1)
        def talk(x):
            print("task says", x)

        if __name__ == "__main__":
            compss_wait_on([talk(1), talk(2)])
    """
    result = run_program(program(body, guard=False), launcher="pycompss", flags=["--log_level=debug"])
    assert result.returncode == 0, result.stderr
    said = {(result.run_folder / "jobs" / f"job{n}_NEW.out").read_text() for n in (1, 2)}
    assert said == {"task says 1\n", "task says 2\n"}


def test_plain_python_runs_in_parallel(run_program: Any, tmp_path: Path) -> None:
    """Section 17: plain `python app.py` runs in parallel on the local engine."""
    body = f"""
        @task(returns=1)
        def meet(name, other):
            open(os.path.join({str(tmp_path)!r}, name), "w").close()
            for _ in range(2000):
                if os.path.exists(os.path.join({str(tmp_path)!r}, other)):
                    return True
                time.sleep(0.01)

        if __name__ == "__main__":
            print(compss_wait_on([meet("a", "b"), meet("b", "a")]))
    """
    result = run_program(program(body, guard=False))
    assert (result.returncode, result.stdout) == (0, "[True, True]\n"), result.stderr


def test_the_inline_engine_runs_in_sequence(run_program: Any) -> None:
    """Section 17: PYCOMPSS_ENGINE=inline gives sequential mode; so does --engine=inline."""
    source = program("print(pid() == os.getpid())")
    assert run_program(source, engine="inline").stdout == "True\n"
    result = run_program(source, engine=None, launcher="pycompss", flags=["--engine=inline"])
    assert "True" in result.stdout.splitlines()


def test_variables_are_visible_in_a_task(run_program: Any) -> None:
    """COMPSS_NUM_NODES, COMPSS_HOSTNAMES, COMPSS_NUM_THREADS, OMP_NUM_THREADS, COMPSS_BINDED_CPUS, …."""
    body = """
        @task(returns=1)
        def variables():
            names = ["COMPSS_NUM_NODES", "COMPSS_HOSTNAMES", "COMPSS_NUM_THREADS", "OMP_NUM_THREADS", "COMPSS_NUM_CPUS"]
            return [os.environ.get(name) for name in names], "COMPSS_BINDED_CPUS" in os.environ

        if __name__ == "__main__":
            print(compss_wait_on(variables()))
    """
    result = run_program(program(body, guard=False))
    assert result.returncode == 0, result.stderr
    assert result.stdout == "(['1', 'localhost', '1', '1', '1'], True)\n"


def test_one_function_of_a_file_can_be_launched(run_program: Any, tmp_path: Path) -> None:
    """launch_pycompss_application(app, func, …, *args, **kwargs) runs one function of a file."""
    app = tmp_path / "library.py"
    app.write_text(program("raise SystemExit(9)") + textwrap.dedent("""
        def run(a, b=1):
            return [a, b, compss_wait_on(pid()) != os.getpid()]
        """))  # fmt: skip
    source = f"""
        from pycompss.runtime.launch import launch_pycompss_application
        if __name__ == "__main__":
            print(launch_pycompss_application({str(app)!r}, "run", 5, b=6))
    """
    result = run_program(source)
    assert result.returncode == 0, result.stderr
    assert "[5, 6, True]" in result.stdout


def test_two_programs_run_side_by_side(run_program: Any) -> None:
    """A program that is started by a program's task has a runtime of its own."""
    body = f"""
        import subprocess

        @task(returns=1)
        def run_another():
            code = {program("print(compss_wait_on(pid()) != os.getpid())")!r}
            open("another.py", "w").write(code)
            return subprocess.run([sys.executable, "another.py"], capture_output=True, text=True).stdout

        if __name__ == "__main__":
            print(compss_wait_on(run_another()).strip())
    """
    source = HEAD + textwrap.dedent("\n".join(line for line in body.split("\n")))
    result = run_program(source)
    assert (result.returncode, result.stdout) == (0, "True\n"), result.stderr


@pytest.mark.parametrize("ending", ["", "import os; os.kill(os.getpid(), 9)", "raise KeyboardInterrupt"])
def test_nothing_is_left_running(run_program: Any, ending: str) -> None:
    """Clean end in every case; `run_program` fails when a process of the run is left."""
    result = run_program(program(f"wait_for_ever() if {bool(ending)} else pid()\ncompss_wait_on(pid())\n{ending}"))
    assert result.returncode == {"": 0}.get(ending, result.returncode)
