"""Programming model, section 9: the functions of `pycompss.api.api`."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import (
    compss_add_logger,
    compss_barrier,
    compss_barrier_group,
    compss_delete_file,
    compss_delete_object,
    compss_file_exists,
    compss_free_resources,
    compss_get_number_of_resources,
    compss_open,
    compss_request_resources,
    compss_snapshot,
    compss_wait_on,
    compss_wait_on_directory,
    compss_wait_on_file,
)
from pycompss.api.parameter import DIRECTORY_OUT, FILE_IN, FILE_INOUT, FILE_OUT, INOUT
from pycompss.api.task import task
from pycompss.runtime.management.classes import Future
from pycompss.util.exceptions import NotInPyCOMPSsException, PyCOMPSsException
from tests.support.rendezvous import await_mark, await_true, mark, note, notes


@task(returns=1)
def f(x):
    return x


@task(x=INOUT)
def append(x, value):
    x.append(value)


@task(f=FILE_OUT)
def write(f, text):
    Path(f).write_text(text)


@task(f=FILE_IN, returns=1)
def read(f):
    return Path(f).read_text()


@task(f=FILE_INOUT)
def extend(f, text):
    with open(f, "a") as file:
        file.write(text)


@task(f=FILE_OUT)
def write_late(f, text, go):
    await_mark(go)
    Path(f).write_text(text)


@task(f=FILE_IN, returns=1)
def read_late(f, go):
    await_mark(go)
    return Path(f).read_text()


@task(d=DIRECTORY_OUT)
def make_directory(d):
    os.mkdir(d)
    Path(d, "a").write_text("a")


@task()
def log(path, line):
    note(path, line)


# ------------------------------------------------------------------ wait_on


def test_wait_on_follows_lists_and_dicts(engine: str) -> None:
    """Given compss_wait_on([f(1), [f(2)], {"k": f(3)}]), then all values."""
    assert compss_wait_on([f(1), [f(2)], {"k": f(3)}]) == [1, [2], {"k": 3}]


def test_wait_on_follows_lists_and_dicts_to_any_depth(local: Any) -> None:
    deep = [[[{"a": [f(1), {"b": f(2)}]}]], f(3), 4, "5", None]
    assert compss_wait_on(deep) == [[[{"a": [1, {"b": 2}]}]], 3, 4, "5", None]


def test_wait_on_follows_keys(local: Any) -> None:
    """Recurses into lists and dicts (keys and values)."""
    assert compss_wait_on({f("k"): f(1)}) == {"k": 1}


def test_wait_on_does_not_follow_tuples_sets_and_attributes(local: Any) -> None:
    """Given (f(1), f(2)) a tuple, then still futures; sets and attributes are not traversed."""
    pair = (f(1), f(2))
    result = compss_wait_on(pair)
    assert all(isinstance(one, Future) for one in result)
    one = f(1)
    assert compss_wait_on({one}) == {one}
    holder = Holder()
    holder.x = f(1)
    assert isinstance(compss_wait_on(holder).x, Future)
    assert compss_wait_on(list(pair)) == [1, 2]


class Holder:
    x: Any = None


def test_wait_on_leaves_the_originals_alone(local: Any) -> None:
    """New containers are returned, originals untouched (subclasses become plain list or dict)."""
    original = [f(1), OrderedDict(k=f(2))]
    result = compss_wait_on(original)
    assert result is not original
    assert type(result[1]) is dict
    assert isinstance(original[0], Future)
    assert isinstance(original[1]["k"], Future)


def test_wait_on_counts_its_arguments(engine: str) -> None:
    """0 args → []; 1 → value; n → list."""
    assert compss_wait_on() == []
    assert compss_wait_on(f(1)) == 1
    assert compss_wait_on(f(1), f(2)) == [1, 2]


@pytest.mark.parametrize("value", [7, "text", None, 1.5, (1, 2), {3}], ids=repr)
def test_wait_on_lets_values_pass(engine: str, value: Any) -> None:
    """Given compss_wait_on(7), then 7."""
    result = compss_wait_on(value)
    assert result == value
    assert type(result) is type(value)


def test_an_untracked_object_passes_through(engine: str) -> None:
    """Untracked things pass through."""
    thing = Holder()
    assert compss_wait_on(thing) is thing


def test_the_mode_of_wait_on_makes_no_difference(engine: str) -> None:
    """mode="r" has no observable difference."""
    x = []
    append(x, 1)
    assert compss_wait_on(f(1), mode="r") == 1
    assert compss_wait_on(x, mode="rw") == [1]


def test_a_tracked_list_is_fetched_as_one_object(engine: str) -> None:
    """A tracked list (passed as plain INOUT) is fetched as one object."""
    x = [1, 2]
    append(x, 3)
    assert compss_wait_on(x) == [1, 2, 3]
    assert compss_wait_on([x, x]) == [[1, 2, 3], [1, 2, 3]]


# ------------------------------------------------------------------ files


def test_the_program_writes_a_file_for_tasks(engine: str) -> None:
    """Given compss_open("new", "w") writing, then a task with FILE_IN "new" reads the text."""
    with compss_open("new", "w") as file:
        file.write("from the program")
    assert compss_wait_on(read("new")) == "from the program"


def test_open_reads_the_last_version(engine: str) -> None:
    """compss_open: wait for the last version; builtin file object on it."""
    write("f", "one ")
    extend("f", "two")
    with compss_open("f") as file:
        assert file.read() == "one two"
    with compss_open("f", "rb") as file:
        assert file.read() == b"one two"


def test_open_appends_and_modifies(engine: str) -> None:
    """r+ and a modify; later tasks see it."""
    write("f", "task ")
    with compss_open("f", "a") as file:
        file.write("program ")
    extend("f", "task")
    assert compss_wait_on(read("f")) == "task program task"
    with compss_open("f", "r+") as file:
        file.write("TASK")
    assert compss_wait_on(read("f")) == "TASK program task"


def test_open_for_writing_does_not_wait(local: Any, folder: Path) -> None:
    """w: a new version without waiting; readers of the old one keep it."""
    write_late("f", "old", str(folder / "go"))
    before = read("f")
    with compss_open("f", "w") as file:
        file.write("new")
    after = read("f")
    mark(folder / "go")
    assert compss_wait_on(before, after) == ["old", "new"]


def test_writing_in_the_program_does_not_disturb_a_reader(local: Any, folder: Path) -> None:
    write("f", "old")
    reader = read_late("f", str(folder / "go"))
    with compss_open("f", "a") as file:
        file.write(" new")
    mark(folder / "go")
    assert compss_wait_on(reader) == "old"
    assert compss_wait_on(read("f")) == "old new"


@pytest.mark.parametrize("mode", ["w", "a", "r+"])
@pytest.mark.parametrize("origin", ["the program", "a task", "a task, waited for"])
def test_a_reader_keeps_what_the_file_held_when_it_was_called(local: Any, folder: Path, origin: str, mode: str) -> None:
    """Wherever that version lies: the program's next version is another one."""
    if origin == "the program":
        Path("f").write_text("old")
    else:
        write("f", "old")
    if origin == "a task, waited for":
        compss_wait_on_file("f")
    reader = read_late("f", str(folder / "go"))
    with compss_open("f", mode) as file:
        file.write("new")
    mark(folder / "go")
    assert compss_wait_on(reader) == "old"
    assert compss_wait_on(read("f")) == ("oldnew" if mode == "a" else "new")


