"""`pycompss.functions`."""

from __future__ import annotations

import functools

import pytest

from pycompss.api.task import task
from pycompss.errors import PyCOMPSsException
from pycompss.functions import map as pool
from pycompss.functions.data import chunks, generator
from pycompss.functions.elapsed_time import timeit
from pycompss.functions.profile import profile
from pycompss.functions.reduce import merge_n_reduce, merge_reduce, mergeReduce, simpleReduce


def joined(*parts):
    return f"({' '.join(parts)})"


def test_merge_reduce_combines_the_oldest_two():
    assert merge_reduce(joined, list("abcde")) == "((c d) (e (a b)))"


def merge_reference(values, arity):
    queue = list(values)
    while len(queue) > 1:
        queue = [*queue[arity:], joined(*queue[:arity])]
    return queue[0]


@pytest.mark.parametrize("arity", [2, 3, 4, 20])
@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_merge_n_reduce_takes_at_most_that_many(count, arity):
    widths = []

    def note(*parts):
        widths.append(len(parts))
        return joined(*parts)

    values = [str(i) for i in range(count)]
    assert merge_n_reduce(note, arity, values) == merge_reference(map(str, range(count)), arity)
    assert all(2 <= width <= arity for width in widths)
    assert sum(width - 1 for width in widths) == count - 1


def test_the_given_list_is_used_up():
    values = [1, 2, 3]
    assert merge_reduce(lambda a, b: a + b, values) == 6
    assert values == []


def test_reducing_little_or_nothing():
    assert merge_reduce(joined, []) is None
    assert merge_reduce(joined, iter(["a"])) == "a"
    with pytest.raises(PyCOMPSsException, match="at least 2, not 1"):
        merge_n_reduce(joined, 1, ["a", "b"])


def test_old_programs_find_the_old_names():
    assert mergeReduce is merge_reduce
    assert simpleReduce(joined, list("abc")) == "((a b) c)"
    assert simpleReduce(joined, []) is None


def test_map_waits_for_each_result(recorder):
    assert pool.map(str, (n for n in range(2)), chunksize=3) == ["value of 0", "value of 1"]


def test_map_in_sequential_mode(inline):
    assert pool.map(task(returns=1)(lambda x: 2 * x), [1, 2]) == [2, 4]


@pytest.mark.parametrize(("distribution", "low", "high"), [("random", 0, 1), ("uniform", -1, 1), ("normal", -9, 9)])
def test_generated_fragments(inline, distribution, low, high):
    fragments = generator((7, 3), 3, seed=5, distribution=distribution, wait=True)
    assert [len(fragment) for fragment in fragments] == [3, 2, 2]
    assert all(len(row) == 3 for fragment in fragments for row in fragment)
    assert all(low <= x <= high for fragment in fragments for row in fragment for x in row)
    assert fragments[1] == fragments[2] == fragments[0][:2]
    assert generator((7, 3), 3, seed=5, distribution=distribution) == fragments
    assert generator((7, 3), 3, seed=6, distribution=distribution) != fragments


def test_an_unknown_distribution_is_named(inline):
    with pytest.raises(PyCOMPSsException, match="'poisson'"):
        generator((1, 1), 1, distribution="poisson")


@pytest.mark.parametrize(
    ("length", "n", "balanced", "expected"),
    [
        (7, 3, False, [3, 3, 1]),
        (7, 3, True, [4, 3]),
        (6, 3, True, [3, 3]),
        (8, 3, True, [4, 4]),
        (2, 3, True, [2]),
        (0, 3, True, []),
        (0, 3, False, []),
    ],
)
def test_chunks(length, n, balanced, expected):
    pieces = list(chunks(list(range(length)), n, balanced))
    assert [len(piece) for piece in pieces] == expected
    assert [x for piece in pieces for x in piece] == list(range(length))


def test_timeit_gives_result_and_seconds():
    @timeit()
    def f(x):
        return x + 1

    result, seconds = f(1)
    assert result == 2
    assert 0 <= seconds < 60
    assert f.__name__ == "f"


def test_profile_writes_lines_to_the_file(monkeypatch, tmp_path, capsys):
    @profile(precision=2)
    def grow():
        return 1

    assert grow() == 1
    number = r"-?\d+\.\d\d MiB"
    pattern = rf".*grow: before {number}, after {number}, increment {number}, peak {number}\n"
    assert_matches(pattern, capsys.readouterr().out)
    monkeypatch.setenv("COMPSS_PROFILING_FILE", str(tmp_path / "memory"))
    profile(full_report=False)(grow.__wrapped__)()
    assert_matches(r".*grow: peak \d+\.\d MiB\n", (tmp_path / "memory").read_text())
    assert capsys.readouterr().out == ""


def assert_matches(pattern, text):
    import re

    assert re.fullmatch(pattern, text), text


def test_profile_reports_failing_functions_and_other_measures(capsys):
    @profile(backend="psutil_uss")
    @functools.wraps(len)
    def fail(x):
        raise ValueError(x)

    with pytest.raises(ValueError, match="3"):
        fail(3)
    assert "MiB" in capsys.readouterr().out
    with pytest.raises(PyCOMPSsException, match="'guess'"):
        profile(backend="guess")
