"""Programming model, section 11.1: `@binary`, its exit value and its command line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pycompss.api.api import (
    TaskGroup,
    compss_barrier,
    compss_open,
    compss_wait_on,
    compss_wait_on_directory,
    compss_wait_on_file,
)
from pycompss.api.binary import binary
from pycompss.api.constraint import constraint
from pycompss.api.container import container
from pycompss.api.mpi import mpi
from pycompss.api.mpmd_mpi import mpmd_mpi
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import (
    COLLECTION_FILE_IN,
    COLLECTION_IN,
    DIRECTORY_IN,
    DIRECTORY_OUT,
    FILE_CONCURRENT_STDERR,
    FILE_CONCURRENT_STDOUT,
    FILE_IN,
    FILE_IN_STDIN,
    FILE_INOUT,
    FILE_INOUT_STDERR,
    FILE_INOUT_STDOUT,
    FILE_OUT,
    FILE_OUT_STDERR,
    FILE_OUT_STDOUT,
    Prefix,
    StdIOStream,
    Type,
)
from pycompss.api.prolog import prolog
from pycompss.api.reduction import reduction
from pycompss.api.task import task
from pycompss.errors import COMPSsException, LaunchError, ProgramError, PyCOMPSsException, TaskError, TaskWarning
from tests.support.rendezvous import await_true, note, notes


@binary(binary="echo")
@task(out=FILE_OUT_STDOUT)
def echo(*words, out):
    pass


@binary(binary="printf", args="{{form}} {{text}}")
@task(out=FILE_OUT_STDOUT)
def only_the_template(form, text, other, out):
    pass


def shown(path: str = "out") -> str:
    with compss_open(path) as file:
        return file.read()


def words(path: str = "out") -> list[str]:
    return shown(path).removesuffix("\n").split("|")


@pytest.fixture
def script(folder: Path):
    """`script(name, text)`: an executable file of the program."""

    def make(name: str, text: str, mode: int = 0o755) -> str:
        path = folder / name
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    return make


@pytest.fixture
def show(script, monkeypatch):
    """`$SHOW`: a program that prints its arguments with | between them."""
    path = script("show", '#!/usr/bin/env python3\nimport sys\nprint("|".join(sys.argv[1:]))\n')
    monkeypatch.setenv("SHOW", path)
    return path


# ---------------------------------------------------------------- the command line


def test_an_argument_with_blanks_stays_one_and_output_goes_to_the_file(local):
    echo("a b", out="out")
    assert shown() == "a b\n"


def test_with_a_template_other_parameters_are_absent(local):
    only_the_template("%s-%s", "a b", "other", out="out")
    assert shown() == "a b-"


def test_without_a_template_all_parameters_come_in_order(local, show):
    @binary(binary="$SHOW")
    @task(out=FILE_OUT_STDOUT, f=FILE_IN)
    def f(a, f, b=2, c=True, *rest, out, last=None, **more):
        pass

    Path("x.txt").touch()
    f(1, "x.txt", 5, False, "r 1", "r2", out="out", z=9, y=-1.5)
    first, path, *others = words()
    assert first == "1"
    assert path.endswith("/x.txt")
    assert others == ["5", "false", "None", "r 1", "r2", "9", "-1.5"]

    f(1, "x.txt", out="out2", c="C")  # omitted defaults, then what is passed by keyword
    assert [words("out2")[0], *words("out2")[2:]] == ["1", "2", "None", "C"]


def test_nothing_is_interpreted_but_file_names(local, show):
    @binary(binary="$SHOW")
    @task(out=FILE_OUT_STDOUT, f=FILE_IN, g=FILE_IN)
    def f(f, g, a, b, c, d, out):
        pass

    Path("b.txt").touch()
    Path("a.txt").touch()
    f("b.txt", "a.txt", "*.txt", "*.none", "$HOME `id` ; > x # 'q' \\", "{{a}}", "out")
    assert words()[2:] == ["a.txt", "b.txt", "*.none", "$HOME `id` ; > x # 'q' \\", "{{a}}"]


def test_values_in_a_template_name_no_files(local, show):
    @binary(binary="$SHOW", args="{{x}} -i={{x}} {{folder}}/*.txt *.txt")
    @task(out=FILE_OUT_STDOUT)
    def f(x, folder, out):
        pass

    found = os.getcwd()
    Path("a.txt").touch()
    f("*.txt", found, "out")
    assert words() == ["*.txt", "-i=*.txt", f"{found}/a.txt", "*.txt"]  # the last in the task's own directory


def test_prefixes_are_part_of_the_word_or_hide_the_parameter(local, show):
    @binary(binary="$SHOW")
    @task(f={Type: FILE_IN, Prefix: "--in="}, g={Type: FILE_IN, Prefix: "#"}, n={Prefix: "-n"}, out=FILE_OUT_STDOUT)
    def f(f, g, n, out):
        pass

    Path("a b.txt").touch()
    f("a b.txt", "a b.txt", 3, "out")
    first, second = words()
    assert first.startswith("--in=/")
    assert first.endswith("/a b.txt")
    assert second == "-n3"


def test_futures_arrive_as_values_and_files_of_other_tasks_as_paths(local):
    @task(returns=1)
    def three():
        return 3

    @task(f=FILE_OUT)
    def write(f):
        Path(f).write_text("".join(f"{n}\n" for n in range(10)))

    @binary(binary="head", args="-n {{n}} {{f}}")
    @task(f=FILE_IN, out=FILE_OUT_STDOUT)
    def head(f, n, out):
        pass

    write("numbers")
    head("numbers", three(), "out")
    assert shown() == "0\n1\n2\n"


def test_directories_are_paths_too(local):
    @binary(binary="ls")
    @task(d=DIRECTORY_IN, out=FILE_OUT_STDOUT)
    def ls(d, out):
        pass

    Path("d").mkdir()
    Path("d/x").touch()
    ls("d", "out")
    assert shown() == "x\n"


def test_a_collection_of_files_is_staged_but_has_no_place_on_the_command_line(local, fresh):
    @binary(binary="ls")
    @task(fs={Type: COLLECTION_FILE_IN, Prefix: "#"}, out=FILE_OUT_STDOUT)
    def ls(fs, out):
        pass

    @binary(binary="ls")
    @task(fs=COLLECTION_FILE_IN)
    def confused(fs):
        pass

    for name in "ab":
        Path(name).touch()
    ls(["a", "b"], "out")
    assert shown() == "a\nb\nout\n"
    fresh(workers=1)
    confused(["a", "b"])
    with pytest.raises(TaskError, match="'fs' is a list, which has no place on a command line"):
        compss_barrier()


def test_a_template_may_group_words_with_quotes(local, show):
    @binary(binary="$SHOW", args="-e 's/a b/{{x}}/' \"$HOME\" '$HOME'")
    @task(out=FILE_OUT_STDOUT)
    def f(x, out):
        pass

    f(1, "out")
    assert words() == ["-e", "s/a b/1/", os.environ["HOME"], "$HOME"]


# ---------------------------------------------------------------- standard streams


def test_input_and_errors_are_files_too(local):
    @binary(binary="sh", args="-c 'cat; echo bad >&2'")
    @task(given=FILE_IN_STDIN, out=FILE_OUT_STDOUT, err={Type: FILE_OUT, StdIOStream: 2})
    def cat(given, out, err):
        pass

    Path("given").write_text("text")
    cat("given", "out", "err")
    assert (shown("out"), shown("err")) == ("text", "bad\n")


def test_two_tasks_append_to_one_file_in_order(local):
    @binary(binary="echo")
    @task(out=FILE_INOUT_STDOUT)
    def add(word, out):
        pass

    Path("log").write_text("first\n")
    add("second", "log")
    add("third", "log")
    compss_wait_on_file("log")
    assert Path("log").read_text() == "first\nsecond\nthird\n"


def test_tasks_append_to_a_shared_file_at_the_same_time(local):
    @binary(binary="echo")
    @task(out=FILE_CONCURRENT_STDOUT)
    def add(word, out):
        pass

    Path("log").touch()
    for n in range(6):
        add(n, "log")
    compss_wait_on_file("log")
    assert sorted(Path("log").read_text().split()) == list("012345")


def test_without_an_input_there_is_nothing_to_read(local):
    @binary(binary="cat")
    @task(out=FILE_OUT_STDOUT)
    def cat(out):
        pass

    cat("out")
    assert shown() == ""


def test_output_and_errors_go_to_their_own_files(local):
    @binary(binary="sh", args="-c 'echo one; echo two >&2; echo three'")
    @task(out=FILE_OUT_STDOUT, err=FILE_OUT_STDERR)
    def both(out, err):
        pass

    both("out", "err")
    assert (shown("out"), shown("err")) == ("one\nthree\n", "two\n")


ONE_FILE = {
    "OUT": (FILE_OUT_STDOUT, FILE_OUT_STDERR, "one\ntwo\nthree\n"),
    "INOUT": (FILE_INOUT_STDOUT, FILE_INOUT_STDERR, "first\none\ntwo\nthree\n"),
    "CONCURRENT": (FILE_CONCURRENT_STDOUT, FILE_CONCURRENT_STDERR, "first\none\ntwo\nthree\n"),
}


@pytest.mark.parametrize("direction", ONE_FILE)
def test_output_and_errors_may_go_to_one_file_in_order(local, direction):
    output, errors, content = ONE_FILE[direction]

    @binary(binary="sh", args="-c 'echo one; echo two >&2; echo three'")
    @task(out=output, err=errors)
    def both(out, err):
        pass

    Path("log").write_text("first\n")
    both("log", err="./log")
    assert shown("log") == content
    both("log", err="log")  # the first one's is the input of the second
    compss_wait_on_file("log")
    assert Path("log").read_text() == (content if direction == "OUT" else content + "one\ntwo\nthree\n")


def test_a_task_that_calls_programs_may_give_them_one_file_for_output_and_errors(local):
    @binary(binary="sh", args="-c 'echo one; echo two >&2'")
    @task(out=FILE_OUT_STDOUT, err=FILE_OUT_STDERR)
    def both(out, err):
        pass

    @task(log=FILE_OUT)
    def outer(log):
        both(log, log)
        compss_wait_on_file(log)

    outer("log")
    assert shown("log") == "one\ntwo\n"


def test_one_file_for_output_and_errors_has_one_direction(local):
    @binary(binary="true")
    @task(out=FILE_OUT_STDOUT, err=FILE_INOUT_STDERR)
    def both(out, err):
        pass

    Path("log").touch()
    with pytest.raises(PyCOMPSsException, match=r"output and errors both go to .*log, as OUT and \(parameter 'err'\)"):
        both("log", "log")


# ---------------------------------------------------------------- exit values


@binary(binary="sh", args="-c 'exit {{code}}'", fail_by_exit_value=False)
@task(returns=int)
def exit_value(code):
    pass


@binary(binary="sh", args="-c 'exit {{code}}'", fail_by_exit_value="false")
@task()
def exit_value_ignored(code):
    pass


@binary(binary="sh", args="-c 'echo tried >> {{log}}; echo nothing to be done >&2; exit 19'")
@task()
def fails(log):
    pass


def test_the_exit_code_is_the_value_if_it_is_no_failure(local):
    assert compss_wait_on([exit_value(19), exit_value(0)]) == [19, 0]
    assert exit_value_ignored(19) is None


def test_a_program_that_was_killed_has_the_exit_code_of_a_shell(local):
    @binary(binary="sh", args="-c 'kill -9 $$'", failByExitValue=False)
    @task(returns=int)
    def killed():
        pass

    assert compss_wait_on(killed()) == 128 + 9


def test_success_has_the_value_zero(local):
    @binary(binary="true")
    @task(returns=int)
    def succeeds():
        pass

    assert compss_wait_on(succeeds()) == 0


def test_another_exit_code_is_a_failure_that_is_tried_again(fresh, folder):
    fresh(workers=1)
    fails(str(folder / "log"))
    with pytest.raises(TaskError, match=r"ended with exit code 19\n(.*\n)*.*nothing to be done") as info:
        compss_barrier()
    assert notes(folder / "log") == ["tried"] * 4
    cause = info.value.__cause__
    assert isinstance(cause, ProgramError)
    assert (cause.exit_code, cause.command[0]) == (19, "sh")


def test_a_signal_is_named(fresh):
    @binary(binary="sh", args="-c 'kill -SEGV $$'")
    @task(on_failure="FAIL")
    def crashes():
        pass

    fresh(workers=1)
    crashes()
    with pytest.raises(TaskError, match="was ended by SIGSEGV"):
        compss_barrier()


def test_a_failure_may_be_ignored(local, folder):
    @binary(binary="sh", args="-c 'echo left > {{f}}; exit 3'")
    @task(f=FILE_INOUT, on_failure="IGNORE")
    def ignored(f):
        pass

    Path("f").write_text("before")
    ignored("f")
    compss_wait_on_file("f")
    assert Path("f").read_text() == "left\n"


def test_programs_ignore_defaults(local, folder):
    """Binaries ignore defaults; Python and http honour them."""
    Path("default").write_text("default")

    @on_failure(management="IGNORE", returns=7, out="default")
    @binary(binary="sh", args="-c 'exit 3'")
    @task(returns=int, out=FILE_OUT)
    def ignored(out):
        pass

    @task(returns=2)
    def outer():
        return ignored("out"), ignored("other", defaults={"returns": 8})

    assert compss_wait_on(ignored("out")) is None
    assert shown("out") == ""
    assert compss_wait_on(outer()) == [None, None]


def test_a_program_that_runs_too_long_may_be_ignored(local):
    @on_failure(management="IGNORE", returns=5)
    @binary(binary="sleep", args="60")
    @task(returns=int, time_out=0.3)
    def slow():
        pass

    assert compss_wait_on(slow()) is None


def test_an_exception_in_a_group_ends_its_program(local, folder):
    @binary(binary="sh", args="-c 'echo $$ > {{started}}; exec sleep 60'")
    @task()
    def runs(started):
        pass

    @task()
    def raises(started):
        await_true(lambda: os.path.exists(started) and os.path.getsize(started), "the program did not start")
        raise COMPSsException("enough")

    started = str(folder / "started")
    with pytest.raises(COMPSsException, match="enough"), TaskGroup("group"):
        runs(started)
        raises(started)
    compss_barrier()
    pid = Path(started).read_text().strip()
    await_true(lambda: not os.path.exists(f"/proc/{pid}"), "the program goes on")


def test_a_directory_that_a_program_made_comes_home_when_it_is_waited_for(local):
    @binary(binary="sh", args="-c 'mkdir {{d}}; echo text > {{d}}/file'")
    @task(d=DIRECTORY_OUT)
    def make(d):
        pass

    make("made")
    compss_barrier()  # alone it brings nothing home
    compss_wait_on_directory("made")
    assert Path("made/file").read_text() == "text\n"


def test_exit_codes_can_be_reduced(local):
    @reduction(chunk_size="2")
    @task(codes=COLLECTION_IN, returns=1)
    def total(codes):
        return sum(codes)

    assert compss_wait_on(total([exit_value(n) for n in range(7)])) == 21


def test_a_missing_output_is_a_failure(fresh):
    @binary(binary="true")
    @task(f=FILE_OUT, on_failure="FAIL")
    def lazy(f):
        pass

    fresh(workers=1)
    lazy("nothing.txt")
    with pytest.raises(TaskError, match=r"nothing\.txt"):
        compss_barrier()


# ---------------------------------------------------------------- working directory


def test_the_working_directory_is_made_used_and_kept(local, folder, monkeypatch):
    @binary(binary="sh", args="-c 'pwd > here; pwd'", working_dir="$WD/{{n}}")
    @task(out=FILE_OUT_STDOUT)
    def where(n, out):
        pass

    monkeypatch.setenv("WD", str(folder / "w"))
    where(7, "out")
    assert shown() == f"{folder}/w/7\n"
    assert (folder / "w/7/here").read_text() == f"{folder}/w/7\n"


def test_without_one_it_is_private_and_goes(local):
    @binary(binary="sh", args="-c 'touch rest; pwd'")
    @task(out=FILE_OUT_STDOUT)
    def where(out):
        pass

    where("out")
    assert not os.path.exists(shown().strip())


def test_a_relative_one_lies_where_the_program_was_started(local, folder):
    @binary(binary="touch", args="x", working_dir="w")
    @task()
    def touch():
        pass

    touch()
    compss_barrier()
    assert (folder / "w/x").exists()


# ---------------------------------------------------------------- programs


def test_a_relative_program_lies_where_the_program_was_started(local, script):
    @binary(binary="./say")
    @task(out=FILE_OUT_STDOUT)
    def say(out):
        pass

    script("say", "#!/bin/sh\necho said\n")
    say("out")
    assert shown() == "said\n"


def test_a_script_that_does_not_say_its_language_is_one_of_the_shell(local, script):
    @binary(binary="./say")
    @task(out=FILE_OUT_STDOUT)
    def say(word, out):
        pass

    script("say", 'echo "said $1"\n')
    say("a b", "out")
    assert shown() == "said a b\n"


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("no-such-program", r"there is no program 'no-such-program' on PATH \(.*/bin"),
        ("./nowhere", r"there is no program '\./nowhere' at .*sandbox.*/nowhere nor at .*/program/\./nowhere"),
        ("/usr", r"/usr is a directory, not a program"),
        ("./plain", r"/plain is not executable \(chmod"),
        ("echo hello", r"'echo hello' on PATH .*arguments of a program belong into args"),
        ("./garbage", r"/garbage cannot be started: Exec format error|ended with exit code 127"),
    ],
)
def test_what_cannot_be_started_is_named_and_not_tried_again(fresh, script, program, reason, folder):
    @binary(binary=program)
    @task()
    def f():
        pass

    script("plain", "#!/bin/sh\n", 0o644)
    (folder / "garbage").write_bytes(b"\x7fELF garbage")
    (folder / "garbage").chmod(0o755)
    fresh(workers=1)
    f()
    with pytest.raises(TaskError, match=reason) as info:
        compss_barrier()
    if isinstance(info.value.__cause__, LaunchError):
        assert "attempt" not in str(info.value)
        assert "f, declared at " in str(info.value)
        assert "test_11_binary.py:" in str(info.value)


def test_a_program_may_be_a_method(local):
    class Tool:
        def __init__(self):
            self.name = "tool"

        @binary(binary="echo")
        @task(out=FILE_OUT_STDOUT)
        def say(self, word, out):
            pass

        @classmethod
        @binary(binary="echo", args="{{word}}!")
        @task(out=FILE_OUT_STDOUT)
        def shout(cls, word, out):
            pass

    Tool().say("a", "out")
    assert shown() == "a\n"
    Tool.shout("b", "out2")
    assert shown("out2") == "b!\n"


def test_a_task_may_call_programs(local):
    @binary(binary="expr", args="{{a}} + {{b}}", fail_by_exit_value=False)
    @task(out=FILE_OUT_STDOUT)
    def add(a, b, out):
        pass

    @task(returns=1)
    def three():
        return 3

    @task(returns=1)
    def outer():
        add(three(), 4, "sum")
        with compss_open("sum") as file:
            return int(file.read())

    assert compss_wait_on(outer()) == 7


def test_tasks_of_a_group_that_are_programs_are_waited_for(local, folder):
    with TaskGroup("programs"):
        for n in range(5):
            exit_value_ignored(n)
            note(folder / "called", str(n))
    assert len(notes(folder / "called")) == 5


# ---------------------------------------------------------------- its cores


def test_a_program_has_the_cores_of_its_task_and_knows_how_many(fresh):
    source = "import os; e = os.environ; print(e['COMPSS_NUM_THREADS'], e['OMP_NUM_THREADS'], *os.sched_getaffinity(0))"

    @constraint(computing_units=2)
    @binary(binary=sys.executable, args="-c {{source}}")
    @task(out=FILE_OUT_STDOUT)
    def two(source, out):
        pass

    @binary(binary=sys.executable, args="-c {{source}}")
    @task(out=FILE_OUT_STDOUT)
    def one(source, out):
        pass

    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("this machine has one core")
    fresh(workers=2)
    one(source, "one")
    threads, omp, *cores = shown("one").split()
    assert (threads, omp, len(cores)) == ("1", "1", 1)
    two(source, "two")
    threads, omp, *cores = shown("two").split()
    assert (threads, omp, len(cores)) == ("2", "2", 2)


# ---------------------------------------------------------------- variables of the environment


def test_variables_are_read_at_every_call_as_a_shell_does(local, show, monkeypatch):
    @binary(binary="${SHOW}", args="$A-${A}b $A.c '$A'")
    @task(out=FILE_OUT_STDOUT)
    def f(out):
        pass

    for value in ("1", "2"):
        monkeypatch.setenv("A", value)
        f(value)
        assert words(value) == [f"{value}-{value}b", f"{value}.c", "$A"]


@pytest.mark.parametrize(
    "args",
    ['-e "$A"', '"<$A|${A}>"', "$A x$A", "\"it's $B, it's\"", "'$A' \"'$B'\" \"$A\"'$A'$B", '\'\' "" $EMPTY "$EMPTY"'],
)
def test_quotes_in_values_of_variables_are_what_a_shell_makes_of_them(local, show, monkeypatch, args):
    @binary(binary="$SHOW", args=args)
    @task(out=FILE_OUT_STDOUT)
    def f(out):
        pass

    for name, value in (("A", """n>5&&s=="x"&&t!='y'"""), ("B", "don't won't"), ("EMPTY", "")):
        monkeypatch.setenv(name, value)
    f("out")
    shell = subprocess.run(["sh", "-c", f"$SHOW {args}"], capture_output=True, text=True, check=True)
    assert shown() == shell.stdout


def test_a_variable_that_is_not_set_is_empty_with_a_warning(local, show):
    @binary(binary="$SHOW", args="x$NOT_SET_AT_ALL")
    @task(out=FILE_OUT_STDOUT)
    def f(out):
        pass

    with pytest.warns(TaskWarning, match="NOT_SET_AT_ALL is not set"):
        f("out")
    assert words() == ["x"]


# ---------------------------------------------------------------- mistakes


def test_a_template_that_names_no_parameter_is_refused_when_decorated():
    with pytest.raises(
        PyCOMPSsException, match=r"task .*f \(.*test_11_binary\.py:\d+\), @binary\(args=.*\{\{y\}\} names"
    ):

        @binary(binary="ls", args="{{x}} {{y}}")
        @task()
        def f(x):
            pass


@pytest.mark.parametrize("args", ["it's {{x}}", "a 'b c", 'x="{{x}}', "-c 'echo' \"it's"])
def test_a_quote_that_is_never_closed_is_refused_when_decorated(args):
    with pytest.raises(PyCOMPSsException, match=r"task .*f \(.*binary\.py:\d+\), @binary\(args=.*\): the quote in "):

        @binary(binary="echo", args=args)
        @task()
        def f(x, **more):
            pass


def test_a_quote_goes_between_quotes_of_the_other_kind_and_values_may_have_any(local, show, monkeypatch):
    @binary(binary="$SHOW", args="\"it's\" '\"' {{x}} $NAME")
    @task(out=FILE_OUT_STDOUT)
    def f(x, out):
        pass

    monkeypatch.setenv("NAME", "O'Brien")
    f("'", "out")
    assert words() == ["it's", '"', "'", "O'Brien"]


@pytest.mark.parametrize(
    ("around", "argument"),
    [
        (prolog(binary="echo", args="it's"), "prolog(args="),
        (container(engine="docker", image="i", options="-e 'A"), "container(options="),
        (mpi(runner="mpirun", binary="x", flags='--x "'), "mpi(flags="),
        (mpmd_mpi(runner="mpirun", programs=[{"binary": "x", "args": "it's"}]), "mpmd_mpi(args="),
    ],
)
def test_quotes_of_other_decorators_are_closed_too(around, argument):
    with pytest.raises(PyCOMPSsException, match=re.escape(f"@{argument}")):

        @around
        @task()
        def f():
            pass


def test_a_template_that_names_no_keyword_is_refused_when_called(local):
    @binary(binary="true", args="{{x}} {{y}}")
    @task()
    def f(x, **more):
        pass

    reason = r"\{\{y\}\} names no parameter of the task \(called from test_11_binary\.py:\d+\)"
    with pytest.raises(PyCOMPSsException, match=reason):
        f(1, z=2)
    f(1, y=2)


def test_a_null_byte_is_no_argument(fresh):
    @binary(binary="echo")
    @task()
    def f(x):
        pass

    fresh(workers=1)
    f("a\0b")
    with pytest.raises(
        TaskError, match=r"the argument 'x' has a null byte in it, 'a\\x00b', which no program"
    ) as caught:
        compss_barrier()
    assert "attempt" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"working_dir": "{{x}}"}, "the argument 'x' has a null byte in it"),
        ({"working_dir": "a\0b"}, r"working_dir '.*a\\x00b' cannot be made: embedded null byte"),
        ({"args": "*/{{x}}"}, "the argument 'x' has a null byte in it"),
        ({"args": "a\0b/*"}, "cannot be started: embedded null byte"),
    ],
)
def test_a_null_byte_is_in_no_template(fresh, options, reason):
    @binary(binary="echo", **options)
    @task()
    def f(x):
        pass

    fresh(workers=1)
    f("a\0b")
    with pytest.raises(TaskError, match=reason) as caught:
        compss_barrier()
    assert "attempt" not in str(caught.value)
