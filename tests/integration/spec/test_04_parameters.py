"""Programming model, section 4: directions and the dict form of parameters."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_barrier, compss_open, compss_wait_on
from pycompss.api.parameter import (
    COLLECTION,
    COMMUTATIVE,
    CONCURRENT,
    FILE,
    FILE_COMMUTATIVE,
    FILE_CONCURRENT,
    FILE_IN,
    FILE_INOUT,
    FILE_OUT,
    IN,
    IN_DELETE,
    INOUT,
    OUT,
    Cache,
    Depth,
    Direction,
    Keep_rename,
    Type,
    Weight,
)
from pycompss.api.task import task
from pycompss.runtime.config import NodeSpec
from tests.support.rendezvous import alone, await_mark, mark, meet, reached

# ------------------------------------------------------------------ directions of objects


@task(returns=1)
def mutate_under_in(x):
    x.append("lost")
    return len(x)


@task(x=INOUT)
def append(x, value):
    x.append(value)


@task(x=OUT)
def fill(x, value):
    assert x == []  # nothing of the program's old value
    x.append(value)


@task(x=CONCURRENT, returns=1)
def meet_with(x, folder, name, other):
    x.append(name)
    meet(folder, name, [other])
    return len(x)


@task(x=COMMUTATIVE)
def add_alone(x, value, guard):
    with alone(guard):
        x.append(value)


@task(x=COMMUTATIVE)
def add_and_mark(x, value, path):
    x.append(value)
    mark(path)


@task(returns=1)
def value_once_marked(value, path):
    await_mark(path)
    return value


@task(x=IN_DELETE, returns=1)
def consume(x):
    return len(x)


@task(returns=1)
def length(x):
    return len(x)


def test_changes_under_in_are_not_written_back(local: Any) -> None:
    """IN: the worker receives the value; nothing is written back."""
    x = [1]
    assert compss_wait_on(mutate_under_in(x)) == 2
    assert compss_wait_on(length(x)) == 1
    assert x == [1]


def test_changes_under_inout_make_a_new_version(local: Any) -> None:
    """INOUT: value, then a new version."""
    x = [1]
    append(x, 2)
    assert compss_wait_on(length(x)) == 2
    assert compss_wait_on(x) == [1, 2]


def test_out_depends_on_nothing_and_makes_a_new_version(local: Any, folder: Path) -> None:
    """OUT: no dependency on the old value; the worker gets a default-constructed one."""
    x = ["old"]
    append(x, value_once_marked("late", str(folder / "go")))
    old = length(x)
    fill(x, "new")
    assert compss_wait_on(length(x)) == 1  # although the old value is not there yet
    mark(folder / "go")
    assert compss_wait_on(old) == 2
    assert compss_wait_on(x) == ["new"]


def test_concurrent_users_overlap_and_their_changes_of_objects_are_not_returned(local: Any, folder: Path) -> None:
    """CONCURRENT: like IN among CONCURRENT users; objects: changes not returned."""
    x = []
    append(x, 1)
    results = [meet_with(x, str(folder), "a", "b"), meet_with(x, str(folder), "b", "a")]
    append(x, 2)
    assert compss_wait_on(results) == [2, 2]
    assert compss_wait_on(x) == [1, 2]


def test_concurrent_users_may_have_no_result(local: Any) -> None:
    """CONCURRENT on an object is all that the task has: nothing comes back from the worker."""

    @task(x=CONCURRENT)
    def look(x):
        assert x == [1]

    x = [1]
    for _ in range(3):
        look(x)
    append(x, 2)
    assert compss_wait_on(x) == [1, 2]


def test_commutative_increments_accumulate_and_never_overlap(engine: str, folder: Path) -> None:
    """Given three COMMUTATIVE increments, then the final value is +3 in any order, never overlapped."""
    x = [0]
    for value in (1, 2, 3):
        add_alone(x, value, str(folder / "guard"))
    assert sorted(compss_wait_on(x)) == [0, 1, 2, 3]


def test_commutative_tasks_run_in_the_order_in_which_they_can(local: Any, folder: Path) -> None:
    """COMMUTATIVE: any order: one that waits for something else holds nobody up."""
    x = []
    add_and_mark(x, value_once_marked("late", str(folder / "early")), str(folder / "end"))
    add_and_mark(x, "early", str(folder / "early"))
    assert compss_wait_on(x) == ["early", "late"]


def test_commutative_tasks_are_ordered_against_others(local: Any, folder: Path) -> None:
    """COMMUTATIVE: ordered against others."""
    x = [0]
    append(x, 1)
    before = length(x)
    for value in (2, 3, 4):
        add_alone(x, value, str(folder / "guard"))
    after = length(x)
    append(x, 5)
    assert compss_wait_on(before, after) == [2, 5]
    x = compss_wait_on(x)
    assert (x[:2], sorted(x[2:5]), x[5:]) == ([0, 1], [2, 3, 4], [5])


def test_an_object_under_in_delete_is_never_tracked(local: Any) -> None:
    """IN_DELETE: the object is never tracked, so passing it again serialises it again."""
    x = [1]
    first = consume(x)
    x.append(2)
    assert compss_wait_on(first, consume(x)) == [1, 2]


def test_in_delete_takes_the_result_of_another_task(engine: str) -> None:
    """IN_DELETE: IN; the program promises not to use it again."""

    @task(returns=1)
    def make():
        return [1, 2, 3]

    assert compss_wait_on(consume(make())) == 3


# ------------------------------------------------------------------ directions of files


@task(f=FILE_INOUT)
def append_line(f, line):
    with open(f, "a") as file:
        file.write(line + "\n")


@task(f=FILE_CONCURRENT)
def append_together(f, line, folder, others):
    meet(folder, line, others)
    with open(f, "a") as file:
        file.write(line + "\n")


@task(f=FILE_COMMUTATIVE)
def add_one(f, guard):
    with alone(guard):
        value = int(Path(f).read_text())
        Path(f).write_text(str(value + 1))


@task(f=FILE_OUT)
def write(f, text):
    Path(f).write_text(text)


@task(f=FILE_IN, returns=1)
def read(f):
    return Path(f).read_text()


def test_concurrent_appenders_overlap_each_other_only(fresh: Callable[..., Any], folder: Path) -> None:
    """Three FILE_CONCURRENT appenders between two INOUT tasks may overlap each other but not the neighbours."""
    fresh(workers=3)
    write("log", "")
    append_line("log", "first")
    names = ["a", "b", "c"]
    for name in names:
        append_together("log", name, str(folder), names)  # each waits for all
    append_line("log", "last")
    with compss_open("log") as log:
        lines = log.read().split()
    assert (lines[0], sorted(lines[1:4]), lines[4:]) == ("first", names, ["last"])


def test_concurrent_appenders_follow_in_sequence(inline: Any, folder: Path) -> None:
    Path("log").write_text("")
    append_line("log", "first")
    for name in ("a", "b"):
        append_together("log", name, str(folder), [])
    append_line("log", "last")
    assert Path("log").read_text().split() == ["first", "a", "b", "last"]


def test_commutative_writers_of_a_file_accumulate(engine: str, folder: Path) -> None:
    """COMMUTATIVE: one at a time, new version, accumulated."""
    write("n", "1")
    for _ in range(3):
        add_one("n", str(folder / "guard"))
    assert compss_wait_on(read("n")) == "4"


# ------------------------------------------------------------------ dict form


@task(x={Direction: INOUT})
def append_by_direction(x, value):
    x.append(value)


@task(x={Type: INOUT})
def append_by_type(x, value):
    x.append(value)


@task(f={Type: FILE, Direction: OUT})
def write_by_dict(f, text):
    Path(f).write_text(text)


@task(f={Type: FILE_IN, Keep_rename: True}, returns=1)
def renamed(f):
    return f, Path(f).read_text()


@task(f={Type: FILE_IN, Keep_rename: False, Cache: False}, returns=1)
def original(f):
    return f, Path(f).read_text()


@task(c={Type: COLLECTION, Direction: IN, Depth: 2}, returns=1)
def sum_nested(c):
    return sum(sum(row) for row in c)


@task(x={}, y={Cache: False, Weight: 2}, returns=1)
def plain(x, y):
    return x + y


def test_a_constant_is_a_value_of_direction_or_of_type(engine: str) -> None:
    """Section 2.2: a constant is used bare, or as the value of Type or of Direction."""
    x = []
    append_by_direction(x, 1)
    append_by_type(x, 2)
    assert compss_wait_on(x) == [1, 2]


def test_type_and_direction_combine(engine: str) -> None:
    """Dict form: any subset of keys."""
    write_by_dict("o", "text")
    assert compss_wait_on(read("o")) == "text"


def test_no_type_means_a_plain_object(engine: str) -> None:
    assert compss_wait_on(plain(1, 2)) == 3


def test_depth_of_a_collection_is_given_by_dict(engine: str) -> None:
    """Depth: how many nesting levels of a collection are tracked."""

    @task(returns=1)
    def make(n):
        return n

    assert compss_wait_on(sum_nested([[make(1), make(2)], [make(3)]])) == 6


def test_keep_rename_gives_the_internal_name(local: Any) -> None:
    """Keep_rename: True = the worker gives the runtime's internal file name instead of the original base name."""
    write("name.txt", "text")
    path, text = compss_wait_on(renamed("name.txt"))
    assert text == "text"
    assert re.match(r"d\d+v\d+_", os.path.basename(path))
    path, text = compss_wait_on(original("name.txt"))
    assert (os.path.basename(path), text) == ("name.txt", "text")


