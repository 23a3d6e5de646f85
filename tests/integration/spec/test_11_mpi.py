"""Programming model, section 11.3: `@mpi` and `@mpmd_mpi`, with real MPICH and Open MPI."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from pycompss.api.api import TaskGroup, compss_barrier, compss_open, compss_wait_on
from pycompss.api.software import software
from pycompss.errors import COMPSsException, TaskError
from tests.integration.spec import mpi_tasks
from tests.integration.spec.equipped import EQUIPPED
from tests.support.answers import answering, running_aside
from tests.support.launch import REPOSITORY
from tests.support.mpi import FAMILIES, Mpi, installed
from tests.support.rendezvous import await_mark, mark

pytestmark = pytest.mark.timeout(400)  # the first run installs MPI

PROGRAM = f"""#!{sys.executable} -S
import os, sys
size = os.environ.get("PMI_SIZE") or os.environ.get("OMPI_COMM_WORLD_SIZE")
words = [*sys.argv[1:], "of", size, "threads", os.environ["OMP_NUM_THREADS"], "in", os.path.basename(os.getcwd())]
sys.stdout.write(" ".join(words) + "\\n")
"""


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, no_leaks_of_module):
    with pytest.MonkeyPatch.context() as patch:
        found = installed(request.param)
        found.use(patch)
        yield found


@pytest.fixture(scope="module")
def mpi_session(family: Mpi):
    with running_aside(workers=2) as session, answering(session):
        yield session


@pytest.fixture
def mpi(mpi_session):
    """Tasks run in two worker processes, and find the runner and mpi4py of one family."""
    with answering(mpi_session):
        yield mpi_session
        mpi_session.barrier()


@pytest.fixture
def program(folder: Path, monkeypatch):
    """`$PROGRAM` says what it was given and where it runs; `$PROCESSES` are two."""
    path = folder / "program"
    path.write_text(PROGRAM)
    path.chmod(0o755)
    for name, value in (("PROGRAM", str(path)), ("PROCESSES", "2"), ("FLAGS", f"-wdir {folder}")):
        monkeypatch.setenv(name, value)
    return path


def lines(path: str) -> list[str]:
    with compss_open(path) as file:
        return sorted(filter(None, file.read().splitlines()))


# ---------------------------------------------------------------- a function in every rank


def test_the_values_of_all_ranks_come_in_their_order(mpi):
    assert compss_wait_on(mpi_tasks.rank()) == [0, 1, 2, 3]


def test_one_process_gives_a_bare_value_and_has_the_cores_of_the_task(mpi):
    threads, cores, given = compss_wait_on(mpi_tasks.alone())
    assert threads == ["2", "2", "2"]
    assert given in (cores, "")


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="nothing can be seen on a machine with one core")
def test_ranks_run_on_the_cores_of_their_task(mpi, folder):
    """Runtime and tools, 5.3: while another task holds a core, ranks are kept off it."""
    held = mpi_tasks.holds_a_core_until(str(folder / "go"))
    await_mark(folder / "go.held")
    try:
        cores, told = compss_wait_on(mpi_tasks.cores_of_one())
        mpi_tasks.program_asks("out")
        with compss_open("out") as file:
            affinity, told_program = file.read().splitlines()
    finally:
        mark(folder / "go")
    other, _ = compss_wait_on(held)
    assert len(other) == len(cores) == 1
    assert cores != other
    assert [told, affinity.rpartition(": ")[2], told_program] == [str(cores[0])] * 3
    (first, told), second = compss_wait_on(mpi_tasks.cores_of_two())
    assert second == (first, told)
    assert (len(first), ",".join(map(str, first))) == (2, told)


def test_ranks_that_wait_for_io_start_while_all_cores_are_busy(mpi, folder):
    """Section 11.4: `@IO` with or without `@mpi`."""
    marks = [str(folder / name) for name in ("go1", "go2")]
    busy = [mpi_tasks.holds_a_core_until(path) for path in marks]
    for path in marks:
        await_mark(path + ".held")
    try:
        assert compss_wait_on(mpi_tasks.waits_for_io()) == [0, 1]
    finally:
        for path in marks:
            mark(path)
    compss_wait_on(busy)


def test_ranks_see_the_gpus_of_their_task(family, fresh):
    fresh(nodes=[EQUIPPED])
    assert compss_wait_on(mpi_tasks.gpus()) == [(0, "4,7"), (1, "4,7")]


def test_the_number_of_processes_may_be_a_global_that_is_read_at_each_call(mpi, monkeypatch):
    monkeypatch.setattr(mpi_tasks, "N", 2)
    first = mpi_tasks.as_many()
    monkeypatch.setattr(mpi_tasks, "N", 3)
    second = mpi_tasks.as_many()
    assert compss_wait_on([first, second]) == [[2, 2], [3, 3, 3]]


def test_each_rank_has_its_future_and_what_rank_0_changed_comes_home(mpi, folder):
    numbers, counter, array, blocks = [7], mpi_tasks.Counter(), np.zeros(100_000), [[0], [0]]
    (folder / "log").write_text("first\n")
    futures = mpi_tasks.change(numbers, counter, array, blocks, "log")
    assert len(futures) == 3
    values = compss_wait_on(futures)
    assert [value for value, _ in values] == [1.0, 2.0, 3.0]
    assert [type(own) for _, own in values] == [mpi_tasks.Counter] * 3
    assert compss_wait_on(numbers) == [7, 0]
    assert compss_wait_on(counter).n == 1
    assert (compss_wait_on(array) == 1).all()
    assert compss_wait_on(blocks) == [[0, 0], [0]]
    assert lines("log") == ["by the last", "first"]


def test_a_method_changes_its_object(mpi):
    counter = mpi_tasks.Counter()
    counter.add(1)
    values = counter.add(1)
    assert compss_wait_on(values) == [2, 3]
    assert compss_wait_on(counter).n == 2


def test_layouts_deal_collections_out(mpi):
    rows = [[n] for n in range(8)]
    letters, dealt, few, usual, whole = zip(
        *compss_wait_on(mpi_tasks.deal(list("abcde"), rows, [5, 6], list("wxyz"), whole=[1, 2])), strict=True
    )
    assert letters == (["a", "b"], ["b", "c"], ["c", "d"], ["d", "e"])
    assert dealt[0] == [[0], [4]]
    assert few == (5, 6, [], [])
    assert usual == ("w", "x", "y", "z")
    assert whole == ([1, 2],) * 4


def test_a_task_may_call_one_that_has_ranks(mpi):
    assert compss_wait_on(mpi_tasks.nested(5)) == [[0, 1, 2, 3], 5]


def test_functions_of_the_main_file_see_its_globals_as_they_are(family, run_program):
    result = run_program(
        """
        from pycompss.api.api import compss_wait_on
        from pycompss.api.mpi import mpi
        from pycompss.api.task import task

        factor = 10

        class Point:
            def __init__(self, x):
                self.x = x
        @mpi(runner="mpirun", processes=2)
        @task(returns=1)
        def move(point):
            from mpi4py import MPI
            print("rank", MPI.COMM_WORLD.rank, "speaks")
            return Point(point.x + factor)

        first = move(Point(1))
        factor = 20
        second = move(Point(1))
        for points in compss_wait_on([first, second]):
            print([point.x for point in points], all(type(point) is Point for point in points))
        """,
        env=family.environment,
    ).succeeded()
    assert result.stdout == "[11, 11] True\n[21, 21] True\n"


def test_the_example_finds_pi(family, run_program):
    example = REPOSITORY / "examples" / "mpi_pi.py"
    result = run_program(example, "--points", "20000", "--experiments", "2", env=family.environment).succeeded()
    assert result.stdout.splitlines()[-1] == "right"


def test_the_example_of_all_kinds_counts_letters(family, run_program):
    result = run_program(REPOSITORY / "examples" / "all_kinds.py", "--files", "4", env=family.environment).succeeded()
    missing, right = result.stdout.splitlines()
    assert missing == "left out, because it is not here: a container (--container=podman --image=…)"
    assert right.startswith("right")


# ---------------------------------------------------------------- what goes wrong in ranks


@pytest.fixture
def failing(family, fresh):
    """A session that may have tasks that fail for good."""
    return fresh(workers=2)


def test_the_exception_of_a_rank_is_the_tasks_and_names_the_rank(failing, capfd):
    with pytest.raises(TaskError, match=r"KeyError: 'gone'   \[rank 1 of 2\]") as info:
        compss_wait_on(mpi_tasks.raises(KeyError("gone"), on_failure="FAIL"))
    assert isinstance(info.value.__cause__, KeyError)
    assert "mpi_tasks.py" in str(info.value.__cause__.__cause__)
    assert "in rank 1 of 2" in capfd.readouterr().err


def test_an_exception_with_a_constructor_of_its_own_arrives_as_it_is(failing):
    with pytest.raises(TaskError, match="1 and 2") as info:
        compss_wait_on(mpi_tasks.raises_odd())
    error = info.value.__cause__
    assert isinstance(error, mpi_tasks.Odd)
    assert error.a == 1


def test_a_rank_that_is_killed_fails_the_task_and_ends_the_others(failing):
    with pytest.raises(TaskError, match=r"(?s)mpirun .* ended .*rank.* gave nothing"):
        compss_wait_on(mpi_tasks.dies("killed"))


def test_a_rank_may_cancel_its_group(mpi):
    with pytest.raises(COMPSsException, match="enough"), TaskGroup("g"):
        mpi_tasks.cancels([])


# ---------------------------------------------------------------- programs


def test_a_program_runs_as_often_as_asked_with_all_parameters(mpi, program):
    assert compss_wait_on(mpi_tasks.program("a b", "out")) == 0
    assert lines("out") == ["a b z of 2 threads 1 in program"] * 2


def test_processes_are_scaled_by_computing_units(mpi, program, folder):
    mpi_tasks.scaled(3, "out")
    assert lines("out") == ["3! of 4 threads 1 in w"] * 4
    assert (folder / "w").is_dir()


def test_the_exit_code_is_the_value_if_asked_for(mpi):
    assert compss_wait_on(mpi_tasks.exit_19()) == 19


def test_another_exit_code_is_a_failure_with_the_last_words(failing):
    with pytest.raises(TaskError, match=r"(?s)exit code 19.*no good"):
        compss_wait_on(mpi_tasks.fails())


def test_several_programs_are_one_world(mpi, program):
    assert compss_wait_on(mpi_tasks.several(1, "b c", "out")) == 0
    said = [line.partition(" in ")[0] for line in lines("out")]
    assert said == ["first 1 of 3 threads 1", "second b c of 3 threads 1", "second b c of 3 threads 1"]


def test_several_programs_have_a_directory_and_an_exit_code(mpi, program, folder, monkeypatch):
    monkeypatch.setenv("WORK", "several")
    assert compss_wait_on(mpi_tasks.several_that_fail("made")) == 19
    assert [path.name for path in (folder / "several").iterdir()] == ["made"]


def test_files_may_say_that_a_task_has_ranks(mpi, program, folder):
    @software(config_file="tool.json")
    def told(x, out):
        pass

    parameters = {"out": "FILE_OUT_STDOUT", "returns": 1}
    own = {"binary": "$PROGRAM", "args": "{{x}}"}
    one = {"type": "mpi", "runner": "mpirun", "processes": 2, **own}
    several = {"type": "mpmd_mpi", "runner": "mpirun", "programs": [own, own]}
    for execution in (one, several):
        (folder / "tool.json").write_text(json.dumps({"execution": execution, "parameters": parameters}))
        assert compss_wait_on(told(1, execution["type"])) == 0
        assert [line.partition(" in ")[0] for line in lines(execution["type"])] == ["1 of 2 threads 1"] * 2


# ---------------------------------------------------------------- runners that are none

SINGLETONS = """#!/bin/sh
# starts as many programs as asked for, none of which knows of another
case "$*" in *--version*) echo "HYDRA build details"; exit;; esac
while [ "$1" != -n ]; do shift; done
[ "$3" != -wdir ] || { count="$2"; shift 4; set -- -n "$count" "$@"; }
count="$2"; shift 2
for _ in $(seq "$count"); do "$@" & done
wait
"""


@pytest.fixture
def runner(folder: Path, monkeypatch):
    """`runner(script)`: a program `mpirun` on PATH, which is `$RUNNER`."""
    (folder / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{folder}/bin", prepend=os.pathsep)
    monkeypatch.setenv("PROCESSES", "2")
    monkeypatch.setenv("TMPDIR", str(folder))  # Open MPI without a launcher leaves a directory there

    def make(script: str) -> None:
        path = folder / "bin" / "mpirun"
        path.write_text(script)
        path.chmod(0o755)
        monkeypatch.setenv("RUNNER", str(path))

    return make


def test_a_launcher_whose_ranks_are_alone_is_found_out(runner, program, fresh):
    runner(SINGLETONS)
    fresh(workers=1)
    for call in (lambda: mpi_tasks.program(1, "out"), mpi_tasks.by_runner):
        with pytest.raises(TaskError, match=r"(?s)mpirun.*, MPICH\) starts programs that do not know of each other"):
            compss_wait_on(call())
            compss_barrier()


def test_a_launcher_that_starts_nothing_is_named(runner, fresh):
    runner("#!/bin/sh\nexit 0\n")
    fresh(workers=1)
    with pytest.raises(
        TaskError, match=r"ranks 0, 1 of 2 ended without giving anything .*mpirun.* has not started them"
    ):
        compss_wait_on(mpi_tasks.by_runner())


def test_the_launcher_of_another_mpi_is_found_out(fresh, folder, monkeypatch):
    other, own = map(installed, FAMILIES)
    own.use(monkeypatch)
    monkeypatch.setenv("RUNNER", other.runner)
    monkeypatch.setenv("PROCESSES", "2")
    monkeypatch.setenv("TMPDIR", str(folder))  # Open MPI without a launcher leaves a directory there
    fresh(workers=1)
    with pytest.raises(TaskError, match=r"does not belong to their MPI library \(it is Open MPI v"):
        compss_wait_on(mpi_tasks.by_runner())


WORLD = """
#include <mpi.h>
#include <stdio.h>
int main(int argc, char **argv) {
    int size;
    MPI_Init(&argc, &argv);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    printf("of %d\\n", size);
    MPI_Finalize();
}
"""
LINKED = {"openmpi": r"Open MPI \(libmpi\.so\.40\)", "mpich": r"MPICH \(libmpi\.so\.12\)"}


@pytest.fixture
def built(folder, monkeypatch):
    """`built(family, runner)`: a program in C of one family, with the runner of another, in the tasks' environment."""

    def make(name: str, runner: str) -> None:
        monkeypatch.setenv("PROGRAM", installed(name).compiled(WORLD, folder / f"world-of-{name}"))
        monkeypatch.setenv("RUNNER", installed(runner).runner)

    return make


