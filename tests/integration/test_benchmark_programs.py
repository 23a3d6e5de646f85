"""The benchmark programs run to their end, and check what they compute."""

from __future__ import annotations

import json
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def test_a_small_cholesky_factorisation_is_right(run_program):
    done = run_program(BENCHMARKS / "cholesky.py", "--blocks", "4", "--size", "8", workers=2).succeeded()
    report = json.loads(done.stdout)
    assert report["tasks"] == 4 + 6 + 10
    assert report["makespan_s"] > 0


def test_a_small_shuffle_loses_nothing(run_program):
    done = run_program(BENCHMARKS / "shuffle.py", "--parts", "3", "--megabytes", "0.1", workers=2).succeeded()
    assert json.loads(done.stdout)["tasks"] == 6


def test_the_core_alone_ends_every_task_on_every_number_of_nodes(run_program):
    arguments = ["--nodes", "1", "3", "--tasks", "100"]
    done = run_program(BENCHMARKS / "decisions.py", *arguments, engine=None, workers=None).succeeded()
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["nodes"] for report in reports] == [1, 3]
    assert reports[0]["near"] == 1
