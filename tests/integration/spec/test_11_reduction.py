"""Programming model, section 11.4: `@reduction`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.constraint import constraint
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import COLLECTION_IN, Depth, Type
from pycompss.api.reduction import reduction
from pycompss.api.task import task
from pycompss.errors import PyCOMPSsException, TaskError
from tests.support.rendezvous import await_mark, mark, note, notes


@reduction(chunk_size="2")
@task(returns=1, numbers=COLLECTION_IN)
def add(numbers, log=None):
    if log is not None:
        note(log, str(len(numbers)))
    return sum(numbers)


@reduction(chunk_size="$PURECOMPSS_TEST_CHUNK")
@task(returns=str, words=COLLECTION_IN)
def join(words):
    return "".join(words)


@reduction(chunk_size=3)
@task(returns=1, factors=COLLECTION_IN)
def multiply(factors):
    return np.linalg.multi_dot(factors) if len(factors) > 1 else factors[0]


@reduction(chunk_size=2)
@task(returns=1, pairs={Type: COLLECTION_IN, Depth: 2})
def add_pairs(pairs):
    return [sum(column) for column in zip(*pairs, strict=True)]


@task(returns=1)
def square(n):
    return n * n


@task(returns=1)
def letter_when(path, letter):
    await_mark(path)
    return letter


def test_a_sum_by_parts(engine: str, folder: Path) -> None:
    """Given @reduction(chunk_size="2") over the sum of 10 ints, then the sum, with several partial tasks."""
    assert compss_wait_on(add(list(range(10)), str(folder / "log"))) == 45
    parts = notes(folder / "log")
    assert parts == (["10"] if engine == "inline" else ["2"] * 9)


def test_the_elements_may_be_futures(engine: str) -> None:
    assert compss_wait_on(add([square(n) for n in range(7)])) == 91


def test_the_order_is_kept(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function is associative, not commutative: elements that come late keep their place."""
    monkeypatch.setenv("PURECOMPSS_TEST_CHUNK", "3")
    assert compss_wait_on(join(list("a long sentence"))) == "a long sentence"


def test_partial_tasks_begin_before_all_elements_are_there(local: Any, folder: Path) -> None:
    late = letter_when(str(folder / "go"), 4)
    whole = add([1, 2, 3, late], str(folder / "log"))
    assert compss_wait_on(add([5, 6, 7])) == 18  # the other worker goes on
    assert notes(folder / "log") == ["2"]
    mark(folder / "go")
    assert compss_wait_on(whole) == 10


def test_matrices_are_multiplied_in_order(engine: str) -> None:
    chance = np.random.default_rng(0)
    factors = [chance.integers(-3, 3, (4, 4)) for _ in range(11)]
    assert np.array_equal(compss_wait_on(multiply(factors)), np.linalg.multi_dot(factors))


def test_elements_may_be_lists(engine: str) -> None:
    assert compss_wait_on(add_pairs([[n, square(n)] for n in range(5)])) == [10, 30]


@pytest.mark.parametrize(
    ("numbers", "total"), [([], 0), ([7], 7), ((1, 2, 3), 6), ({5, 6}, 11), (bytearray(b"\1\2"), 3)]
)
def test_small_and_other_collections(engine: str, numbers: Any, total: int) -> None:
    assert compss_wait_on(add(numbers)) == total


def test_a_chunk_larger_than_the_list_is_one_task(local: Any, folder: Path) -> None:
    assert compss_wait_on(add([1, 2, 3], str(folder / "log"), chunk_size=9)) == 6
    assert notes(folder / "log") == ["3"]


def test_a_chunk_of_one_still_ends(local: Any) -> None:
    assert compss_wait_on(add(list(range(5)), chunk_size=1)) == 10


