"""What a program says when it is given something wrong: one message that names the task, the argument and the line.

Each program has one mistake, on the line that ends in `# <- here`.
"""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

HEAD = """
import os, socket, sys
from pycompss.api.task import task
from pycompss.api.constraint import constraint
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import *
from pycompss.api.api import *

@task(returns=1)
def use(first, second=None):
    return 1

@task(f=FILE_IN, returns=1)
def read(f):
    return open(f).read()

"""


def program(body: str) -> str:
    return HEAD + textwrap.dedent(body)


def here(source: str) -> str:
    """How messages name the line of the mistake."""
    (number,) = [n for n, line in enumerate(source.splitlines(), 1) if line.endswith("# <- here")]
    return f"app.py:{number}"


def names_the_line(text: str, source: str) -> bool:
    """As `app.py:12`, or as tracebacks do."""
    number = here(source).partition(":")[2]
    return re.search(rf'app\.py(:|", line ){number}\b', text) is not None


def check(run_program: Any, source: str, code: int, *words: str, **options: Any) -> Any:
    """Run it: the documented exit code, every word and the line in what it says on stderr, said once."""
    result = run_program(source, **options)
    assert result.returncode == code, result.stderr
    for word in words:
        assert word in result.stderr, f"{word!r} is missing in:\n{result.stderr}"
    assert names_the_line(result.stderr, source), f"{here(source)} is missing in:\n{result.stderr}"
    assert "never" not in result.stdout
    return result


# ------------------------------------------------------------------ decorators


def test_an_unknown_decorator_argument_is_a_warning(run_program: Any) -> None:
    """It is ignored, after a warning that names it, the task and where it is declared."""
    source = program("""
        @task(returns=1, pirority=True)  # <- here
        def misspelt(x):
            return x

        print(compss_wait_on(misspelt(5)))
    """)
    result = run_program(source)
    assert (result.returncode, result.stdout) == (0, "5\n"), result.stderr
    assert result.stderr.count("Unexpected argument: pirority Found in @task decorator.") == 1
    assert "misspelt" in result.stderr


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("{Type: DICTIONARY, Direction: CONCURRENT}", ["DICTIONARY", "CONCURRENT"]),
        ("{Type: DIRECTORY, Direction: COMMUTATIVE}", ["DIRECTORY", "COMMUTATIVE"]),
        ("'INOUT'", ["INOUT"]),
        ("{Type: INOUT, 'Depht': 2}", ["Depht"]),
        ("{Type: COLLECTION_IN, Depth: 'two'}", ["two"]),
    ],
    ids=["dictionary", "directory", "text", "unknown key", "depth"],
)
def test_a_wrong_description_of_a_parameter(run_program: Any, spec: str, words: list[str]) -> None:
    """Wrong directions for a type: refused at decoration."""
    source = program(f"""
        @task(thing={spec})
        def described(thing):  # <- here
            pass

        print("never")
    """)
    result = run_program(source)
    assert result.returncode == 1
    for word in ["described", "thing", *words]:
        assert word in result.stderr
    line = int(here(source).partition(":")[2])
    assert any(re.search(rf'app\.py(:|", line ){n}\b', result.stderr) for n in (line - 1, line))
    assert "never" not in result.stdout


def test_a_file_direction_for_self(run_program: Any) -> None:
    source = program("""
        class C:
            @task(self=FILE_OUT)  # <- here
            def method(self):
                pass

        print("never")
    """)
    result = run_program(source)
    assert result.returncode == 1
    assert "self" in result.stderr
    assert "method" in result.stderr


# ------------------------------------------------------------------ arguments


def test_a_missing_input_file(run_program: Any) -> None:
    source = program("""
        read("no_such_file.txt")  # <- here
        compss_barrier()
        print("never")
    """)
    check(run_program, source, 1, "read", "'f'", "no_such_file.txt")


