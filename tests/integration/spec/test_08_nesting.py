"""Programming model, sections 8 and 17: tasks inside tasks, on by default."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import TaskGroup, compss_barrier, compss_open, compss_wait_on, compss_wait_on_file
from pycompss.api.parameter import COLLECTION_IN, FILE_IN, FILE_INOUT, FILE_OUT, INOUT
from pycompss.api.task import task
from pycompss.errors import TaskError
from tests.support.rendezvous import await_mark, mark, meet


@task(returns=1)
def inner(x):
    return 10 * x


@task(returns=1)
def outer_waits(x):
    return compss_wait_on(inner(x)) + 1


@task(returns=1)
def outer_passes_on(x):
    return inner(x)


@task(returns=1)
def outer_passes_many_on(xs):
    return [inner(x) for x in xs]


@task(returns=2)
def outer_passes_two_on(x):
    return inner(x), inner(x + 1)


@task(returns=1)
def outer_in_a_dict(x):
    return {"value": inner(x), "plain": x}


@task(returns=1)
def fibonacci(n):
    if n < 2:
        return n
    return compss_wait_on(fibonacci(n - 1)) + compss_wait_on(fibonacci(n - 2))


@task(returns=1)
def depth(n):
    return 0 if n == 0 else 1 + compss_wait_on(depth(n - 1))


@task(c=COLLECTION_IN, returns=1)
def total(c):
    return sum(c)


@task(returns=1)
def tree_sum(values):
    if len(values) == 1:
        return values[0]
    half = len(values) // 2
    return compss_wait_on(total([tree_sum(values[:half]), tree_sum(values[half:])]))


@task(x=INOUT)
def append(x, value):
    x.append(value)


@task(returns=1)
def build_list(n):
    x = []
    for value in range(n):
        append(x, value)
    return compss_wait_on(x)


@task(returns=1)
def pids():
    return os.getpid(), compss_wait_on(own_pid())


@task(returns=1)
def own_pid():
    return os.getpid()


@task(returns=1)
def meet_inside(folder):
    one, two = be_there(folder, "a", "b"), be_there(folder, "b", "a")
    return compss_wait_on([one, two])


@task(returns=1)
def be_there(folder, name, other):
    return meet(folder, name, [other])


def test_a_task_calls_a_task_and_waits(engine: str) -> None:
    """Given outer calling inner(2) then compss_wait_on, then the correct value."""
    assert compss_wait_on(outer_waits(2)) == 21


def test_nesting_says_nothing(run_program: Any) -> None:
    """Section 17: on by default, no warning."""
    program = """
        from pycompss.api.task import task
        from pycompss.api.api import compss_wait_on

        @task(returns=1)
        def inner(x):
            return 10 * x

        @task(returns=1)
        def outer(x):
            return compss_wait_on(inner(x)) + 1

        if __name__ == "__main__":
            print(compss_wait_on(outer(2)))
    """
    result = run_program(program)
    assert (result.returncode, result.stdout) == (0, "21\n"), result.stderr
    assert "WARNING" not in result.stderr


def test_an_unsynchronised_future_is_a_result(engine: str) -> None:
    """Given outer returning inner(2) unsynchronised, then the main's compss_wait_on gives inner's value."""
    assert compss_wait_on(outer_passes_on(2)) == 20


def test_an_unsynchronised_future_is_resolved_for_the_consumer(engine: str) -> None:
    """A task may return un-synchronised futures, which are resolved for the consumer."""
    assert compss_wait_on(inner(outer_passes_on(2))) == 200
    assert compss_wait_on(outer_passes_two_on(1)) == ([10, 20] if engine == "local" else (10, 20))


def test_a_list_of_unsynchronised_futures_is_a_result(engine: str) -> None:
    assert compss_wait_on(outer_passes_many_on([1, 2, 3])) == [10, 20, 30]
    assert compss_wait_on(outer_in_a_dict(4)) == {"value": 40, "plain": 4}


@task(returns=1)
def add_up(x):
    return sum(x)


@task(returns=1)
def append_and_pass_on(x, n):
    inner = list(x)
    append(inner, n)
    return add_up(inner)


@task(returns=1)
def call_and_forget(n):
    return compss_wait_on(inner(inner(inner(n))))


def test_data_of_inner_tasks_live_until_their_last_reader(local: Any) -> None:
    """The task that made them has ended, and dropped its futures and lists, long before."""
    for _ in range(20):
        assert compss_wait_on([append_and_pass_on([1], n) for n in range(5)]) == [1, 2, 3, 4, 5]
        assert compss_wait_on([call_and_forget(n) for n in range(5)]) == [0, 1000, 2000, 3000, 4000]


def test_a_list_of_unsynchronised_futures_is_resolved_for_a_collection(local: Any) -> None:
    assert compss_wait_on(total(compss_wait_on(outer_passes_many_on([1, 2, 3])))) == 60


@task(returns=1)
def make_list(n):
    return [0] * n


@task(returns=1)
def total_inside(values):
    return compss_wait_on(add_up(values[0]))


@task(returns=1)
def totals_of_what_changes(n):
    x = make_list(n)
    first = total_inside([x])
    append(x, 1)
    return compss_wait_on([first, total_inside([x])])


@task(returns=1)
def append_inside(values):
    append(values[0], 5)
    return values


@pytest.mark.parametrize("size", [1, 100_000])
def test_a_future_inside_a_value_stands_for_what_it_was_at_the_call(engine: str, size: int) -> None:
    """Whatever the program's next calls write."""
    x = make_list(size)
    totals = []
    for n in range(4):
        totals.append(total_inside([x]))
        append(x, n)
    assert compss_wait_on(totals) == [0, 0, 1, 3]
    assert compss_wait_on(x)[size:] == [0, 1, 2, 3]
    append(x, 4)
    assert compss_wait_on(total_inside((x,))) == 10


