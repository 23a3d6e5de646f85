"""Programs that are run apart: what they say is kept, and nothing of them stays."""

from __future__ import annotations

import os
import sys

import psutil
import pytest


@pytest.fixture(scope="module")
def apart(benchmark):
    return benchmark("apart")


def python(source):
    return [sys.executable, "-c", source]


def test_lines_of_json_are_collected_and_others_ignored(apart):
    outcome = apart.run(python("""print('hello'); print('{"a": 1}'); print('{"b": 2}')"""), patience=30)
    assert (outcome.lines, outcome.error) == ([{"a": 1}, {"b": 2}], "")


def test_a_program_that_fails_tells_its_last_word_and_keeps_what_it_said(apart):
    outcome = apart.run(python("""print('{"a": 1}', flush=True); raise ValueError('no more')"""), patience=30)
    assert (outcome.lines, outcome.error) == ([{"a": 1}], "ValueError: no more")


def test_a_program_that_is_killed_is_told_by_its_exit_code(apart):
    assert apart.run(python("import os; os.kill(os.getpid(), 9)"), patience=30).error == "exit code -9"


def test_a_silent_program_is_ended_with_the_daemons_it_has_started(apart):
    source = """
import subprocess as s, sys, time
daemon = "import subprocess as s; s.Popen(['sleep', '60'], start_new_session=True)"
s.run([sys.executable, "-c", daemon])  # its parent ends, so it is nobody's child
print('{"started": true}', flush=True)
time.sleep(60)
"""
    before = set(psutil.Process().children(recursive=True))
    outcome = apart.run(python(source), patience=0.5)
    assert (outcome.lines, outcome.error) == ([{"started": True}], "nothing for 0 s")
    assert set(psutil.Process().children(recursive=True)) == before


def test_memory_is_sampled_while_it_runs(apart):
    source = "import time; held = bytearray(50_000_000); time.sleep(0.5)"
    outcome = apart.run(python(source), patience=30, sample=True)
    assert max(size for _, size in outcome.samples) > 50_000_000


def test_benchmarks_are_importable_and_libraries_keep_to_one_thread(apart, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    found = apart.environment("/runs")
    assert found["PYTHONPATH"] == os.pathsep.join((apart.HERE, "/somewhere"))
    assert (found["OMP_NUM_THREADS"], found["PYCOMPSS_LOG_DIR"]) == ("1", "/runs")
    assert "PYTHONDONTWRITEBYTECODE" not in found
