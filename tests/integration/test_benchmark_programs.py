"""The benchmark programs run to their end, and check what they compute."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def lines_of(run_program, program: str, *arguments: str) -> dict[str, dict[str, Any]]:
    """What the program says about each engine."""
    given = ["--engines", "pycompss,limit", *arguments]
    done = run_program(BENCHMARKS / program, *given, engine=None, workers=None).succeeded()
    return {line["engine"]: line for line in map(json.loads, done.stdout.splitlines())}


def test_a_small_cholesky_factorisation_is_right(run_program):
    lines = lines_of(run_program, "cholesky.py", "--blocks", "4", "--size", "8", "--rounds", "2")
    assert lines["pycompss"]["tasks"] == 4 + 6 + 10
    assert all(line["makespan_s"] > 0 for line in lines.values())


def test_a_small_shuffle_loses_nothing_and_takes_memory(run_program):
    lines = lines_of(run_program, "shuffle.py", "--parts", "4", "--megabytes", "20")
    assert lines["pycompss"]["tasks"] == 8
    assert lines["pycompss"]["peak_mb"] > 0
    assert lines["limit"]["makespan_s"] > 0


def test_a_small_working_set_that_does_not_fit_is_spilled_and_comes_back(run_program, tmp_path):
    program = BENCHMARKS / "spilling.py"
    done = run_program(program, "--limit", "8", "--block", "1", "--directory", tmp_path, engine=None, workers=None)
    line = json.loads(done.succeeded().stdout)
    assert line["spilled_mb"] > line["limit_mb"]
    assert line["of_disk"] > 0


def test_a_program_that_computes_something_wrong_fails(run_program):
    program = f"""
        import sys
        sys.path.insert(0, {str(BENCHMARKS)!r})
        import shuffle
        shuffle.check([(1, 0.1, 0.6)], 1, 1)
        shuffle.check([(1, 0.1, 0.4), (1, 0.4, 0.9)], 2, 1)
    """
    done = run_program(program, python=sys.executable)
    assert done.returncode == 1
    assert "ValueError: range 1 holds 0.4 to 0.9" in done.stderr


def test_critical_path_first_comes_near_the_shortest_makespan_of_a_cholesky_factorisation(run_program):
    """In virtual time, so the figures are the same at every run."""
    done = run_program(BENCHMARKS / "makespans.py", "--units", "2", "8", "48", engine=None, workers=None).succeeded()
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    ratios = {order: [r["ratio"] for r in reports if r["order"] == order] for order in ("fifo", "locality")}
    assert all(ours < theirs for ours, theirs in zip(ratios["locality"], ratios["fifo"], strict=True))
    assert max(ratios["locality"]) < 1.07


def test_the_core_alone_ends_every_task_on_every_number_of_nodes(run_program):
    arguments = ["--nodes", "1", "3", "--tasks", "100"]
    done = run_program(BENCHMARKS / "decisions.py", *arguments, engine=None, workers=None).succeeded()
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["nodes"] for report in reports] == [1, 3]
    assert reports[0]["near"] == 1


def test_every_pretended_node_gets_its_tasks_and_the_curves_are_a_picture(run_program, tmp_path):
    picture = tmp_path / "curves.svg"
    arguments = ["--nodes", "2", "20", "--least", "200", "--picture", picture]
    done = run_program(BENCHMARKS / "nodes.py", *arguments, engine=None, workers=None).succeeded()
    small, large = (json.loads(line) for line in done.stdout.splitlines())
    assert (small["units"], large["units"]) == (96, 960)
    assert all(value > 0 for report in (small, large) for value in report.values())
    assert picture.read_text().count("<polyline") == 7


def test_agents_and_workers_of_dask_do_the_same(run_program, tmp_path):
    report = tmp_path / "report.json"
    arguments = ["--agents", "2", "--tasks", "100", "--rounds", "1", "--megabytes", "1", "--json", report]
    run_program(BENCHMARKS / "agents.py", *arguments, engine=None, workers=None).succeeded()
    (measured,) = json.loads(report.read_text())["rounds"]
    assert all(value > 0 for figures in measured.values() for value in figures.values())
    assert measured["pycompss"].keys() == measured["dask"].keys() == {"start", "tasks", "copies"}


def test_the_suite_measures_every_engine_that_it_is_asked_for(run_program, tmp_path):
    report = tmp_path / "report.json"
    arguments = ["--scale", "0.02", "--rounds", "1", "--patience", "0", "--workers", "2", "--json", report]
    chosen = ["--workloads", "W1,W2,W3,W4,W7", "--engines", "plain,hardware,pool,pycompss"]
    run_program(BENCHMARKS / "suite.py", *arguments, *chosen, engine=None, workers=None).succeeded()
    (measured,) = json.loads(report.read_text())["rounds"]
    assert all(measured["pycompss"][name] > 0 for name in ("W1", "W3", "W4", "W7"))
    assert measured["pool"].keys() >= {"W1", "W3", "W4"}
    assert measured["plain"]["W7"] > 0
    assert 0 < measured["hardware"]["W2"] <= measured["hardware"]["W2 p99"]


def test_a_workload_that_computes_something_wrong_fails(run_program):
    program = f"""
        import sys
        sys.path.insert(0, {str(BENCHMARKS)!r})
        import engines, scalars, workloads
        scalars.add = lambda one, other: one
        workloads.tree(engines.Plain(1), 0.01)
    """
    done = run_program(program, python=sys.executable)
    assert done.returncode == 1
    assert "ValueError: found 0, expected 45" in done.stderr


@pytest.mark.parametrize("engine", ["sketch", "decided"])
def test_the_sketches_compute_what_engines_do(run_program, engine: str):
    """The workloads check their results."""
    given = [engine, "--scale", "0.02", "W1", "W2", "W3", "W4"]
    done = run_program(BENCHMARKS / "measure.py", *given, engine=None, workers=None).succeeded()
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["workload"] for line in lines if "figures" in line] == given[-4:]