def test_it_can_be_switched_off(local: Any, folder: Path) -> None:
    """Given is_reduce=False, in the decorator or in the call, then one task gets the whole list."""
    off = reduction(chunk_size=2, is_reduce=False)(task(returns=1, numbers=COLLECTION_IN)(sum_noting))
    assert compss_wait_on(off([1, 2, 3], str(folder / "log"))) == 6
    assert compss_wait_on(add([1, 2, 3], str(folder / "log"), is_reduce=False)) == 6
    assert notes(folder / "log") == ["3", "3"]


def sum_noting(numbers, log):
    note(log, str(len(numbers)))
    return sum(numbers)


def test_a_list_that_is_a_future_is_reduced_by_one_task(engine: str) -> None:
    """How many elements it has is not known at the call."""
    listed = task(returns=1)(lambda n: list(range(n)))(6)
    assert compss_wait_on(add(listed)) == 15


def test_a_task_may_reduce_too(engine: str) -> None:
    def outer(n):
        return compss_wait_on(add([square(k) for k in range(n)]))

    assert compss_wait_on(task(returns=1)(outer)(6)) == 55


def test_it_stacks_with_constraints_and_policies(engine: str) -> None:
    @on_failure(management="IGNORE", returns=0)
    @constraint(computing_units=2)
    @reduction(chunk_size=2)
    @task(returns=1, numbers=COLLECTION_IN)
    def both(numbers):
        return sum(numbers)

    assert compss_wait_on(both(list(range(6)))) == 15


def test_a_partial_task_that_fails_follows_the_policy(local: Any) -> None:
    """Given IGNORE with a default, then the failed part counts as the default."""

    @on_failure(management="IGNORE", returns=100)
    @reduction(chunk_size=2)
    @task(returns=1, numbers=COLLECTION_IN)
    def picky(numbers):
        if 4 in numbers:
            raise ValueError("not 4")
        return sum(numbers)

    assert compss_wait_on(picky([1, 2, 3, 4])) == 103


def test_a_partial_task_is_tried_again(local: Any, folder: Path) -> None:
    @reduction(chunk_size=2)
    @task(returns=1, numbers=COLLECTION_IN)
    def shaky(numbers, path):
        note(path, str(numbers))
        with suppress(FileExistsError), open(path + ".failed", "x"):
            raise ValueError("the first time")
        return sum(numbers)

    assert compss_wait_on(shaky([1, 2, 3, 4], str(folder / "log"))) == 10
    assert len(notes(folder / "log")) == 4


def test_a_partial_task_that_fails_for_good_reaches_the_program(fresh) -> None:
    fresh()

    @reduction(chunk_size=2)
    @task(returns=1, numbers=COLLECTION_IN, on_failure="FAIL")
    def impossible(numbers):
        raise ValueError("no")

    with pytest.raises(TaskError, match="impossible"):
        compss_wait_on(impossible([1, 2, 3, 4]))


def test_a_task_with_two_returns_is_refused_at_the_call(local: Any) -> None:
    two = reduction()(task(returns=2, numbers=COLLECTION_IN)(lambda numbers: (1, 2)))
    called = r"\(called from test_11_reduction\.py:\d+\)"
    with pytest.raises(PyCOMPSsException, match=rf"@reduction: a reduction returns one value {called}"):
        two([1, 2])
    with pytest.raises(PyCOMPSsException, match=rf"chunk_size is a number of elements or .*, not 'few' {called}"):
        add([1, 2], chunk_size="few")


def test_the_graph_shows_the_partial_tasks_as_one_reduction(run_program) -> None:
    program = """
        from pycompss.api.api import compss_wait_on
        from pycompss.api.parameter import COLLECTION_IN
        from pycompss.api.reduction import reduction
        from pycompss.api.task import task

        @reduction(chunk_size=2)
        @task(returns=1, numbers=COLLECTION_IN)
        def add(numbers):
            return sum(numbers)

        print(compss_wait_on(add([1, 2, 3, 4])))
    """
    done = run_program(program, launcher="pycompss", engine=None, flags=["-g"]).succeeded()
    graph = (done.run_folder / "monitor" / "complete_graph.dot").read_text()
    assert graph.count("clusterReduce") == 1
