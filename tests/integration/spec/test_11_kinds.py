"""Programming model, sections 11.0 and 11.4: rules of the decorators above `@task`, and kinds of task but `@binary`.

Programs that cannot be had on every machine (Julia, OmpSs, OpenCL, Decaf) are stand-ins that write down how they were
called.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from pycompss.api.api import compss_barrier, compss_open, compss_wait_on, compss_wait_on_file
from pycompss.api.binary import binary
from pycompss.api.compss import compss
from pycompss.api.constraint import constraint
from pycompss.api.container import container
from pycompss.api.decaf import decaf
from pycompss.api.epilog import epilog
from pycompss.api.http import http
from pycompss.api.julia import julia
from pycompss.api.mpi import mpi
from pycompss.api.mpmd_mpi import mpmd_mpi
from pycompss.api.multinode import multinode
from pycompss.api.ompss import ompss
from pycompss.api.on_failure import on_failure
from pycompss.api.opencl import opencl
from pycompss.api.parameter import FILE_IN, FILE_INOUT, FILE_OUT, FILE_OUT_STDOUT
from pycompss.api.prolog import prolog
from pycompss.api.task import task
from pycompss.errors import PyCOMPSsException, TaskError, UnschedulableTask

RECORDER = f"""#!{sys.executable}
import json, os, sys
record = {{"argv": sys.argv, "cwd": os.getcwd(), "env": dict(os.environ), "stdin": sys.stdin.read()}}
print(json.dumps(record))
if os.path.basename(sys.argv[0]) == "flow.py" and sys.argv[1:] != ["by-the-flow"]:
    with open("flow.sh", "w") as file:
        file.write(f"#!/bin/sh\\nexec {{sys.argv[0]}} by-the-flow\\n")
    os.chmod("flow.sh", 0o755)