def test_a_future_inside_a_value_of_a_task_stands_for_what_it_was_at_the_call(engine: str) -> None:
    assert compss_wait_on(totals_of_what_changes(2)) == [0, 1]


def test_a_task_that_changes_a_future_inside_a_value_changes_it_for_nobody_else(local: Any) -> None:
    x = make_list(1)
    values = [x]
    changed = append_inside(values)
    assert compss_wait_on(total_inside(values)) == 0
    assert compss_wait_on(compss_wait_on(changed)) == [[0, 5]]
    assert compss_wait_on(x) == [0]


@task(returns=1)
def waits_in_threads(n):
    def build_and_wait(i):
        return compss_wait_on(build_list(i)), compss_wait_on(inner(i))

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(build_and_wait, range(n)))


def test_threads_of_a_task_call_tasks(engine: str) -> None:
    results = compss_wait_on([waits_in_threads(5) for _ in range(3)])
    assert results == [[(list(range(i)), 10 * i) for i in range(5)]] * 3


def test_recursion_on_two_workers(engine: str) -> None:
    """Waiting tasks lend their computing units: a deep tree never runs out of workers."""
    assert compss_wait_on(fibonacci(7)) == 13


def test_recursion_on_one_worker(fresh: Callable[..., Any]) -> None:
    """compss_wait_on inside a task waits for real and lends the units."""
    fresh(workers=1)
    assert compss_wait_on(depth(8)) == 8
    assert compss_wait_on(fibonacci(5)) == 5


def test_a_tree_of_collections_inside_tasks(engine: str) -> None:
    assert compss_wait_on(tree_sum(list(range(12)))) == 66


def test_objects_are_tracked_inside_tasks(engine: str) -> None:
    """The whole API works in a task."""
    assert compss_wait_on(build_list(5)) == [0, 1, 2, 3, 4]


def test_inner_tasks_run_in_workers(local: Any) -> None:
    outer_pid, inner_pid = compss_wait_on(pids())
    assert os.getpid() not in {outer_pid, inner_pid}


def test_inner_tasks_run_in_parallel_while_the_outer_one_waits(local: Any, folder: Path) -> None:
    """Two inner tasks at once on two units, although the outer task is there, too."""
    assert compss_wait_on(meet_inside(str(folder))) == ["a", "b"]


def test_an_argument_goes_on_to_an_inner_task(engine: str) -> None:
    @task(returns=1)
    def pass_on(x):
        append(x, "inner")
        return compss_wait_on(x)

    assert compss_wait_on(pass_on(["outer"])) == ["outer", "inner"]


def test_what_inner_tasks_wrote_comes_back_through_an_inout_argument(engine: str) -> None:
    """x = compss_wait_on(x) is the idiom inside a task, too; in-place changes of the argument count."""

    @task(x=INOUT)
    def grow(x):
        more = ["start"]
        append(more, "inner")
        x.extend(compss_wait_on(more))

    x = []
    grow(x)
    assert compss_wait_on(x) == ["start", "inner"]


def test_a_barrier_inside_a_task_waits_for_its_tasks(local: Any, folder: Path) -> None:
    @task(returns=1)
    def barred(path):
        mark_it(path)
        compss_barrier()
        return os.path.exists(path)

    @task()
    def mark_it(path):
        mark(path)

    assert compss_wait_on(barred(str(folder / "there"))) is True


def test_a_group_inside_a_task_waits_for_its_tasks(local: Any, folder: Path) -> None:
    @task(returns=1)
    def grouped(path):
        with TaskGroup("inside"):
            mark_it(path)
        return os.path.exists(path)

    @task()
    def mark_it(path):
        mark(path)

    assert compss_wait_on(grouped(str(folder / "there"))) is True


def test_the_main_barrier_waits_for_inner_tasks(local: Any, folder: Path) -> None:
    """A task that nobody waits for is waited for by the program's barrier, whoever called it."""

    @task()
    def leave_behind(path, go):
        mark_late(path, go)

    @task()
    def mark_late(path, go):
        await_mark(go)
        mark(path)

    leave_behind(str(folder / "there"), str(folder / "go"))
    mark(folder / "go")
    compss_barrier()
    assert os.path.exists(folder / "there")


