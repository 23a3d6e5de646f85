"""What the benchmarks make of their measurements."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def report() -> Any:
    folder = str(Path(__file__).resolve().parents[2] / "benchmarks")
    before = set(sys.modules)
    sys.path.insert(0, folder)
    try:
        import report

        yield report
    finally:
        sys.path.remove(folder)
        for name in set(sys.modules) - before:
            if folder in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


def test_medians_are_taken_over_the_rounds_that_measured(report):
    rounds = [{"pool": {"W1": 10.0}}, {"pool": {"W1": 30.0}, "pycompss": {"W1": 5.0}}, {"pool": {"W1": 20.0}}]
    assert report.medians(rounds) == {"W1": {"pool": 20.0, "pycompss": 5.0}}


def test_more_tasks_per_second_are_better_and_fewer_seconds(report):
    rounds = [{"pool": {"W1": 10.0, "W8": 10.0}, "pycompss": {"W1": 70.0, "W8": 4.0}}]
    lines = report.summary(rounds)
    assert (lines["W1"]["ratio"], lines["W1"]["met"]) == (7.0, True)
    assert (lines["W8"]["ratio"], lines["W8"]["met"]) == (2.5, False)


def test_the_best_peer_is_none_of_the_limits(report):
    rounds = [{"plain": {"W5a": 1.0}, "pool": {"W5a": 9.0}, "ray": {"W5a": 8.0}, "pycompss": {"W5a": 4.0}}]
    line = report.summary(rounds)["W5a"]
    assert (line["peer"], line["ratio"]) == ("ray", 2.0)


def test_a_workload_without_its_peer_has_no_ratio(report):
    line = report.summary([{"pycompss": {"W1": 1.0, "W13": 2.0}}])
    assert line["W1"]["ratio"] is line["W13"]["ratio"] is None
    text = report.table(line, ["pool", "pycompss"])
    assert text.count("\n") == 3
    assert "✗" not in text


def test_the_table_goes_between_the_marks(report):
    page = f"before\n{report.BEGIN}\nold\n{report.END}\nafter"
    assert report.insert(page, "new") == f"before\n{report.BEGIN}\nnew\n{report.END}\nafter"