def test_an_unreadable_path(run_program: Any) -> None:
    source = program("""
        open("plain.txt", "w").close()
        read("plain.txt/inside.txt")  # <- here
        compss_barrier()
        print("never")
    """)
    check(run_program, source, 1, "read", "'f'", "plain.txt/inside.txt")


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_path_without_permission(run_program: Any) -> None:
    source = program("""
        open("secret.txt", "w").close()
        os.chmod("secret.txt", 0)
        read("secret.txt")  # <- here
        compss_barrier()
        print("never")
    """)
    check(run_program, source, 1, "read", "'f'", "secret.txt")


def test_something_else_than_a_path(run_program: Any) -> None:
    source = program("""
        read(["a", "b"])  # <- here
        print("never")
    """)
    check(run_program, source, 1, "read", "'f'")


def test_something_else_than_a_collection(run_program: Any) -> None:
    source = program("""
        @task(c=COLLECTION_IN)
        def total(c):
            pass

        total(5)  # <- here
        print("never")
    """)
    check(run_program, source, 1, "total", "'c'")


def test_an_argument_that_cannot_be_serialised(run_program: Any) -> None:
    """The attribute path is named."""
    source = program("""
        class Model:
            def __init__(self):
                self.parts = {"connection": socket.socket()}

        use(1, second=Model())  # <- here
        print("never")
    """)
    check(run_program, source, 1, "use", "second", "parts", "connection")


def test_a_result_that_cannot_be_serialised(run_program: Any) -> None:
    source = program("""
        @task(returns=1)
        def make():
            with open("runs", "a") as log:
                log.write("x")
            return {"model": [socket.socket()]}

        value = make()  # <- here
        compss_wait_on(value)
        print("never")
    """)
    check(run_program, source, 1, "make", "model", "socket")


@pytest.mark.parametrize("call", ["use()", "use(1, 2, 3)", "use(1, third=3)"])
def test_a_wrong_number_or_name_of_arguments(run_program: Any, call: str) -> None:
    source = program(f"""
        {call}  # <- here
        print("never")
    """)
    check(run_program, source, 1, "TypeError", "use()")


def test_a_wrong_number_of_returns(run_program: Any) -> None:
    source = program("""
        @task(returns=3)
        def three():
            return 1, 2

        values = three()  # <- here
        compss_wait_on(values)
        print("never")
    """)
    check(run_program, source, 1, "three", "3", "2")


def test_an_output_file_that_is_not_written(run_program: Any) -> None:
    source = program("""
        @task(out=FILE_OUT)
        def write(out):
            pass

        write("result.txt")  # <- here
        compss_barrier()
        print("never")
    """)
    check(run_program, source, 1, "write", "out", "result.txt")


def test_inout_on_an_immutable_value(run_program: Any) -> None:
    """It has no effect, so it is a warning, at the line of the call."""
    source = program("""
        @task(x=INOUT)
        def increment(x):
            x += 1

        n = 1
        increment(n)  # <- here
        print(compss_wait_on(n))
    """)
    result = run_program(source)
    assert (result.returncode, result.stdout) == (0, "1\n"), result.stderr
    for word in ("increment", "x"):
        assert word in result.stderr
    assert names_the_line(result.stderr, source)


# ------------------------------------------------------------------ resources


@pytest.mark.parametrize(
    ("asked", "words"),
    [("computing_units=64", ["64", "2"]), ("memory_size=100000", ["100000"])],
    ids=["computing units", "memory"],
)
def test_a_constraint_that_no_node_can_satisfy(run_program: Any, asked: str, words: list[str]) -> None:
    """Refused at the call, with what it asked for and what the best node has."""
    source = program(f"""
        @constraint({asked})
        @task(returns=1)
        def greedy():
            return 1

        greedy()  # <- here
        print("never")
    """)
    check(run_program, source, 1, "greedy", *words)


def test_an_unknown_constraint(run_program: Any) -> None:
    source = program("""
        @constraint(computing_unit=2)
        @task(returns=1)
        def constrained():  # <- here
            return 1

        constrained()
        print("never")
    """)
    result = run_program(source)
    assert result.returncode == 1
    assert "computing_unit" in result.stderr
    assert "computing_units" in result.stderr
    assert "never" not in result.stdout


