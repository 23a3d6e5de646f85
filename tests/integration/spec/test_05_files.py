"""Programming model, section 5.3: files and directories."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import (
    compss_barrier,
    compss_delete_file,
    compss_file_exists,
    compss_open,
    compss_wait_on,
    compss_wait_on_directory,
    compss_wait_on_file,
)
from pycompss.api.parameter import (
    DIRECTORY_IN,
    DIRECTORY_INOUT,
    DIRECTORY_OUT,
    FILE_IN,
    FILE_INOUT,
    FILE_OUT,
    Keep_rename,
    Type,
)
from pycompss.api.task import task
from pycompss.errors import TaskError
from tests.support.rendezvous import await_mark, mark, notes


@task(f=FILE_OUT)
def write(f, text):
    Path(f).write_text(text)


@task(f=FILE_OUT, returns=1)
def write_and_tell(f, text):
    Path(f).write_text(text)
    return os.path.basename(f), os.getcwd(), os.path.dirname(os.path.abspath(f))


@task(f=FILE_IN, returns=1)
def read(f):
    return None if f is None else Path(f).read_text()


@task(f=FILE_INOUT)
def append(f, text):
    with open(f, "a") as file:
        file.write(text)


@task(varargs_type=FILE_IN, returns=1)
def read_all(*files):
    return [Path(f).read_text() for f in files]


@task(out=FILE_OUT, inp=FILE_IN)
def copy_by_keyword(**kw):
    Path(kw["out"]).write_text(Path(kw["inp"]).read_text())


@task(a=FILE_IN, b=FILE_IN, returns=1)
def read_both(a, b):
    return [(os.path.basename(f), Path(f).read_text()) for f in (a, b)]


@task(a=FILE_IN, b=FILE_OUT, returns=1)
def copy(a, b):
    Path(b).write_text(Path(a).read_text() + " copied")
    return a, b


@task(a=FILE_IN, b=FILE_INOUT, returns=1)
def append_from(a, b):
    with open(b, "a") as file:
        file.write(Path(a).read_text())
    return a, b


# ------------------------------------------------------------------ names and places


@pytest.mark.parametrize("is_handed_down", [False, True])
def test_at_the_end_files_are_moved_home_unless_the_folder_hands_its_group_down(
    fresh: Callable[..., Any], folder: Path, monkeypatch: pytest.MonkeyPatch, is_handed_down: bool
) -> None:
    copied: list[str] = []
    copy = shutil.copyfile
    session = fresh()
    home = folder / "home"
    home.mkdir()
    if is_handed_down:
        home.chmod(0o2700)
    monkeypatch.setattr(shutil, "copyfile", lambda *paths, **how: copied.append(paths[1]) or copy(*paths, **how))
    write("home/a", "one")
    append("home/a", " two")
    make_directory("home/d", ["x", "y"])
    session.stop()
    assert (home / "a").read_text() == "one two"
    assert len(list((home / "d").iterdir())) == 2
    assert bool(copied) is is_handed_down


def test_a_task_sees_the_original_base_name_in_its_own_directory(local: Any) -> None:
    """Given write(FILE_OUT "out/a.txt"), then inside the task os.path.basename(p) == "a.txt"."""
    os.mkdir("out")
    name, cwd, home = compss_wait_on(write_and_tell("out/a.txt", "text"))
    assert name == "a.txt"
    assert cwd == home  # a private directory, which is also the cwd
    assert cwd != os.getcwd()


def test_every_task_has_a_directory_of_its_own(local: Any) -> None:
    places = compss_wait_on([write_and_tell(f"f{n}", "x") for n in range(4)])
    assert len({cwd for _, cwd, _ in places}) == 4


def test_what_a_task_leaves_in_its_directory_does_not_come_home(local: Any, folder: Path) -> None:
    """The directory is private: nothing of it appears where the program runs."""

    @task(f=FILE_OUT)
    def litter(f):
        Path("litter").write_text("left")
        Path(f).write_text("wanted")

    litter("wanted")
    compss_wait_on_file("wanted")
    assert sorted(os.listdir(folder)) == ["wanted"]


def test_the_last_version_comes_home_at_wait_on_file(engine: str) -> None:
    """The original path is updated when the program ends or at compss_wait_on_file."""
    os.mkdir("out")
    write("out/a.txt", "one ")
    append("out/a.txt", "two")
    compss_wait_on_file("out/a.txt")
    assert Path("out/a.txt").read_text() == "one two"


def test_the_master_reads_earlier_through_open(engine: str) -> None:
    """Given FILE_INOUT append ×3 then compss_open(f), then three lines are read."""
    Path("f").write_text("")
    for line in ("1\n", "2\n", "3\n"):
        append("f", line)
    with compss_open("f") as file:
        assert file.readlines() == ["1\n", "2\n", "3\n"]


def test_a_file_of_the_program_is_read_where_it_lies(engine: str) -> None:
    Path("given").write_text("from the program")
    assert compss_wait_on(read("given")) == "from the program"
    assert compss_wait_on(read(os.path.abspath("given"))) == "from the program"


def test_a_relative_and_an_absolute_path_name_the_same_file(engine: str) -> None:
    """Value is a path string (relative to the master's cwd)."""
    write("f", "first ")
    append(os.path.abspath("f"), "second ")
    append("./f", "third")
    assert compss_wait_on(read("f")) == "first second third"


@pytest.mark.parametrize("name", ["with blank.txt", "ünïcode", "a#b$c", "-dash", "UPPER.TXT", "no_suffix"])
def test_any_file_name_will_do(engine: str, name: str) -> None:
    write(name, "text")
    assert compss_wait_on(read(name)) == "text"
    compss_wait_on_file(name)
    assert Path(name).read_text() == "text"


@pytest.mark.parametrize("size", [255, 254])
def test_a_file_name_may_be_as_long_as_the_file_system_allows(engine: str, size: int) -> None:
    name = "n" * size
    write(name, "one ")
    append(name, "two")
    compss_wait_on_file(name)
    assert Path(name).read_text() == "one two"
    assert os.listdir() == [name]


@pytest.mark.parametrize("waits", [True, False])
def test_a_pipe_is_written_to_and_stays(run_program: Any, folder: Path, *, waits: bool) -> None:
    """As /dev/null and the like, which only root could have made disappear."""
    os.mkfifo(folder / "pipe")
    reader = subprocess.Popen(["cat", "pipe"], cwd=folder, stdout=subprocess.PIPE, text=True)
    program = f"""
        from pycompss.api.api import compss_wait_on_file
        from pycompss.api.parameter import FILE_OUT
        from pycompss.api.task import task

        @task(f=FILE_OUT)
        def write(f):
            with open(f, "w") as file:
                file.write("text")

        path = {str(folder / "pipe")!r}
        write(path)
        if {waits}:
            compss_wait_on_file(path)
    """
    run_program(program).succeeded()
    assert reader.communicate()[0] == "text"
    assert (folder / "pipe").is_fifo()


def test_what_finds_no_place_at_the_end_is_named_and_kept_and_keeps_no_other_file_from_coming_home(
    run_program: Any,
) -> None:
    program = """
        import os
        from pycompss.api.parameter import FILE_OUT
        from pycompss.api.task import task

        @task(f=FILE_OUT)
        def write(f):
            with open(f, "w") as file:
                file.write("text")

        for name in ("a", "b", "c"):
            write(name)
        os.mkdir("b")
    """
    done = run_program(program)
    assert done.returncode == 1
    assert [(done.folder / name).read_text() for name in ("a", "c")] == ["text", "text"]
    told = re.search(r"cannot be put in their places:\n  \S*/b: Is a directory; it is (\S+)\n", done.stderr)
    assert told is not None, done.stderr
    assert Path(told[1]).read_text() == "text"


def test_none_is_a_value(engine: str) -> None:
    """Given None for FILE_IN, then the task gets None and no dependency."""
    assert compss_wait_on(read(None)) is None


def test_equal_base_names_of_two_inputs(engine: str) -> None:
    """Same base name from two directories in one call: each received path ends with the original base name."""
    for where in ("one", "two"):
        os.mkdir(where)
        write(f"{where}/same.txt", where)
    (first, text1), (second, text2) = compss_wait_on(read_both("one/same.txt", "two/same.txt"))
    assert (text1, text2) == ("one", "two")
    assert first.endswith("same.txt")
    assert second.endswith("same.txt")


def test_equal_base_names_of_input_and_output(engine: str) -> None:
    os.mkdir("one")
    os.mkdir("two")
    write("one/same.txt", "text")
    paths = compss_wait_on(copy("one/same.txt", "two/same.txt"))
    assert all(path.endswith("same.txt") for path in paths)
    assert paths[0] != paths[1]
    assert compss_wait_on(read("two/same.txt")) == "text copied"
    assert compss_wait_on(read("one/same.txt")) == "text"


def test_equal_base_names_of_input_and_inout(engine: str) -> None:
    os.mkdir("one")
    os.mkdir("two")
    write("one/same.txt", "one")
    write("two/same.txt", "two ")
    paths = compss_wait_on(append_from("one/same.txt", "two/same.txt"))
    assert all(path.endswith("same.txt") for path in paths)
    assert compss_wait_on(read("two/same.txt")) == "two one"


def test_one_path_can_be_passed_twice(engine: str) -> None:
    """One identical path passed twice: IN+IN plainly."""
    write("f", "text")
    assert compss_wait_on(read_both("f", "f")) == [("f", "text"), ("f", "text")]


@task(a=FILE_INOUT, b=FILE_INOUT)
def append_to_both(a, b, text):
    append.__wrapped__(a, text)
    append.__wrapped__(b, text.upper())


@task(target=FILE_OUT, source=FILE_IN)
def convert(target, source):
    Path(target).write_text(Path(source).read_text().upper())


@task(f=FILE_IN)
def read_when_told(f, go):
    await_mark(Path(go))
    Path(f).read_text()


def test_one_path_written_twice_is_one_file(engine: str) -> None:
    write("f", "-")
    append_to_both("f", "f", "a")
    append_to_both("f", "./f", "b")
    assert compss_wait_on(read("f")) == "-aAbB"


def test_a_file_of_the_program_is_converted_in_its_place(engine: str) -> None:
    """OUT and IN of one path: the task reads what was there before."""
    Path("f").write_text("text")
    convert("f", "f")
    assert compss_wait_on(read("f")) == "TEXT"


def test_what_the_program_writes_in_the_place_of_a_deleted_file_stays(local: Any, folder: Path) -> None:
    """Deletion is deferred until the file is unused; the name may be reused."""
    Path("f").write_text("old")
    read_when_told("f", str(folder / "go"))
    compss_delete_file("f")
    assert compss_file_exists("f") is False
    Path("f").write_text("new")
    assert compss_file_exists("f") is True
    mark(folder / "go")
    compss_barrier()
    assert Path("f").read_text() == "new"


def write_where_a_file_was_deleted_that_is_still_read(folder: Path) -> None:
    Path("f").write_text("old")
    read_when_told("f", str(folder / "go"))
    compss_delete_file("f")
    write("f", "new")


def test_a_task_may_write_where_the_program_has_deleted_a_file_that_is_still_read(local: Any, folder: Path) -> None:
    write_where_a_file_was_deleted_that_is_still_read(folder)
    with compss_open("f") as file:
        assert file.read() == "new"
    mark(folder / "go")
    compss_wait_on_file("f")
    assert Path("f").read_text() == "new"


def test_a_file_that_is_deleted_twice_while_it_is_read_goes(local: Any, folder: Path) -> None:
    write_where_a_file_was_deleted_that_is_still_read(folder)
    compss_delete_file("f")
    mark(folder / "go")
    compss_barrier()
    assert not Path("f").exists()


def test_what_is_written_to_a_stream_that_is_never_closed_comes_home(run_program: Any) -> None:
    program = """
        from pycompss.api.api import compss_barrier, compss_open

        compss_barrier()
        stream = compss_open("f", "w")
        stream.write("text")
    """
    assert (run_program(program).succeeded().folder / "f").read_text() == "text"


def test_an_internal_name_is_given_on_request(local: Any) -> None:
    """Keep_rename: True gives an internal name."""

    @task(f={Type: FILE_OUT, Keep_rename: True}, returns=1)
    def write_renamed(f):
        Path(f).write_text("text")
        return os.path.basename(f)

    assert compss_wait_on(write_renamed("plain.txt")) != "plain.txt"
    assert compss_wait_on(read("plain.txt")) == "text"


# ------------------------------------------------------------------ dependencies


def test_files_of_varargs_depend_on_their_writers(engine: str) -> None:
    """Given varargs_type=FILE_IN and f("a","b"), then both are resolved as files and depend on their writers."""
    write("a", "A")
    write("b", "B")
    assert compss_wait_on(read_all("a", "b")) == ["A", "B"]


def test_a_spec_applies_by_the_name_of_a_keyword(engine: str) -> None:
    """Given kwargs f(out="x") with @task(out=FILE_OUT) def f(**kw), then the spec applies by keyword name."""
    write("i", "text")
    copy_by_keyword(out="x", inp="i")
    assert compss_wait_on(read("x")) == "text"


def test_a_reader_of_an_old_version_is_not_disturbed(local: Any, folder: Path) -> None:
    """Each write creates a version."""

    @task(f=FILE_IN, returns=1)
    def read_late(f, path):
        await_mark(path)
        return Path(f).read_text()

    write("f", "old ")
    reader = read_late("f", str(folder / "go"))
    append("f", "new")
    assert compss_wait_on(read("f")) == "old new"
    mark(folder / "go")
    assert compss_wait_on(reader) == "old "


def test_overwriting_does_not_disturb_an_earlier_reader(local: Any, folder: Path) -> None:
    @task(f=FILE_IN, returns=1)
    def read_late(f, path):
        await_mark(path)
        return Path(f).read_text()

    Path("f").write_text("from the program")
    reader = read_late("f", str(folder / "go"))
    write("f", "overwritten")
    assert compss_wait_on(read("f")) == "overwritten"
    mark(folder / "go")
    assert compss_wait_on(reader) == "from the program"


def test_a_task_cannot_spoil_an_input_of_the_program(local: Any) -> None:
    """FILE_IN is read; a task that replaces it in its own directory replaces nothing of the program's."""

    @task(f=FILE_IN)
    def replace(f):
        os.replace(make_other(), f)

    def make_other():
        Path("other").write_text("spoilt")
        return "other"

    Path("f").write_text("the program's")
    replace("f")
    compss_barrier()
    assert Path("f").read_text() == "the program's"


def test_a_chain_of_writers(engine: str) -> None:
    write("f", "")
    for number in range(20):
        append("f", f"{number} ")
    assert compss_wait_on(read("f")).split() == [str(number) for number in range(20)]


# ------------------------------------------------------------------ missing outputs


@task(f=FILE_OUT)
def writes_nothing(f, log):
    with open(log, "a") as file:
        file.write("ran\n")


@task(f=FILE_OUT, on_failure="IGNORE")
def writes_nothing_ignored(f):
    pass


def test_an_output_that_is_not_written_is_a_failure(fresh: Callable[..., Any], folder: Path) -> None:
    """FILE_OUT not created by the task → task failure."""
    fresh(workers=1)
    writes_nothing("missing", str(folder / "log"))
    with pytest.raises(TaskError, match="missing"):
        compss_barrier()
    assert notes(folder / "log") == ["ran"] * 4


def test_under_ignore_an_empty_file_appears(local: Any) -> None:
    """… except under IGNORE, CANCEL_SUCCESSORS or COMPSsException, when an empty file appears."""
    writes_nothing_ignored("missing")
    assert compss_wait_on(read("missing")) == ""
    compss_wait_on_file("missing")
    assert Path("missing").read_text() == ""


# ------------------------------------------------------------------ directories


@task(d=DIRECTORY_OUT)
def make_directory(d, names):
    os.mkdir(d)
    for name in names:
        Path(d, name).write_text(f"content of {name}")


@task(d=DIRECTORY_IN, returns=1)
def list_directory(d):
    return sorted(os.listdir(d)), os.path.basename(d)


@task(d=DIRECTORY_INOUT)
def add_to_directory(d, name):
    Path(d, name).write_text(f"content of {name}")


def test_a_directory_that_a_task_made_is_listed_by_the_next(engine: str) -> None:
    """Given DIRECTORY_OUT then DIRECTORY_IN on the same path, then the second task lists the first one's files."""
    make_directory("d", ["a", "b"])
    assert compss_wait_on(list_directory("d")) == (["a", "b"], "d")


def test_a_directory_is_modified_in_place(engine: str) -> None:
    """DIRECTORY_INOUT receives a populated copy."""
    make_directory("d", ["a"])
    add_to_directory("d", "b")
    add_to_directory("d", "c")
    assert compss_wait_on(list_directory("d")) == (["a", "b", "c"], "d")
    assert compss_wait_on_directory("d") == "d"
    assert sorted(os.listdir("d")) == ["a", "b", "c"]
    assert Path("d/b").read_text() == "content of b"


def test_a_directory_of_the_program_is_an_input(engine: str) -> None:
    os.mkdir("d")
    Path("d/x").write_text("x")
    add_to_directory("d", "y")
    assert compss_wait_on(list_directory("d")) == (["x", "y"], "d")


def test_an_old_version_of_a_directory_stays(local: Any, folder: Path) -> None:
    @task(d=DIRECTORY_IN, returns=1)
    def list_late(d, path):
        await_mark(path)
        return sorted(os.listdir(d))

    make_directory("d", ["a"])
    late = list_late("d", str(folder / "go"))
    add_to_directory("d", "b")
    assert compss_wait_on(list_directory("d")) == (["a", "b"], "d")
    mark(folder / "go")
    assert compss_wait_on(late) == ["a"]


def test_a_directory_with_subdirectories(engine: str) -> None:
    @task(d=DIRECTORY_OUT)
    def make_tree(d):
        os.makedirs(os.path.join(d, "deep", "deeper"))
        Path(d, "deep", "deeper", "leaf").write_text("leaf")

    @task(d=DIRECTORY_IN, returns=1)
    def read_leaf(d):
        return Path(d, "deep", "deeper", "leaf").read_text()

    make_tree("tree")
    assert compss_wait_on(read_leaf("tree")) == "leaf"
