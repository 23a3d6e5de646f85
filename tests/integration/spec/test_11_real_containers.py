"""Programming model, section 11.4: `@container` with real engines, docker and podman, and images made here."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import (
    TaskGroup,
    compss_barrier,
    compss_cancel_group,
    compss_open,
    compss_wait_on,
    compss_wait_on_file,
)
from pycompss.api.binary import binary
from pycompss.api.constraint import constraint
from pycompss.api.container import container
from pycompss.api.parameter import (
    COLLECTION_FILE_IN,
    FILE_IN,
    FILE_IN_STDIN,
    FILE_INOUT,
    FILE_OUT,
    FILE_OUT_STDOUT,
    INOUT,
    STREAM_IN,
    Depth,
    Type,
)
from pycompss.api.task import task
from pycompss.errors import TaskError
from pycompss.streams.distro_stream import FileDistroStream
from tests.support import containers, processes
from tests.support.launch import REPOSITORY
from tests.support.rendezvous import await_true

TINY = {"engine": "$ENGINE", "image": "localhost/tiny:1"}
PYTHON = {
    "engine": "$ENGINE",
    "image": "localhost/python:1",
    "options": " ".join([*containers.MOUNTS, "--env=PATH=/bin", containers.LIBRARIES]),
}


@pytest.fixture(scope="module", params=containers.NEEDS)
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Variables with which the engine finds the images, and `ENGINE`, its name."""
    with containers.started(request.param, tmp_path_factory.mktemp(request.param)) as variables:
        yield {"ENGINE": request.param, **variables}


@pytest.fixture
def engine(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, fresh: Callable[..., Any]) -> Callable[..., str]:
    """A session with these settings; `engine(words)`: what the engine says."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    fresh(workers=2)
    return lambda *words: (
        subprocess.run([settings["ENGINE"], *words], capture_output=True, text=True, check=True).stdout
    )


def shown(path: str = "out") -> str:
    with compss_open(path) as file:
        return file.read()


def test_the_listing_comes_from_the_image(engine):
    @container(**TINY)
    @binary(binary="ls", args="/etc")
    @task(out=FILE_OUT_STDOUT)
    def ls(out):
        pass

    ls("out")
    assert "is-a-container" in shown()


def test_the_example_of_all_kinds_makes_checksums(settings, run_program):
    words = ["--files", "4", "--container", settings["ENGINE"], "--image", TINY["image"]]
    done = run_program(REPOSITORY / "examples" / "all_kinds.py", *words, env=settings).succeeded()
    assert "container" not in done.stdout
    assert done.stdout.splitlines()[-1].startswith("right")


def test_files_go_in_and_come_out_and_belong_to_the_user(engine, folder):
    @container(**TINY)
    @binary(binary="sh", args="-c 'sort {{given}} > {{made}}; echo more >> {{changed}}; cat; id -u'")
    @task(given=FILE_IN, made=FILE_OUT, changed=FILE_INOUT, read=FILE_IN_STDIN, out=FILE_OUT_STDOUT)
    def work(given, made, changed, read, out):
        pass

    for name, text in (("given", "b\na\n"), ("changed", "some\n"), ("read", "read\n")):
        Path(name).write_text(text)
    work("given", "made", "changed", "read", "out")
    assert (shown("made"), shown("changed")) == ("a\nb\n", "some\nmore\n")
    assert shown() == f"read\n{os.getuid()}\n"
    compss_wait_on_file("made")
    assert Path("made").stat().st_uid == os.getuid()


def test_the_working_directory_and_the_threads_are_those_of_the_task(engine, folder):
    @constraint(computing_units=2)
    @container(**TINY)
    @binary(binary="sh", args="-c 'pwd; echo $COMPSS_NUM_THREADS $OMP_NUM_THREADS; echo kept > kept'", working_dir="w")
    @task(out=FILE_OUT_STDOUT)
    def where(out):
        pass

    where("out")
    assert shown() == f"{folder}/w\n2 2\n"
    assert (folder / "w/kept").read_text() == "kept\n"


def test_files_of_varargs_and_lists_and_folders_of_streams_are_there_inside(engine, tmp_path):
    @container(**TINY)
    @binary(binary="sh", args='-c \'cat "$@"; ls "$0"\' {{stream}} {{files}}')
    @task(out=FILE_OUT_STDOUT, stream=STREAM_IN, varargs_type=FILE_IN)
    def each(out, stream, *files):
        pass

    @container(**PYTHON)
    @task(files={Type: COLLECTION_FILE_IN, Depth: 2}, returns=1)
    def nested(files):
        return [Path(path).read_text() for row in files for path in row]

    files = [tmp_path / name / "f" for name in ("one", "two", "three")]  # nowhere near the program
    for path in files:
        path.parent.mkdir()
        path.write_text(f"{path.parent.name}\n")
    each("out", FileDistroStream(base_dir=tmp_path / "three"), *files[:2])
    assert shown() == "one\ntwo\nf\n"
    assert compss_wait_on(nested([files[:1], files[1:]])) == ["one\n", "two\n", "three\n"]


def test_directories_may_have_a_colon_in_their_names(engine, folder, monkeypatch):
    @container(**TINY)
    @binary(binary="cat", working_dir="made:12:00")
    @task(f=FILE_IN, out=FILE_OUT_STDOUT)
    def cat(f, out):
        pass

    (folder / 'run 2024-01-01T12:00, "x"').mkdir()
    monkeypatch.chdir(folder / 'run 2024-01-01T12:00, "x"')
    Path("f").write_text("text")
    cat("f", "out")
    assert shown() == "text"


def test_the_exit_code_is_that_of_the_program(engine):
    @container(**TINY)
    @binary(binary="sh", args="-c 'exit {{n}}'", fail_by_exit_value=False)
    @task(returns=int)
    def code(n):
        pass

    assert compss_wait_on(code(19)) == 19


def test_an_image_that_is_not_there_is_named(engine):
    @container(engine="$ENGINE", image="localhost/nothing:1")
    @binary(binary="true")
    @task()
    def f():
        pass

    f()
    with pytest.raises(TaskError, match="no container of image 'localhost/nothing:1' can be made: "):
        compss_barrier()


@container(**TINY)
@binary(binary="sleep")
@task(on_failure="IGNORE")
def sleep(seconds):
    pass


def asleep(engine: str) -> tuple[processes.Process, processes.Process]:
    """What sleeps in the container, and the engine's process that waits for it."""
    command = f"sleep {SECONDS}"

    def found() -> list[processes.Process]:
        looked = [process for process in map(processes.look, processes.pids()) if process is not None]
        inside = [process for process in looked if process.command == command]
        outside = [process for process in looked if f"/{engine} run " in process.command[:80]]
        return [*inside, *(process for process in outside if processes.descends(process, os.getpid()))]

    await_true(lambda: len(found()) == 2, "no container was started")
    inside, outside = found()
    return inside, outside


