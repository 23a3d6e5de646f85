"""Whatever order things happen in, the run ends, computes what a sequential one does, and leaves nothing behind."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.core.histories import play

pytestmark = pytest.mark.timeout(300)  # thousands of runs: on a busy machine they take longer than one test may

short = st.binary(min_size=40, max_size=120)
long = st.binary(min_size=200, max_size=500)


@given(short)
@settings(max_examples=4000, deadline=None)
def test_short_runs_with_lost_workers_and_attempts_that_fail_compute_what_a_sequential_run_does(tape):
    play(tape, may_fail=False)


@given(long)
@settings(max_examples=2000, deadline=None)
def test_long_runs_with_lost_workers_and_attempts_that_fail_compute_what_a_sequential_run_does(tape):
    play(tape, may_fail=False)


@given(short)
@settings(max_examples=4000, deadline=None)
def test_in_short_runs_with_failures_and_cancellations_data_have_their_last_valid_values(tape):
    play(tape, may_fail=True)


@given(long)
@example(b"\x01\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00?" + bytes(80) + b"\x03" + bytes(40))
@settings(max_examples=2000, deadline=None)
def test_in_long_runs_with_failures_and_cancellations_data_have_their_last_valid_values(tape):
    play(tape, may_fail=True)


@given(short)
@settings(max_examples=2000, deadline=None)
def test_short_runs_whose_workers_hand_results_to_each_other_compute_what_a_sequential_run_does(tape):
    play(tape, may_fail=False, with_handing=True)


@given(long)
@settings(max_examples=2000, deadline=None)
def test_long_runs_whose_workers_hand_results_to_each_other_compute_what_a_sequential_run_does(tape):
    play(tape, may_fail=False, with_handing=True)


@given(long)
@settings(max_examples=2000, deadline=None)
def test_in_runs_with_failures_whose_workers_hand_results_to_each_other_data_have_their_last_valid_values(tape):
    play(tape, may_fail=True, with_handing=True)