@task()
def mark_when_changed(path, old, go):
    """Mark `go` when the file at `path` is no longer `old`, or soon if nothing happens to it."""
    with suppress(TimeoutError):
        await_true(lambda: Path(path).read_text() != old, "nothing happened", seconds=0.5)
    mark(go)


def test_a_file_that_comes_home_does_not_disturb_readers_of_what_was_there(local: Any, folder: Path) -> None:
    """compss_wait_on_file brings the last version to the original path, where an earlier one may still be read."""
    Path("f").write_text("old")
    reader = read_late("f", str(folder / "go"))
    extend("f", " new")
    mark_when_changed(str(folder / "f"), "old", str(folder / "go"))
    compss_wait_on_file("f")
    assert Path("f").read_text() == "old new"
    assert compss_wait_on(reader) == "old"


def test_a_file_that_is_being_made_exists(local: Any, folder: Path) -> None:
    """Given compss_file_exists("o") just after submitting its producer, then True; after deletion, False."""
    write_late("o", "text", str(folder / "go"))
    assert compss_file_exists("o") is True
    assert not os.path.exists("o")
    compss_delete_file("o")
    assert compss_file_exists("o") is False
    mark(folder / "go")
    compss_barrier()
    assert compss_file_exists("o") is False


def test_existence_keeps_the_structure_of_its_question(engine: str) -> None:
    """True if on disk or used by any submitted task; structure kept."""
    Path("a").write_text("a")
    write("b", "b")
    assert compss_file_exists("a", ["b", "c"]) == [True, [True, False]]
    assert compss_file_exists("c") is False


