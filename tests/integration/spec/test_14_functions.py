"""Programming model, section 14.1: `pycompss.functions`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import FILE_IN
from pycompss.api.task import task
from pycompss.functions import map as pool
from pycompss.functions.data import chunks, generator
from pycompss.functions.elapsed_time import timeit
from pycompss.functions.map import map as parallel_map
from pycompss.functions.profile import profile
from pycompss.functions.reduce import merge_n_reduce, merge_reduce
from tests.support.rendezvous import note, notes


@task(returns=1)
def f(x):
    return x


@task(returns=1)
def join(a, b):
    return f"({a}{b})"


@task(returns=1)
def add(a, b):
    return a + b


def test_a_reduction_is_a_binary_tree(engine: str) -> None:
    """merge_reduce(f, data): binary FIFO tree."""
    assert compss_wait_on(merge_reduce(join, list("abcde"))) == "((cd)(e(ab)))"


def test_a_reduction_of_futures(engine: str, folder: Path) -> None:
    """Given merge_reduce(add, [f(i) for i in range(5)]), then the sum, add called 4 times."""

    @task(returns=1)
    def add_noting(a, b):
        note(str(folder / "log"), "add")
        return a + b

    assert compss_wait_on(merge_reduce(add_noting, [f(i) for i in range(5)])) == 10
    assert len(notes(folder / "log")) == 4


def test_a_reduction_of_one_and_of_none(engine: str) -> None:
    """One element → it; empty → None."""
    assert compss_wait_on(merge_reduce(join, ["a"])) == "a"
    assert merge_reduce(join, []) is None


def test_a_reduction_consumes_its_list(engine: str) -> None:
    """Consumes the given list."""
    data = [1, 2, 3]
    assert compss_wait_on(merge_reduce(add, data)) == 6
    assert data == []


def test_a_reduction_of_greater_arity(engine: str, folder: Path) -> None:
    """Given merge_n_reduce(sum3, 3, 9 items), then tasks receive ≤3 arguments."""

    @task(returns=1)
    def sum3(*values):
        note(str(folder / "log"), str(len(values)))
        return sum(values)

    assert compss_wait_on(merge_n_reduce(sum3, 3, list(range(9)))) == 36
    sizes = list(map(int, notes(folder / "log")))
    assert max(sizes) == 3


def test_map_applies_and_waits(engine: str) -> None:
    """map(func, iterable): apply to each and wait; list. The module serves as a pool object."""
    assert parallel_map(f, [1, 2, 3]) == [1, 2, 3]
    assert pool.map(f, range(3), chunksize=2) == [0, 1, 2]


def test_fragments_are_reproducible(engine: str) -> None:
    """generator((n, dim), num_frag, seed): list of fragments produced by tasks, reproducible."""
    first = compss_wait_on(generator((100, 3), 4, seed=5))
    second = generator((100, 3), 4, seed=5, wait=True)
    assert len(first) == 4
    assert sum(len(fragment) for fragment in first) == 100
    for one, two in zip(first, second, strict=True):
        assert [list(row) for row in one] == [list(row) for row in two]
        assert all(len(row) == 3 for row in one)


@pytest.mark.parametrize("distribution", ["random", "normal", "uniform"])
def test_fragments_of_every_distribution(engine: str, distribution: str) -> None:
    fragments = compss_wait_on(generator((10, 2), 2, seed=1, distribution=distribution))
    assert [len(fragment) for fragment in fragments] == [5, 5]


@pytest.mark.parametrize(("balanced", "lengths"), [(False, [3, 3, 1]), (True, [4, 3])])
def test_chunks_of_a_list(balanced: bool, lengths: list[int]) -> None:
    """chunks(lst, n): n = chunk length; 7 items by 3 → 3,3,1; balanced → 4,3."""
    pieces = list(chunks(list(range(7)), 3, balanced=balanced))
    assert [len(piece) for piece in pieces] == lengths
    assert [item for piece in pieces for item in piece] == list(range(7))


@task(returns=1)
@timeit()
def timed_inside(x):
    return 2 * x


@timeit()
@task(returns=1)
def timed_outside(x):
    return 2 * x


def test_time_inside_and_around_a_task(engine: str) -> None:
    """timeit: [result, seconds]; above @task it times the submission."""
    value, seconds = compss_wait_on(timed_inside(2))
    assert value == 4
    assert 0 <= seconds < 20
    future, seconds = timed_outside(3)
    assert compss_wait_on(future) == 6
    assert 0 <= seconds < 20


@task(returns=1)
@profile(full_report=False)
def profiled(x):
    return [0] * x


@task(f=FILE_IN, returns=1)
@profile()
def profiled_with_file(f):
    return Path(f).read_text()


def test_a_profiled_task_gives_its_result(engine: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """profile: memory lines per task; the result is the task's."""
    Path("f").write_text("text")
    assert len(compss_wait_on(profiled(10))) == 10
    assert compss_wait_on(profiled_with_file("f")) == "text"
    compss_barrier()


def test_a_profile_goes_where_the_variable_says(inline: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To COMPSS_PROFILING_FILE if set."""
    monkeypatch.setenv("COMPSS_PROFILING_FILE", str(folder / "profile"))
    profiled(10)
    assert "profiled" in (folder / "profile").read_text()