@task(f=FILE_OUT, returns=1)
def write_here(f):
    Path(f).write_text("x" * 1000)
    return os.environ["COMPSS_HOSTNAMES"]


@task(f={Type: FILE_IN, Weight: "3.0"}, g=FILE_IN, returns=1)
def which_node(f, g):
    return os.environ["COMPSS_HOSTNAMES"]


@task(f=FILE_OUT, returns=1)
def write_there(f, folder):
    meet(folder, "there", ["here"])
    Path(f).write_text("x" * 1000)
    return os.environ["COMPSS_HOSTNAMES"]


@task(f=FILE_OUT, returns=1)
def write_in_the_meantime(f, folder):
    meet(folder, "here", ["there"])
    Path(f).write_text("x" * 1000)
    return os.environ["COMPSS_HOSTNAMES"]


@pytest.mark.parametrize("heavy", [0, 1])
def test_a_task_goes_to_the_node_of_its_weighty_file(fresh: Callable[..., Any], folder: Path, heavy: int) -> None:
    """Given Weight 3.0 on one of two files held by different nodes, then the task goes to that file's node."""
    fresh(nodes=[NodeSpec("localhost", 1), NodeSpec("127.0.0.1", 1)])
    homes = compss_wait_on([write_there("f", str(folder)), write_in_the_meantime("g", str(folder))])
    assert sorted(homes) == ["127.0.0.1", "localhost"]
    files = ["f", "g"] if heavy == 0 else ["g", "f"]
    assert compss_wait_on(which_node(*files)) == homes[heavy]


