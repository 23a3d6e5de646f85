"""The benchmark runs every workload on every engine and checks what they compute."""

from __future__ import annotations

import json
import sys
from pathlib import Path

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "side_by_side.py"
WORKLOADS = ["W1", "W2", "W3", "W4", "W5a", "W5b", "W6", "W7", "W8", "W13"]


def test_a_small_benchmark_compares_all_workloads(run_program, tmp_path):
    report = tmp_path / "report.json"
    arguments = ["--scale", "0.02", "--rounds", "1", "--engines", "plain,pool,pycompss", "--json", report]
    done = run_program(BENCHMARK, *arguments, engine=None, workers=None).succeeded()
    assert [line.split()[1] for line in done.stdout.splitlines()[2:]] == WORKLOADS
    medians = json.loads(report.read_text())["medians"]
    assert list(medians) == WORKLOADS
    assert all(line["pycompss"] > 0 for line in medians.values())
    assert all(medians[name]["ratio"] > 0 for name in WORKLOADS[:-1])


def test_a_workload_that_computes_something_wrong_fails(run_program):
    program = f"""
        import sys
        sys.path.insert(0, {str(BENCHMARK.parent)!r})
        import bodies, engines, workloads
        bodies.add = lambda one, other: one
        workloads.tree(engines.Plain(1), 0.01)
    """
    done = run_program(program, python=sys.executable)
    assert done.returncode == 1
    assert "ValueError: found 0, expected 45" in done.stderr