def test_inner_tasks_write_files(engine: str) -> None:
    @task(f=FILE_OUT)
    def write(f, text):
        Path(f).write_text(text)

    @task(f=FILE_INOUT)
    def extend(f, text):
        with open(f, "a") as file:
            file.write(text)

    @task(f=FILE_IN, returns=1)
    def read(f):
        return Path(f).read_text()

    @task(returns=1)
    def outer(name):
        write(name, "one ")
        extend(name, "two")
        with compss_open(name) as file:
            return file.read(), compss_wait_on(read(name))

    assert compss_wait_on(outer(os.path.abspath("f"))) == ("one two", "one two")


@task(f=FILE_IN, returns=1)
def read_file(f, go=None):
    if go is not None:
        await_mark(go)
    return Path(f).read_text()


@task(f=FILE_INOUT)
def extend_file(f, text, go):
    with open(f, "a") as file:
        file.write(text)
    mark(go)


@task(f=FILE_IN, returns=1)
def read_file_by_another(f):
    Path("own").write_text("own")
    return [read_file(f), read_file("own")]


@task(f=FILE_INOUT, returns=1)
def read_and_extend_by_others(f, go):
    before = read_file(f, go)
    extend_file(f, "2", go)
    compss_wait_on_file(f)
    return [before, Path(f).read_text()]


def test_inner_tasks_read_files_of_a_task_that_does_not_wait_for_them(fresh: Callable[..., Any]) -> None:
    """The task's own folder stays until they have read: on one worker they begin when it has done everything else."""
    fresh(workers=1)
    Path("f").write_text("text")
    assert compss_wait_on(read_file_by_another("f")) == ["text", "own"]


def test_an_inner_task_is_not_disturbed_by_a_later_version_that_comes_to_its_path(local: Any, folder: Path) -> None:
    Path("f").write_text("1")
    assert compss_wait_on(read_and_extend_by_others("f", str(folder / "go"))) == ["1", "12"]


@task(returns=1, on_failure="IGNORE", defaults={"returns": "default"})
def fails():
    raise ValueError("inner")


def test_an_inner_task_that_fails_under_ignore_gives_its_default(local: Any) -> None:
    @task(returns=1)
    def outer():
        return compss_wait_on(fails())

    assert compss_wait_on(outer()) == "default"


class Odd(Exception):
    """Its constructor takes other arguments than `args`."""

    def __init__(self, number, *, lock):
        super().__init__("odd")
        self.number = number + lock


@task(returns=1)
def fails_oddly(how):
    if how == "lock":
        raise Odd(1, lock=2)
    if how == "dies":
        os._exit(3)
    raise ValueError("inner")


@pytest.mark.parametrize(
    ("how", "cause"), [("value", "ValueError inner"), ("lock", "Odd odd 3"), ("dies", "RemoteTraceback")]
)
def test_an_inner_task_that_fails_is_told_with_its_own_exception(local: Any, how: str, cause: str) -> None:
    """Section 17: the next synchronisation raises TaskError chained to the original exception."""

    def described(error):
        cause = error.__cause__
        if how == "dies":
            return type(cause).__name__
        assert "in fails_oddly" in str(cause.__cause__)
        return " ".join(map(str, [type(cause).__name__, *cause.args, *vars(cause).values()]))

    @task(returns=1)
    def outer_waits():
        try:
            compss_wait_on(fails_oddly(how))
        except TaskError as error:
            return described(error)

    @task(returns=1)
    def outer_has_a_barrier():
        fails_oddly(how)
        try:
            compss_barrier()
        except TaskError as error:
            return described(error)

    assert compss_wait_on([outer_waits(), outer_has_a_barrier()]) == [cause, cause]


@task(returns=1, on_failure="FAIL")
def stops_all():
    raise ValueError("inner")


@task(returns=1)
def waits_for_the_end(way):
    if way == "wait_on":
        return compss_wait_on(stops_all())
    with TaskGroup("inside"):
        stops_all()
    return way


@task(returns=1)
def swallows_the_end():
    try:
        return compss_wait_on(stops_all())
    except TaskError:
        return "swallowed"


@pytest.mark.parametrize(
    "call", [lambda: waits_for_the_end("wait_on"), lambda: waits_for_the_end("group"), swallows_the_end]
)
def test_an_inner_task_that_fails_under_fail_stops_the_application_and_the_program_is_told(
    fresh: Callable[..., Any], call: Callable[[], Any]
) -> None:
    """FAIL: the application stops at once (10.1); the next synchronisation raises (17), whoever called the task."""
    fresh(workers=2)
    with pytest.raises(TaskError, match="stops_all") as caught:
        compss_wait_on(call())
    assert str(caught.value.__cause__) == "inner"


@pytest.mark.parametrize("levels", [1, 3])
def test_methods_call_methods(engine: str, levels: int) -> None:
    assert compss_wait_on(Node(levels).count()) == 2 ** (levels + 1) - 1


class Node:
    def __init__(self, levels):
        self.children = [Node(levels - 1), Node(levels - 1)] if levels else []

    @task(returns=1)
    def count(self):
        return 1 + sum(compss_wait_on([child.count() for child in self.children]))
