"""Programming model, section 3: decorators stack above `@task`, in whatever order."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_open, compss_wait_on
from pycompss.api.binary import binary
from pycompss.api.constraint import constraint
from pycompss.api.data_transformation import OBJECT_TO_FILE, dt
from pycompss.api.implement import implement
from pycompss.api.IO import IO
from pycompss.api.local import local as local_function
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import COLLECTION_IN, FILE_IN, FILE_OUT_STDOUT
from pycompss.api.prolog import prolog
from pycompss.api.reduction import reduction
from pycompss.api.task import task


def squares(numbers):
    return [n * n for n in numbers]


def add(numbers):
    return sum(numbers) // (len(numbers) != 3)  # parts of three fail


def write(value, path):
    Path(path).write_text(str(value))


DECORATORS = {
    "on_failure": on_failure(management="IGNORE", returns=-1),
    "IO": IO(),
    "dt": dt("numbers", squares, is_workflow=True),
    "constraint": constraint(computing_units=2, memory_size=0.001),
    "reduction": reduction(chunk_size=2),
}
ORDERS = list(itertools.permutations(DECORATORS))


def stacked(order: tuple[str, ...]) -> Any:
    declared = task(returns=1, numbers=COLLECTION_IN)(add)
    for name in reversed(order):
        declared = DECORATORS[name](declared)
    return declared


def test_every_order_computes_the_same(local: Any) -> None:
    tasks = [stacked(order) for order in ORDERS]
    assert compss_wait_on([declared([1, 2, 3, 4]) for declared in tasks]) == [30] * len(ORDERS)
    assert {(t.definition.is_io, t.definition.is_reduce, t.definition.policy.name) for t in tasks} == {
        (True, True, "IGNORE")
    }


def test_the_policy_holds_for_every_order(local: Any) -> None:
    """A chunk of three elements fails: the policy's default is its value."""
    calls = [stacked(order)([1, 2, 3], chunk_size=3) for order in ORDERS[::11]]
    assert compss_wait_on(calls) == [-1] * len(calls)


def test_every_order_runs_in_sequence(inline: Any) -> None:
    assert [stacked(order)([1, 2, 3, 4]) for order in ORDERS] == [30] * len(ORDERS)


@pytest.mark.parametrize("prolog_first", [True, False])
def test_a_prolog_and_a_transformation(local: Any, prolog_first: bool) -> None:
    before, transformed = prolog(binary="echo", args="{{path}}"), dt("path", write, type=OBJECT_TO_FILE)
    outer, inner = (before, transformed) if prolog_first else (transformed, before)
    f = outer(inner(task(path=FILE_IN, returns=1)(lambda path: Path(path).read_text())))
    assert compss_wait_on(f(42)) == "42"


def test_the_argument_of_a_program_is_transformed(local: Any) -> None:
    @IO()
    @dt("text", str.upper)
    @constraint(computing_units=1)
    @binary(binary="echo", args="{{text}}")
    @task(out=FILE_OUT_STDOUT)
    def say(text, out): ...

    say("loud", "out.txt")
    with compss_open("out.txt") as file:
        assert file.read() == "LOUD\n"


@constraint(computing_units=99)
@task(returns=1, numbers=COLLECTION_IN)
def total(numbers):
    raise NotImplementedError


@implement(source_class=__name__, method="total")
@on_failure(management="FAIL")
@IO()
@constraint(memory_size=0.001)
@task(returns=1, numbers=COLLECTION_IN)
def total_beside(numbers):
    return sum(numbers)


@dt("numbers", squares, is_workflow=True)
@on_failure(management="CANCEL_SUCCESSORS")
@constraint(computing_units=99)
@reduction(chunk_size=2)
@task(returns=1, numbers=COLLECTION_IN)
def reduced(numbers):
    raise NotImplementedError


@implement(source_class=__name__, method="reduced")
@task(returns=1, numbers=COLLECTION_IN)
def really_reduced(numbers):
    return sum(numbers)


def test_a_version_has_decorators_of_its_own(local: Any) -> None:
    assert compss_wait_on(total([1, 2, 3])) == 6


def test_an_original_with_all_of_them_has_versions(local: Any) -> None:
    before = local.statistics().total
    assert compss_wait_on(reduced([1, 2, 3, 4])) == 30
    assert local.statistics().total - before == 3


def test_a_local_function_gets_what_they_compute(engine: str) -> None:
    transformed = stacked(("dt", "reduction"))
    assert local_function(lambda value: value + 1)(transformed([1, 2])) == 6
