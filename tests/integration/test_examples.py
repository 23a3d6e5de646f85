"""The examples run in every way of starting a program, find what is right, and notice what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SMALL = {
    "all_kinds": ["--files", "5"],
    "bundle": ["--files", "7"],
    "grep_tree": ["import", "--directory", EXAMPLES, "--parts", "3"],
    "increment_files": ["--counters", "3", "--rounds", "4"],
    "kmeans": ["--fragments", "4", "--iterations", "3"],
    "matmul": ["--size", "128", "--blocks", "4"],
    "matrix_chain": ["--matrices", "9", "--size", "12"],
    "merge_sort": ["--numbers", "2000", "--blocks", "5"],
    "sensors": ["--sensors", "3", "--readings", "120"],
    "weather_service": ["--stations", "5", "--hours", "50"],
    "word_count": ["--files", "12", "--parts", "5"],
}
# there, programs get no template and no redirection, requests call their body, and consumers end before producers
# begin (programming model, section 13)
NOT_IN_SEQUENCE = {"all_kinds", "bundle", "sensors", "weather_service"}
# a function of each example that is replaced by one that computes something else
SPOILED = {
    "all_kinds": "in_parallel = lambda *_, **__: (module.Counter(), [], [], [], [])",
    "bundle": "in_parallel = lambda files, folder: []",
    "grep_tree": "in_parallel = lambda *_: []",
    "increment_files": "count = lambda *_: [0]",
    "kmeans": "in_parallel = lambda fragments, centres, iterations: centres",
    "matmul": "multiply = lambda a, b, size: a",
    "matrix_chain": "in_parallel = lambda folder, matrices, size: module.made(0, size)",
    "merge_sort": "merge_sort = lambda numbers, blocks: numbers",
    "mpi_pi": "estimate = lambda *_: 3.0",
    "sensors": "watch = lambda *_: (0, [])",
    "weather_service": "in_parallel = lambda url, stations: []",
    "word_count": "count_in_parallel = lambda files, parts: module.Counter()",
}


WAYS = [("python", "local"), ("python", "inline"), ("pycompss", None)]
RUNS = [(name, *way) for name in SMALL for way in WAYS if way[1] != "inline" or name not in NOT_IN_SEQUENCE]


@pytest.mark.parametrize(("example", "launcher", "engine"), RUNS)
def test_an_example_finds_what_is_right(example, launcher, engine, run_program):
    done = run_program(EXAMPLES / f"{example}.py", *SMALL[example], launcher=launcher, engine=engine).succeeded()
    assert any(line.startswith("right") for line in done.stdout.splitlines()), done


@pytest.mark.parametrize("example", SPOILED)
def test_an_example_that_computes_something_else_ends_with_1(example, run_program):
    program = f"""
        import sys
        sys.path.insert(0, {str(EXAMPLES)!r})
        import {example} as module
        module.{SPOILED[example]}
        sys.exit(module.main())
    """
    done = run_program(program, *SMALL.get(example, []), engine="inline")
    assert done.returncode == 1, done
    assert "WRONG" in done.stdout, done


def test_every_example_is_tested():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {
        *SMALL,
        "run_demo",
        "mpi_pi",
    }  # the last is run by test_11_mpi.py