def test_deleting_files_says_false_with_the_structure_kept(local: Any) -> None:
    """Given compss_delete_file("a", ["b","c"]), then [False, [False, False]]; they are gone, the originals too."""
    for name in "abc":
        write(name, name)
        extend(name, name)
    Path("d").write_text("d")
    assert compss_wait_on(read("d")) == "d"
    assert compss_delete_file("a", ["b", "c"]) == [False, [False, False]]
    assert compss_delete_file("d") is False
    compss_barrier()
    assert [os.path.exists(name) for name in "abcd"] == [False] * 4


def test_deleting_files_in_sequence_says_true_and_deletes_nothing(inline: Any) -> None:
    """seq: True and nothing deleted."""
    for name in "abc":
        write(name, name)
    assert compss_delete_file("a") is True
    compss_delete_file("b", ["c"])
    assert os.path.exists("a")
    assert os.path.exists("c")


def test_a_file_is_deleted_when_nobody_needs_it(local: Any, folder: Path) -> None:
    """Deferred until unused; the name may be reused."""
    write("f", "old")
    reader = read_late("f", str(folder / "go"))
    compss_delete_file("f")
    write("f", "new")
    mark(folder / "go")
    assert compss_wait_on(reader) == "old"
    assert compss_wait_on(read("f")) == "new"


def test_waiting_for_files_gives_their_names(local: Any) -> None:
    """Given compss_wait_on_file("a", ("b","c")), then ["a", ("b","c")] and all three readable."""
    for name in "abc":
        write(name, name)
    assert compss_wait_on_file("a", ("b", "c")) == ["a", ("b", "c")]
    assert [Path(name).read_text() for name in "abc"] == ["a", "b", "c"]
    assert compss_wait_on_file("a") == "a"
    assert compss_wait_on_file(["a"]) == ["a"]


def test_waiting_for_files_in_sequence_gives_a_tuple_of_names(inline: Any) -> None:
    """Section 13: wait_on_file returns name(s) (n → tuple)."""
    for name in "abc":
        write(name, name)
    assert compss_wait_on_file("a") == "a"
    assert compss_wait_on_file("a", ("b", "c")) == ("a", ("b", "c"))


def test_a_file_that_was_waited_for_is_the_programs_again(engine: str) -> None:
    """The runtime forgets it: what the program then writes with plain open counts."""
    write("f", "task")
    compss_wait_on_file("f")
    Path("f").write_text("program")
    assert compss_wait_on(read("f")) == "program"


def test_the_name_of_a_file_must_be_text(local: Any) -> None:
    """Elements are str, list or tuple, else PyCOMPSsException."""
    with pytest.raises(PyCOMPSsException):
        compss_wait_on_file(3)


def test_waiting_for_a_directory(engine: str) -> None:
    """compss_wait_on_directory: wait, bring to the original path."""
    make_directory("d")
    assert compss_wait_on_directory("d") == "d"
    assert os.listdir("d") == ["a"]


# ------------------------------------------------------------------ the rest


def test_a_barrier_waits_for_all_tasks(local: Any, folder: Path) -> None:
    """Given compss_barrier() after n tasks, then all have finished; objects keep being waitable."""
    x = []
    results = [f(n) for n in range(5)]
    for n in range(5):
        append(x, n)
        log(str(folder / "log"), str(n))
    compss_barrier()
    assert sorted(notes(folder / "log")) == ["0", "1", "2", "3", "4"]
    assert compss_wait_on(results) == [0, 1, 2, 3, 4]
    assert compss_wait_on(x) == [0, 1, 2, 3, 4]