def test_too_little_memory_for_values(run_program: Any) -> None:
    """Too little shared memory, and nothing may go to disk: what was needed, and how much may be used."""
    source = program("""
        use(bytearray(200_000_000))  # <- here
        print("never")
    """)
    check(run_program, source, 1, "use", "first", env={"PYCOMPSS_STORE_LIMIT": "16MB", "PYCOMPSS_STORE_SPILL": "false"})


def test_too_little_memory_for_a_result(run_program: Any) -> None:
    source = program("""
        @task(returns=1)
        def large():
            return bytearray(200_000_000)

        value = large()  # <- here
        compss_wait_on(value)
        print("never")
    """)
    check(run_program, source, 1, "large", env={"PYCOMPSS_STORE_LIMIT": "16MB", "PYCOMPSS_STORE_SPILL": "false"})


# ------------------------------------------------------------------ life cycle


def test_a_task_called_after_the_runtime_stopped(run_program: Any) -> None:
    """It runs in sequence, and a message says so."""
    source = program("""
        compss_wait_on(use(1))
        compss_stop()
        print(compss_wait_on(use(1)))  # <- here
        print(compss_wait_on(use(2)))
    """)
    result = run_program(source)
    assert (result.returncode, result.stdout) == (0, "1\n1\n"), result.stderr
    assert "use" in result.stderr
    assert "stopped" in result.stderr


def test_two_runtimes_at_once(run_program: Any) -> None:
    """The second is refused; the first goes on."""
    source = program("""
        from pycompss.runtime import start
        from pycompss.runtime.config import Config

        compss_wait_on(use(1))
        try:
            start.start(Config())
        except Exception as error:
            print("refused:", error)
        print(compss_wait_on(use(2)))
    """)
    result = run_program(source)
    assert result.returncode == 0, result.stderr
    refused, value = result.stdout.splitlines()
    assert "already running" in refused
    assert value == "1"


def test_a_second_start_by_the_api(run_program: Any) -> None:
    source = program("""
        compss_start()
        compss_start()
        print(compss_wait_on(use(2)))
        compss_stop()
    """)
    result = run_program(source)
    assert result.returncode == 0, result.stderr
    assert "1" in result.stdout.splitlines()
    assert "already running" in result.stdout + result.stderr


@pytest.mark.parametrize("launcher", ["pycompss", "runcompss"])
def test_an_application_that_does_not_exist(run_program: Any, tmp_path: Path, launcher: str) -> None:
    result = run_program(tmp_path / "no_such_app.py", launcher=launcher)
    assert result.returncode == 1
    assert "no_such_app.py" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("launcher", ["pycompss", "runcompss"])
def test_an_application_with_a_syntax_error(run_program: Any, launcher: str) -> None:
    source = program("""
        def broken(:  # <- here
            pass
    """)
    result = run_program(source, launcher=launcher)
    assert result.returncode == 1
    assert names_the_line(result.stderr, source)
    assert re.search("syntax ?error", result.stderr, re.IGNORECASE)
    assert "Traceback" not in result.stderr


def test_one_message_for_one_mistake(run_program: Any) -> None:
    """A failure in many tasks of one kind is shown in full once."""
    source = program("""
        @task(returns=1, on_failure="IGNORE")
        def fails(n):
            raise ValueError("the very reason")

        print(compss_wait_on([fails(n) for n in range(20)]).count(None))  # <- here
    """)
    result = run_program(source)
    assert (result.returncode, result.stdout) == (0, "20\n"), result.stderr
    assert 1 <= result.stderr.count("Traceback") <= 1


def test_a_directory_where_a_file_is_declared(run_program: Any) -> None:
    source = program("""
        os.mkdir("folder")
        read("folder")  # <- here
    """)
    check(run_program, source, 1, "read", "'f'", "directory")