SECONDS = 100_000 + os.getpid()  # nobody else sleeps as long


def await_the_end(engine: Callable[..., str], inside: processes.Process) -> None:
    await_true(lambda: processes.look(inside.pid) is None, "the program in the container did not end")
    await_true(lambda: not engine("ps", "--all", "--quiet"), "the container is still there")


def test_a_cancelled_task_leaves_no_container(engine, settings):
    with TaskGroup("g", False):
        sleep(SECONDS)
    inside, _ = asleep(settings["ENGINE"])
    compss_cancel_group("g")
    await_the_end(engine, inside)


def test_a_killed_worker_leaves_no_container(engine, settings):
    sleep(SECONDS)
    inside, outside = asleep(settings["ENGINE"])
    os.kill(outside.parent, signal.SIGKILL)
    await_the_end(engine, inside)
    compss_barrier()


def test_a_function_runs_inside_and_what_it_changes_comes_back(engine):
    @container(**PYTHON)
    @task(numbers=INOUT, f=FILE_OUT, returns=1)
    def inside(numbers, f):
        numbers.append(sorted(os.listdir("/etc")))
        Path(f).write_text("written inside")
        return os.getuid()

    numbers: list[Any] = []
    assert compss_wait_on(inside(numbers, "f")) == os.getuid()
    assert "is-a-container" in compss_wait_on(numbers)[0]
    assert shown("f") == "written inside"


def test_the_function_of_the_docs_runs_inside(settings, run_program):
    page = (REPOSITORY / "docs" / "kinds-of-task.md").read_text()
    (program,) = re.findall(r"^```py\n(from pycompss.*?@container\(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    here = program.replace('engine="docker", image="python:3.11-slim"', f"**{PYTHON!r}")
    assert here != program
    assert run_program(here, env=settings).succeeded().stdout == "2 ['x,y']\n"


def test_what_a_function_raises_inside_arrives(engine):
    @container(**PYTHON)
    @task(on_failure="FAIL")
    def fails():
        raise FileNotFoundError(2, "inside", os.getcwd())

    fails()
    with pytest.raises(TaskError) as info:
        compss_barrier()
    assert isinstance(info.value.__cause__, FileNotFoundError)


def test_an_exception_with_a_constructor_of_its_own_arrives_as_it_is(engine):
    class Odd(Exception):
        def __init__(self, a, b):
            super().__init__(f"{a} and {b}")
            self.a, self.lock = a, threading.Lock()

    @container(**PYTHON)
    @task(on_failure="FAIL")
    def fails():
        raise Odd(1, 2)

    fails()
    with pytest.raises(TaskError, match="1 and 2") as info:
        compss_barrier()
    error = info.value.__cause__
    assert isinstance(error, Odd)
    assert error.a == 1


def test_an_image_without_python_is_named(engine):
    @container(**TINY)
    @task()
    def inside():
        pass

    inside()
    with pytest.raises(TaskError, match="there is no python3 in the image"):
        compss_barrier()