def test_threads_of_the_program_call_tasks(engine: str) -> None:
    """Each with data of its own."""
    lengths: list[int] = []

    def work() -> None:
        x: list[int] = []
        for n in range(30):
            append(x, n)
        lengths.append(len(compss_wait_on(x)) + compss_wait_on(f(1)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lengths == [31] * 4


def test_a_barrier_without_more_tasks_waits(engine: str, folder: Path) -> None:
    """compss_barrier(no_more_tasks=True)."""
    log(str(folder / "log"), "done")
    compss_barrier(no_more_tasks=True)
    assert notes(folder / "log") == ["done"]


def test_a_barrier_without_more_tasks_drops_tracked_objects(fresh: Callable[..., Any]) -> None:
    """True also drops tracked objects."""
    fresh(workers=1)
    x = [1]
    append(x, 2)
    compss_barrier(no_more_tasks=True)
    x.append(3)
    assert compss_wait_on(x) == [1, 3]


def test_deleting_objects_says_true(engine: str) -> None:
    """Untrack, drop data; True (n → list; section 13: True)."""
    x, y = [1], [2]
    append(x, 1)
    append(y, 1)
    assert compss_delete_object(x) is True
    assert compss_delete_object(y, [3]) == ([True, True] if engine == "local" else True)


def test_a_deleted_object_still_reaches_the_tasks_that_need_it(local: Any, folder: Path) -> None:
    @task(returns=1)
    def length_late(x, go):
        await_mark(go)
        return len(x)

    x = [1]
    append(x, 2)
    reader = length_late(x, str(folder / "go"))
    compss_delete_object(x)
    mark(folder / "go")
    assert compss_wait_on(reader) == 2


def test_a_deleted_future_can_be_used_no_more_but_by_its_readers(local: Any) -> None:
    x = f([1])
    y = f(x)
    assert compss_delete_object(x) is True
    assert compss_wait_on(y) == [1]


def test_the_number_of_resources_is_a_number(engine: str) -> None:
    """compss_get_number_of_resources() → int; sequential mode has 1."""
    number = compss_get_number_of_resources()
    assert type(number) is int
    assert number >= 1


def test_resources_can_be_asked_for(engine: str) -> None:
    """Section 14.9: later reading the count, it grows (or stays, without a connector) without error."""
    before = compss_get_number_of_resources()
    compss_request_resources(1, None)
    assert compss_get_number_of_resources() >= before
    compss_free_resources(0, None)


def test_a_logger_is_added_under_the_runtime_only(local: Any) -> None:
    """compss_add_logger(name): route a user logger through the binding's."""
    compss_add_logger("a.program")


def test_a_logger_cannot_be_added_in_sequence(inline: Any) -> None:
    """Section 13: NotInPyCOMPSsException."""
    with pytest.raises(NotInPyCOMPSsException):
        compss_add_logger("a.program")


def test_a_snapshot_does_no_harm(engine: str) -> None:
    """Section 14.4: given compss_snapshot() in seq, then nothing."""
    compss_snapshot()


def test_an_unknown_group_returns(engine: str) -> None:
    """compss_barrier_group: unknown or finished name → returns."""
    compss_barrier_group("never heard of")


def test_after_a_stop_tasks_run_in_sequence(run_program: Any) -> None:
    """compss_stop: waits, stops; later task calls run sequentially."""
    program = """
        import os
        from pycompss.api.task import task
        from pycompss.api.api import compss_start, compss_stop, compss_wait_on

        @task(returns=1)
        def pid():
            return os.getpid()

        if __name__ == "__main__":
            compss_start()
            print(compss_wait_on(pid()) == os.getpid())
            compss_stop()
            print(compss_wait_on(pid()) == os.getpid())
    """
    result = run_program(program)
    assert (result.returncode, result.stdout) == (0, "False\nTrue\n"), result.stderr


def test_a_stop_waits_for_tasks_and_brings_files_home(run_program: Any) -> None:
    program = """
        from pycompss.api.task import task
        from pycompss.api.api import compss_stop
        from pycompss.api.parameter import FILE_OUT

        @task(f=FILE_OUT)
        def write(f):
            open(f, "w").write("text")

        if __name__ == "__main__":
            write("out.txt")
            compss_stop()
            print(open("out.txt").read())
    """
    result = run_program(program)
    assert (result.returncode, result.stdout) == (0, "text\n"), result.stderr


def test_start_and_stop_do_nothing_in_sequence(run_program: Any) -> None:
    """Section 13: start and stop are no-ops."""
    program = """
        import os
        from pycompss.api.task import task
        from pycompss.api.api import compss_start, compss_stop

        @task(returns=1)
        def pid():
            return os.getpid()

        compss_start()
        print(pid() == os.getpid())
        compss_stop()
        print(pid() == os.getpid())
    """
    result = run_program(program, engine="inline")
    assert (result.returncode, result.stdout, result.stderr) == (0, "True\nTrue\n", "")
