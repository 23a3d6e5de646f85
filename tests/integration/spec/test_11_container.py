"""Programming model, section 11.4: `@container`, with stand-ins that run the command outside.

What real engines make of these command lines: `test_11_real_containers.py`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_barrier, compss_open, compss_wait_on
from pycompss.api.binary import binary
from pycompss.api.container import container
from pycompss.api.parameter import COLLECTION_OUT, FILE_IN, FILE_IN_STDIN, FILE_OUT, FILE_OUT_STDOUT, INOUT
from pycompss.api.task import task
from pycompss.errors import COMPSsException, PyCOMPSsException, TaskError
from tests.support import engines

ENGINES = ("docker", "podman", "singularity", "apptainer", "udocker")


@pytest.fixture
def standing_in(folder: Path, monkeypatch: pytest.MonkeyPatch, fresh: Callable[..., Any]) -> Path:
    """A session whose container engines are stand-ins; the folder of the program."""
    engines.make(folder, *ENGINES)
    engines.make_python(folder)
    monkeypatch.setenv("PATH", f"{folder}/bin", prepend=":")
    fresh(workers=1)
    return folder


def shown(path: str = "out") -> str:
    with compss_open(path) as file:
        return file.read()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_program_runs_in_the_container(standing_in, engine):
    @container(engine=engine.title(), image="image:1", options="--network=none")
    @binary(binary="sort", args="-n {{f}}")
    @task(f=FILE_IN, out=FILE_OUT_STDOUT)
    def sort(f, out):
        pass

    Path("f").write_text("3\n10\n2\n")
    sort("f", "out")
    assert shown() == "2\n3\n10\n"
    ((name, *words),) = engines.calls(standing_in)
    assert name == engine
    assert words[words[0] == "--allow-root"] in ("run", "exec")  # udocker's, as root
    assert words[words.index("image:1") :][:3] == ["image:1", "sort", "-n"]
    assert "--network=none" in words
    assert any(word.endswith(f"={standing_in}:{standing_in}") for word in words)  # where the program and its files are


def test_a_standard_input_and_the_working_directory_are_those_of_the_program(standing_in):
    @container(engine="docker", image="image:1")
    @binary(binary="sh", args="-c 'cat; pwd'", working_dir="w")
    @task(given=FILE_IN_STDIN, out=FILE_OUT_STDOUT)
    def cat(given, out):
        pass

    Path("given").write_text("text ")
    cat("given", "out")
    assert shown() == f"text {standing_in}/w\n"
    (words,) = engines.calls(standing_in)
    assert {"--interactive", f"--workdir={standing_in}/w"} <= set(words)


def test_a_program_of_ones_own_is_found_inside(standing_in):
    @container(engine="docker", image="image:1")
    @binary(binary="./own")
    @task(out=FILE_OUT_STDOUT)
    def own(out):
        pass

    Path("own").write_text("#!/bin/sh\necho own\n")
    Path("own").chmod(0o755)
    own("out")
    assert shown() == "own\n"


def test_old_arguments_of_binary_are_a_container_too(standing_in, capsys):
    @binary(binary="echo", engine="docker", image="image:1")
    @task(out=FILE_OUT_STDOUT)
    def echo(word, out):
        pass

    assert (
        "Deprecated argument: engine Found in @binary decorator.\n Please, use: @container" in capsys.readouterr().err
    )
    echo("x", "out")
    assert shown() == "x\n"
    assert len(engines.calls(standing_in)) == 1


def test_the_exit_code_is_that_of_the_program(standing_in):
    @container(engine="docker", image="image:1")
    @binary(binary="sh", args="-c 'exit {{n}}'", fail_by_exit_value=False)
    @task(returns=int)
    def code(n):
        pass

    assert compss_wait_on([code(0), code(19)]) == [0, 19]


def test_a_program_that_fails_shows_its_last_words(standing_in):
    @container(engine="podman", image="image:1")
    @binary(binary="sh", args="-c 'echo inside >&2; exit 3'")
    @task(on_failure="FAIL")
    def fails():
        pass

    fails()
    with pytest.raises(TaskError, match=r"ended with exit code 3\n(.*\n)*.*inside"):
        compss_barrier()


@pytest.mark.parametrize("engine", ENGINES)
def test_an_image_that_is_not_found_is_named_and_not_looked_for_again(standing_in, engine):
    @container(engine=engine, image="image:missing")
    @binary(binary="ls", fail_by_exit_value=False)
    @task(returns=int)
    def ls():
        pass

    _, said = engines.MISSING[engine]
    made = r"no container of image 'image:missing' can be made: .*(.*\n)*.*"
    with pytest.raises(TaskError, match=made + re.escape(said)):
        compss_wait_on(ls())
    assert len(engines.calls(standing_in)) == 1


@pytest.mark.parametrize(("engine", "code"), [("singularity", 255), ("udocker", 1)])
def test_a_program_that_ends_as_its_engine_would_is_a_failure_of_its_own(standing_in, engine, code):
    @container(engine=engine, image="image:1")
    @binary(binary="sh", args="-c 'echo an Error: image or FATAL: >&2; exit {{n}}'", fail_by_exit_value=False)
    @task(returns=int)
    def ends(n):
        pass

    assert compss_wait_on(ends(code)) == code


def test_an_engine_that_is_not_there_is_named(folder, fresh, monkeypatch):
    @container(engine="docker", image="image:1")
    @binary(binary="ls")
    @task()
    def ls():
        pass

    monkeypatch.setenv("PATH", str(folder))
    fresh(workers=1)
    ls()
    with pytest.raises(TaskError, match="there is no program 'docker' on PATH"):
        compss_barrier()


def test_an_unknown_engine_is_refused_where_it_is_decorated():
    with pytest.raises(
        PyCOMPSsException, match=r"@container\(engine='lxc'\): there is no such engine; possible are DOCKER"
    ):
        container(engine="lxc", image="i")
    with pytest.raises(PyCOMPSsException, match="The argument image is mandatory in the @container"):
        container(engine="docker")


# ---------------------------------------------------------------- Python functions


class Box:
    def __init__(self, n):
        self.n = n


FACTOR = 10


@container(engine="docker", image="image:1")
@task(returns=1)
def scaled(x, *more, by=1):
    print("scaled inside")
    return FACTOR * (x + sum(more)) * by


@container(engine="docker", image="image:1")
@task(numbers=INOUT, box=INOUT, out=COLLECTION_OUT, f=FILE_OUT)
def change(numbers, box, out, f):
    numbers.append(os.path.basename(os.getcwd())[:4])
    box.n += 1
    out[0] = "made"
    Path(f).write_text("written inside")


@container(engine="docker", image="image:1")
@task(on_failure="FAIL")
def raises(what):
    raise what


def test_a_function_runs_in_the_container(standing_in):
    assert compss_wait_on(scaled(1, 2, 3, by=2)) == 120
    (words,) = engines.calls(standing_in)
    assert words[words.index("image:1") + 1] == "python3"


def test_what_it_changes_and_writes_comes_back(standing_in):
    numbers, box, out = [1], Box(1), [object()]
    change(numbers, box, out, "f")
    assert compss_wait_on(numbers) == [1, "task"]
    assert compss_wait_on(box).n == 2
    assert compss_wait_on(out) == ["made"]
    assert shown("f") == "written inside"


def test_what_it_raises_arrives_with_the_traceback_of_inside(standing_in):
    raises(KeyError("inside"))
    with pytest.raises(TaskError) as info:
        compss_barrier()
    cause = info.value.__cause__
    assert isinstance(cause, KeyError)
    assert re.search(r"line \d+, in raises\n", str(cause.__cause__))


def test_a_compss_exception_is_one_outside_too(standing_in):
    from pycompss.api.api import TaskGroup

    with pytest.raises(COMPSsException, match="inside"), TaskGroup("g"):
        raises(COMPSsException("inside"))


def test_an_image_without_python_is_named(standing_in):
    os.unlink(standing_in / "bin/python3")
    (standing_in / "bin/docker").write_text("#!/bin/sh\necho 'exec: python3: not found' >&2\nexit 127\n")
    scaled(1)
    with pytest.raises(TaskError, match=r"there is no python3 in the image .*image:1(.*\n)*.*python3: not found"):
        compss_barrier()


def test_in_sequence_a_function_runs_here_and_a_program_in_the_container(inline, folder, monkeypatch, capfd):
    @container(engine="docker", image="image:1")
    @binary(binary="echo", args="{{word}}!")
    @task()
    def echo(word):
        pass

    engines.make(folder, "docker")
    monkeypatch.setenv("PATH", f"{folder}/bin", prepend=":")
    assert scaled(1, by=3) == 30
    assert engines.calls(folder) == []
    assert echo("a") == 0
    assert capfd.readouterr().out == "scaled inside\na!\n"
    assert len(engines.calls(folder)) == 1