"""


@pytest.fixture
def recorder(folder: Path, monkeypatch):
    """`recorder(name)`: a stand-in of that name, on PATH, that prints how it was called, as JSON."""
    (folder / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{folder}/bin", prepend=":")

    def make(name: str) -> Path:
        path = folder / "bin" / name
        path.write_text(RECORDER)
        path.chmod(0o755)
        return path

    return make


def record(path: str = "out") -> dict:
    with compss_open(path) as file:
        return json.loads(file.readlines()[-1])


# ---------------------------------------------------------------- 11.0: arguments of decorators


def test_a_legacy_spelling_is_reported_and_used(local, folder, capsys):
    @binary(binary="touch", args="x", workingDir=str(folder / "w"))
    @task()
    def touch():
        pass

    assert capsys.readouterr().err == (
        "WARNING: Deprecated argument: workingDir Found in @binary decorator.\n Please, use: working_dir\n"
    )
    touch()
    compss_barrier()
    assert (folder / "w/x").exists()


def test_a_missing_argument_is_an_error_where_it_is_decorated():
    with pytest.raises(PyCOMPSsException, match="The argument binary is mandatory in the @binary decorator decorator"):
        binary()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda: binary(binary=3), r"@binary\(binary=3\): it is a text"),
        (lambda: mpi(runner="mpirun", scale_by_cu="maybe"), r"@mpi\(scale_by_cu='maybe'\): it is True, False"),
        (lambda: container(engine="lxc", image="i"), r"@container\(engine='lxc'\): there is no such engine"),
        (lambda: mpmd_mpi(runner="mpirun", programs=["a"]), r"@mpmd_mpi\(programs=\['a'\]\): each program is a dict"),
        (lambda: http(service_name="s", resource="r", request="FETCH"), r"@http\(request='FETCH'\): it is one of GET"),
    ],
)
def test_a_wrong_argument_is_told_with_file_and_line(wrong, reason):
    line = wrong.__code__.co_firstlineno
    with pytest.raises(PyCOMPSsException, match=rf"Exception: {re.escape(__file__)}:{line}, {reason}"):
        wrong()


def test_an_unknown_argument_is_reported_once_and_ignored(local, capsys):
    @binary(binary="ls", foo=1)
    @task(returns=int)
    def ls():
        pass

    assert compss_wait_on([ls(), ls()]) == [0, 0]
    assert capsys.readouterr().err == (
        "WARNING: Unexpected argument: foo Found in @binary decorator.\n"
        f"         {__file__}:{ls.__code__.co_firstlineno} ignores it.\n"
    )


def test_params_is_no_argument(capsys):
    binary(binary="ls", params="x")
    assert "Unexpected argument: params" in capsys.readouterr().err


def test_decorators_stack_in_the_documented_order(local, folder):
    @on_failure(management="IGNORE")
    @prolog(binary="sh", args="-c 'echo first >> {{log}}'")
    @epilog(binary="sh", args="-c 'echo third >> {{log}}'")
    @constraint(computing_units="2")
    @multinode(computing_nodes=1, processes_per_node=1)
    @binary(binary="sh", args="-c 'echo second $COMPSS_NUM_THREADS $SLURM_NNODES >> {{log}}'")
    @task(log=FILE_INOUT)
    def stacked(log):
        pass

    Path("log").touch()
    stacked("log")
    compss_wait_on_file("log")
    assert Path("log").read_text() == "first\nsecond 2 1\nthird\n"


# ---------------------------------------------------------------- prolog and epilog


@prolog(binary="echo", args="before {{v}}")
@epilog(binary="echo", args="after {{v}}")
@task(returns=1)
def chatty(v):
    print("body", v)
    return v + 1


def test_output_of_prolog_and_epilog_stands_around_that_of_the_body(fresh):
    session = fresh(workers=1, log_level="debug")
    assert compss_wait_on(chatty(v=3)) == 4
    compss_barrier()
    (path,) = Path(session.folder.path, "jobs").glob("*.out")
    assert path.read_text() == "before 3\nbody 3\nafter 3\n"


def test_they_run_in_the_directory_of_the_task(local):
    @prolog(binary="touch", args="made-before")
    @epilog(binary="sh", args="-c 'ls > {{listing}}'")
    @task(listing=FILE_OUT)
    def body(listing):
        Path("made-within").touch()

    body("listing")
    with compss_open("listing") as file:
        assert file.read() == "listing\nmade-before\nmade-within\n"


def test_when_the_prolog_fails_the_body_does_not_run(fresh, folder):
    @prolog(binary="sh", args="-c 'echo no good >&2; exit 3'")
    @task()
    def body(path):
        Path(path).touch()

    fresh(workers=1)
    body(str(folder / "ran"))
    with pytest.raises(TaskError, match=r"the prolog: sh .*ended with exit code 3\n(.*\n)*.*no good"):
        compss_barrier()
    assert not (folder / "ran").exists()


def test_a_prolog_that_is_not_checked_may_fail(local, folder):
    @prolog(binary="false", fail_by_exit_value=False)
    @task(returns=1)
    def body():
        return "ran"

    assert compss_wait_on(body()) == "ran"


def test_an_epilog_is_not_checked_unless_asked_for(fresh):
    @epilog(binary="false")
    @task(returns=1)
    def lenient():
        return 1

    @epilog(binary="false", fail_by_exit_value=True)
    @task(returns=1, on_failure="FAIL")
    def strict():
        return 1

    fresh(workers=1)
    assert compss_wait_on(lenient()) == 1
    with pytest.raises(TaskError, match="false ended with exit code 1"):
        compss_wait_on(strict())


def test_the_epilog_runs_only_after_success(fresh, folder):
    @epilog(binary="touch", args="{{path}}")
    @task(on_failure="FAIL")
    def body(path):
        raise ValueError("within")

    fresh(workers=1)
    body(str(folder / "after"))
    with pytest.raises(TaskError) as info:
        compss_barrier()
    assert isinstance(info.value.__cause__, ValueError)
    assert not (folder / "after").exists()


def test_a_body_with_prolog_sees_globals_of_the_main_file_as_they_are(run_program):
    result = run_program("""
        from pycompss.api.api import compss_wait_on
        from pycompss.api.prolog import prolog
        from pycompss.api.task import task

        factor = 2

        @prolog(binary="true")
        @task(returns=1)
        def scaled(x):
            return factor * x

        print(compss_wait_on(scaled(3)))
        factor = 5
        print(compss_wait_on(scaled(3)))
        """).succeeded()
    assert result.stdout.split() == ["6", "15"]


# ---------------------------------------------------------------- several nodes


def test_a_task_knows_its_nodes_in_slurms_words_too(local):
    @multinode(computing_nodes="$N")
    @task(returns=1)
    def body():
        return {name: os.environ[name] for name in ("COMPSS_NUM_NODES", "COMPSS_HOSTNAMES", "SLURM_JOB_NUM_NODES")}

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("N", "1")
        assert compss_wait_on(body()) == {
            "COMPSS_NUM_NODES": "1",
            "COMPSS_HOSTNAMES": "localhost",
            "SLURM_JOB_NUM_NODES": "1",
        }


def test_what_a_task_finds_of_its_nodes_is_gone_for_the_next(local):
    @multinode()
    @task(returns=1)
    def body():
        return os.environ.get("SLURM_NNODES")

    @task(returns=1)
    def plain():
        return os.environ.get("SLURM_NNODES")

    assert compss_wait_on([body(), body(), plain(), plain()]) == ["1", "1", None, None]


@pytest.mark.parametrize("given", [2, "2", "$N", "${N}", "NODES"])
def test_more_nodes_than_there_are_is_refused_where_it_is_called(local, given, monkeypatch):
    @multinode(computing_nodes=given)
    @task()
    def body():
        pass

    monkeypatch.setenv("N", "2")
    with pytest.raises(
        UnschedulableTask, match=r"body asks for 2 nodes with 1 computing unit each; there is one \(localhost\)"
    ) as info:
        body()
    assert "@constraint" not in str(info.value)


def test_so_it_is_inside_a_task(local):
    @multinode(computing_nodes=2)
    @task()
    def body():
        pass

    @task(returns=1)
    def outer():
        try:
            body()
        except UnschedulableTask as error:
            return error.message
        return "not refused"

    assert "body asks for 2 nodes with 1 computing unit each; there is one (localhost)" in compss_wait_on(outer())


NODES = 2


@pytest.mark.parametrize("given", [0, "none", "$NOTHING", -1])
@pytest.mark.filterwarnings("ignore:the environment variable NOTHING")
def test_what_is_no_number_of_nodes_is_refused_by_name(local, given):
    @multinode(computing_nodes=given)
    @task()
    def body():
        pass

    with pytest.raises(
        PyCOMPSsException, match=r"body \(.*_kinds\.py:\d+\), @multinode\(computing_nodes=.*positive number"
    ):
        body()


# ---------------------------------------------------------------- compss


def test_a_program_of_its_own_gives_its_exit_code(local, folder):
    @compss(app_name="app.py", flags="--log_level=off", args="{{n}}")
    @task(returns=int, out=FILE_OUT_STDOUT)
    def nested(n, out):
        pass

    (folder / "app.py").write_text(
        "import sys\n"
        "from pycompss.api.task import task\n"
        "from pycompss.api.api import compss_wait_on, compss_get_number_of_resources\n"
        "@task(returns=1)\n"
        "def square(x):\n"
        "    return x * x\n"
        "print('result', compss_wait_on(square(int(sys.argv[1]))))\n"
    )
    assert compss_wait_on(nested(5, "out")) == 0
    with compss_open("out") as file:
        assert "result 25\n" in file.read()


def test_the_runner_and_its_flags_may_be_others(local, recorder, folder):
    @compss(appName="app.py", runcompss="$RUN", flags="-d --x={{n}}", worker_in_master="false", working_dir="w")
    @task(out=FILE_OUT_STDOUT)
    def nested(n, out):
        pass

    (folder / "app.py").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUN", str(recorder("runner")))
        nested(5, "out")
    found = record()
    assert found["argv"][1:] == ["-d", "--x=5", str(folder / "app.py"), "5"]
    assert found["cwd"] == str(folder / "w")


def test_the_exit_code_of_a_program_of_its_own_is_a_failure_unless_told_otherwise(fresh, folder):
    @compss(app_name="app.py", flags="--log_level=off", fail_by_exit_value=False)
    @task(returns=int)
    def lenient():
        pass

    @compss(app_name="app.py", flags="--log_level=off")
    @task(returns=int, on_failure="FAIL")
    def strict():
        pass

    (folder / "app.py").write_text("import sys\nsys.exit('not today')\n")
    fresh(workers=1)
    assert compss_wait_on(lenient()) == 1
    with pytest.raises(TaskError, match=r"app\.py ended with exit code 1\n(.*\n)*.*not today"):
        compss_wait_on(strict())


def test_a_program_that_is_not_there_is_named(fresh):
    @compss(app_name="nowhere.py")
    @task()
    def nested():
        pass

    fresh(workers=1)
    nested()
    with pytest.raises(TaskError, match=r"there is no file .*/nowhere\.py"):
        compss_barrier()


# ---------------------------------------------------------------- programs that are stand-ins here


def test_julia_runs_the_script(local, recorder, folder):
    program = recorder("julia")

    @julia(script="s.jl", executor=str(program), computing_nodes=1)
    @task(f=FILE_IN, out=FILE_OUT_STDOUT)
    def script(n, f, out):
        pass

    (folder / "s.jl").touch()
    (folder / "f").touch()
    script("a b", "f", "out")
    found = record()
    assert found["argv"][:3] == [str(program), str(folder / "s.jl"), "a b"]
    assert found["argv"][3].endswith("/f")


def test_julia_is_looked_for_on_path(fresh, recorder, folder):
    @julia(script="s.jl", args="{{n}} x", working_dir="w")
    @task(out=FILE_OUT_STDOUT)
    def script(n, out):
        pass

    (folder / "s.jl").touch()
    program = recorder("julia")
    fresh(workers=1)
    script(1, "out")
    found = record()
    assert found["argv"] == [str(program), str(folder / "s.jl"), "1", "x"]
    assert found["cwd"] == str(folder / "w")


def test_ompss_knows_its_threads(local, recorder):
    program = str(recorder("solver"))

    @constraint(computing_units=2)
    @ompss(binary=program)
    @task(out=FILE_OUT_STDOUT)
    def solver(n, out):
        pass

    solver(3, "out")
    found = record()
    assert found["argv"] == [program, "3"]
    assert [found["env"][name] for name in ("OMP_NUM_THREADS", "NX_SMP_WORKERS")] == ["2", "2"]


def test_opencl_runs_the_program_of_the_kernel(local, recorder):
    program = str(recorder("kernel"))

    @opencl(kernel=program, working_dir="w")
    @task(out=FILE_OUT_STDOUT)
    def kernel(n, out):
        pass

    kernel(3, "out")
    assert record()["argv"] == [program, "3"]


def test_decaf_runs_what_its_script_writes(local, recorder):
    script = str(recorder("flow.py"))

    @decaf(df_script=script, df_lib="/lib/x.so", runner="srun")
    @task(out=FILE_OUT_STDOUT)
    def flow(n, out):
        pass

    flow(3, "out")
    with compss_open("out") as file:
        first, second = map(json.loads, file)
    assert first["argv"] == [script, "3"]
    assert second["argv"][1:] == ["by-the-flow"]
    for found in (first, second):
        assert (found["env"]["DECAF_RUNNER"], found["env"]["DECAF_LIB"]) == ("srun", "/lib/x.so")


FAILING = '#!/bin/sh\necho "$@" > args; exit 3\n'
FLOW = f"""
import os, sys
with open("executor", "w") as file:
    file.write({FAILING!r}.replace('"$@"', " ".join(sys.argv)))