@pytest.mark.parametrize("name", FAMILIES)
def test_a_compiled_program_is_one_world(built, fresh, name):
    built(name, name)
    fresh(workers=1)
    assert compss_wait_on(mpi_tasks.compiled("out")) == 0
    assert lines("out") == ["of 2"] * 2


@pytest.mark.parametrize(("name", "runner"), [FAMILIES, FAMILIES[::-1]])
def test_a_program_that_is_linked_with_another_mpi_is_refused_at_once(built, fresh, name, runner):
    built(name, runner)
    fresh(workers=1)
    for call in (mpi_tasks.compiled, mpi_tasks.compiled_with_another):
        with pytest.raises(TaskError, match=rf"-{name} is linked with {LINKED[name]}, to which .*/{runner}/bin/mpirun"):
            compss_wait_on(call("out"))


def test_what_is_no_launcher_is_named_with_what_it_said(runner, program, fresh):
    runner("#!/bin/sh\necho usage: this is not for MPI\nexit 3\n")
    fresh(workers=1)
    mpi_tasks.program(1, "out")
    with pytest.raises(
        TaskError, match=r"(?s)does not start MPI programs.*exit code 3.*this is not for MPI.*declared at"
    ):
        compss_barrier()


def test_a_runner_or_a_program_that_is_missing_is_named(fresh, monkeypatch, runner):
    runner("#!/bin/sh\n")
    monkeypatch.setenv("PROGRAM", "no-such-program")
    monkeypatch.setenv("FLAGS", "-q")
    fresh(workers=1)
    mpi_tasks.program(1, "out")
    with pytest.raises(TaskError, match="there is no program 'no-such-program'"):
        compss_barrier()
    monkeypatch.setenv("RUNNER", "no-such-runner")
    with pytest.raises(TaskError, match="there is no program 'no-such-runner' on PATH"):
        compss_wait_on(mpi_tasks.by_runner())
