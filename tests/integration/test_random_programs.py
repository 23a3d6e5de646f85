"""Whatever the interleaving, a program computes what it computes in sequence.

The same random program (`tests.support.programs`) runs in sequential mode, the oracle, on 1, 2 and 8 workers, and on
two that have memory for a few arrays only, so that values are spilled to disk at any moment; the last two also on
agents.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from pycompss.runtime import clustered
from pycompss.runtime.clustered import _terms
from tests.support.answers import answering, running_aside
from tests.support.programs import ARRAY, STATEMENTS, Statement, interpret

WORKERS = (1, 2, 8)
LITTLE = 2 * 8 * ARRAY  # bytes: two arrays
PLACES = (*(f"{n} workers" for n in WORKERS), "2 agents", "little memory", "2 agents with little memory")

statements = st.lists(
    st.tuples(
        st.sampled_from(sorted(STATEMENTS)),
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(0, 11),
    ),
    min_size=1,
    max_size=40,
)


@pytest.fixture(scope="module")
def callers(no_leaks_of_module: None) -> Iterator[dict[str, Any]]:
    """A session for every number of workers, kept through all programs, and sequential mode."""
    with ExitStack() as stack:
        found = {"inline": stack.enter_context(running_aside(engine="inline"))}
        found |= {f"{n} workers": stack.enter_context(running_aside(workers=n)) for n in WORKERS}
        found["2 agents"] = stack.enter_context(running_aside(workers=2, engine="dask"))
        found["little memory"] = stack.enter_context(running_aside(workers=2, store_limit=LITTLE))
        found["2 agents with little memory"] = stack.enter_context(_agents_with(LITTLE))
        stack.enter_context(answering(found["2 workers"]))
        yield found


@contextmanager
def _agents_with(memory: int) -> Iterator[Any]:
    """Two, each with so much memory for values; the program, which does not spill on this engine, has more."""

    def terms(*arguments: Any, **named: Any) -> Any:
        return replace(_terms(*arguments, **named), store_limit=memory)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clustered, "_terms", terms)
        with running_aside(workers=2, engine="dask") as caller:
            yield caller


def outcome(caller: Any, program: list[Statement], *, parallel: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, answering(caller), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ignored failures are told about
        return interpret(program, folder, parallel=parallel)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(program=statements)
@pytest.mark.timeout(300)
def test_every_number_of_workers_computes_what_the_sequence_does(
    callers: dict[str, Any], program: list[Statement]
) -> None:
    expected = outcome(callers["inline"], program, parallel=False)
    for place in PLACES:
        note(place)
        assert outcome(callers[place], program, parallel=True) == expected


@pytest.mark.parametrize("name", sorted(STATEMENTS))
@pytest.mark.parametrize("where", PLACES)
def test_every_statement_in_the_company_of_others(callers: dict[str, Any], name: str, where: str) -> None:
    """Each kind of statement several times, with readers, writers and waits around it."""
    program: list[Statement] = []
    for n in range(4):
        program += [(name, n, 0, n), ("append", 0, 1, n), (name, 0, n, n + 3), ("measure", 0, 0, n)]
    program += [("wait_list", 0, 1, 1), (name, 1, 1, 5), ("wait_number", 2, 0, 0), (name, 1, 2, 6)]
    expected = outcome(callers["inline"], program, parallel=False)
    assert outcome(callers[where], program, parallel=True) == expected