def test_readers_see_the_version_of_their_place_in_the_program(local: Any, folder: Path) -> None:
    """IN: after the last writer. A later writer neither waits for a reader nor spoils what it reads."""

    @task(returns=1)
    def read_late(x, path):
        await_mark(path)
        return list(x)

    x = [1]
    append(x, 2)
    reader = read_late(x, str(folder / "go"))
    append(x, 3)
    assert compss_wait_on(length(x)) == 3  # the writer is done while the reader still waits
    mark(folder / "go")
    assert compss_wait_on(reader) == [1, 2]
    assert compss_wait_on(x) == [1, 2, 3]


def test_a_reader_waits_for_the_writer(local: Any, folder: Path) -> None:
    """A task that needs a result has not started while the result is being made."""

    @task(returns=1)
    def slow(path):
        await_mark(path)
        return 1

    @task(returns=1)
    def start(x, path):
        mark(path)
        return x

    @task()
    def bystander():
        pass

    waiting = start(slow(str(folder / "go")), str(folder / "started"))
    bystander()
    assert compss_wait_on(length([])) == 0  # a free worker had nothing better to do
    assert not reached(folder / "started")
    mark(folder / "go")
    assert compss_wait_on(waiting) == 1


def test_a_barrier_follows_every_direction(local: Any, folder: Path) -> None:
    x = []
    for value in range(5):
        add_alone(x, value, str(folder / "guard"))
        append(x, value)
    compss_barrier()
    assert sorted(compss_wait_on(x)) == sorted([*range(5), *range(5)])
