"""What the benchmarks make of their measurements."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def report(benchmark):
    return benchmark("report")


def of(report, figure, rounds):
    """The first row of this figure."""
    return next(line for line in report.lines(rounds) if line.row.figure == figure)


def test_medians_are_taken_over_the_rounds_that_measured(report):
    rounds = [{"pool": {"W1": 10.0}}, {"pool": {"W1": 30.0}, "pycompss": {"W1": 5.0}}, {"pool": {"W1": 20.0}}]
    rounds.append({"pool": {"W1": "nothing for 90 s"}})
    assert report.medians(rounds) == {"W1": {"pool": 20.0, "pycompss": 5.0}}


def test_more_tasks_per_second_are_better_and_fewer_seconds(report):
    rounds = [{"pool": {"W1": 10.0, "W8": 10.0}, "pycompss": {"W1": 70.0, "W8": 4.0}}]
    more, fewer = of(report, "W1", rounds), of(report, "W8", rounds)
    assert (more.ratio, more.reference, more.is_met) == (7.0, "pool", True)
    assert (fewer.ratio, fewer.reference, fewer.is_met) == (0.4, "pool", False)


def test_the_best_peer_is_none_of_the_limits(report):
    rounds = [{engine: {"W5-10": value} for engine, value in (("plain", 1.0), ("pool", 9.0), ("ray", 8.0))}]
    rounds[0]["pycompss"] = {"W5-10": 4.0}
    line = of(report, "W5-10", rounds)
    assert (line.reference, line.ratio, line.is_met) == ("ray", 0.5, True)


def test_a_goal_may_be_a_number_or_a_figure_of_our_own(report):
    rounds = [{"pycompss": {"W2": 50.0, "W2 p99": 200.0, "W11": 1.07, "W14 1": 60_000.0, "W14 10000": 30_000.0}}]
    found = {line.row.figure: (line.ratio, line.is_met) for line in report.lines(rounds) if line.row.goal}
    assert found == {
        "W2": (None, None),
        "W2 p99": (4.0, False),
        "W11": (None, True),
        "W14 1": (None, True),
        "W14 10000": (0.5, True),
    }


def test_two_goals_for_one_figure_are_two_rows(report):
    rounds = [{"dask": {"W12": 10_000.0}, "ray": {"W12": 4000.0}, "pycompss": {"W12": 600.0}}]
    found = [line for line in report.lines(rounds) if line.row.goal]
    assert [(line.reference, line.is_met) for line in found] == [("ray", True), ("", False)]


def test_without_what_it_is_compared_with_a_goal_is_neither_met_nor_missed(report):
    line = of(report, "W1", [{"pycompss": {"W1": 1.0}}])
    assert line.ratio is line.is_met is None
    assert "✗" not in report.table([line])


def test_a_workload_that_fails_misses_all_its_goals_and_says_why(report):
    rounds = [{"pool": {"W2": 200.0, "W2 p99": 400.0}, "pycompss": {"W2": "nothing for 90 s"}}]
    found = [line for line in report.lines(rounds) if line.row.figure.startswith("W2") and line.row.goal]
    assert [line.is_met for line in found] == [False, False]
    assert report.table(found).count("failed") == 2
    assert report.failed(found) == ["pycompss, W2: nothing for 90 s"]


def test_a_peer_that_fails_is_a_cell_and_the_goal_stands(report):
    rounds = [{"dask": {"W5-10": "no route to host"}, "ray": {"W5-10": 8.0}, "pycompss": {"W5-10": 4.0}}]
    table = report.table(report.lines(rounds)).splitlines()
    assert table[0] == "| workload | unit | dask | ray | pycompss | ratio | goal |  |"
    assert table[2] == "| W5 10 MB to 8 readers | ms | failed | 8 | 4 | 0.5 × ray | ≤ 0.8 × best | ✓ |"


def test_the_table_goes_between_the_marks(report):
    page = f"before\n{report.BEGIN}\nold\n{report.END}\nafter"
    assert report.insert(page, "new") == f"before\n{report.BEGIN}\nnew\n{report.END}\nafter"


def test_a_ratio_is_that_of_one_round_and_shown_is_their_median(report):
    pool, ours = (10.0, 20.0, 40.0), (70.0, 160.0, 200.0)
    rounds = [{"pool": {"W1": theirs}, "pycompss": {"W1": mine}} for theirs, mine in zip(pool, ours, strict=True)]
    line = of(report, "W1", rounds)
    assert (line.ratio, line.ratios, line.is_met) == (7.0, (7.0, 8.0, 5.0), True)
    assert "7 × pool (5 to 8)" in report.table([line])


def test_a_round_without_what_it_is_compared_with_has_no_ratio(report):
    rounds = [{"pool": {"W1": 10.0}, "pycompss": {"W1": 70.0}}, {"pycompss": {"W1": 1.0}}]
    assert of(report, "W1", rounds).ratios == (7.0,)


def test_the_summary_has_what_has_a_goal(report):
    rounds = [{"pool": {"W2": 200.0, "W2 p99": 400.0}, "pycompss": {"W2": 50.0, "W2 p99": 160.0, "W11": 1.07}}]
    assert report.summary(report.lines(rounds)).splitlines()[2:] == [
        "| W2 one task at a time, median | µs | 50 | pool 200 | 0.25 × pool | ≤ 0.35 × pool | ✓ |",
        "| W2 99th percentile | µs | 160 | W2 | 3.2 × own | ≤ 3 × W2 | ✗ |",
        "| W11 32 workers, tasks of 10 ms | × ideal | 1.07 | – | – | ≤ 1.08 | ✓ |",
    ]