os.chmod("executor", 0o755)
"""
OF_THE_FOUR = {"args": "{{kind}} x", "working_dir": "w/{{kind}}", "fail_by_exit_value": "false"}


@pytest.mark.parametrize(
    "decorator",
    [
        julia(script="s.jl", executor="./failing", computing_nodes="$ONE", **OF_THE_FOUR),
        ompss(binary="./failing", computing_nodes=1, **OF_THE_FOUR),
        opencl(kernel="./failing", **OF_THE_FOUR),
        decaf(df_script="flow.py", df_executor="./executor", computing_nodes="1", **OF_THE_FOUR),
    ],
    ids=lambda decorator: decorator.name,
)
def test_they_take_a_template_a_directory_and_what_an_exit_code_means(local, folder, monkeypatch, decorator):
    @decorator
    @task(returns=int)
    def runs(kind):
        pass

    monkeypatch.setenv("ONE", "1")
    (folder / "s.jl").touch()
    (folder / "flow.py").write_text(FLOW)
    (folder / "failing").write_text(FAILING)
    (folder / "failing").chmod(0o755)
    assert compss_wait_on(runs(decorator.name)) == 3
    assert (folder / "w" / decorator.name / "args").read_text().split()[-2:] == [decorator.name, "x"]


# ---------------------------------------------------------------- sequential mode


def test_in_sequence_the_body_or_program_runs_too(inline, recorder, folder, capfd):
    program = str(recorder("kernel"))

    @opencl(kernel=program)
    @task(returns=int)
    def kernel(n):
        pass

    assert kernel(3) == 0
    assert json.loads(capfd.readouterr().out)["argv"] == [program, "3"]
    assert chatty(3) == 4
    assert capfd.readouterr().out == "before 3\nbody 3\nafter 3\n"


def test_in_sequence_the_object_of_a_method_is_no_argument_of_its_program(inline, capsys):
    class Tool:
        @binary(binary="echo")
        @task()
        def say(self, word):
            pass

        @classmethod
        @binary(binary="echo")
        @task()
        def shout(cls, word):
            pass

    assert (Tool().say("a"), Tool.shout("b")) == (0, 0)
    assert capsys.readouterr().out == "a\nb\n"


def test_an_output_that_a_program_has_not_made_is_named_and_said_to_be_missing(fresh, folder):
    @binary(binary="true")
    @task(made=FILE_OUT, on_failure="FAIL")
    def forget(made):
        pass

    fresh(workers=1)
    forget(str(folder / "never made"))
    with pytest.raises(TaskError, match="the task has not made 'never made', which it declares as its output"):
        compss_barrier()
