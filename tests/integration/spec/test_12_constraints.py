"""Programming model, section 12, and runtime and tools, 6.3: constraints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_wait_on
from pycompss.api.constraint import constraint
from pycompss.api.task import task
from pycompss.errors import UnschedulableTask
from pycompss.runtime.config import NodeSpec
from pycompss.util.exceptions import PyCOMPSsException
from tests.support.rendezvous import counted, meet

UNITS = 2
GIGABYTE = 1 << 30


def threads():
    return int(os.environ["COMPSS_NUM_THREADS"]), int(os.environ["OMP_NUM_THREADS"])


@constraint(computing_units=4)
@task(returns=1)
def four_units():
    return os.environ["OMP_NUM_THREADS"], os.environ["COMPSS_NUM_THREADS"]


@constraint(computing_units=2)
@task(returns=1)
def count_pairs(folder, number):
    with counted(folder, str(number)) as inside:
        return inside


@constraint(memory_size=2)
@task(returns=1)
def count_large(folder, number):
    with counted(folder, str(number)) as inside:
        return inside


@constraint(memory_size=1)
@task(returns=1)
def meet_small(folder, name, others):
    return meet(folder, name, others)


@constraint(computing_units="cu")
@task(returns=1)
def as_told(cu):
    return threads()


@constraint(computing_units="n * 2 - 1")
@task(returns=1)
def by_expression(n):
    return threads()


@constraint(computing_units="int(min(n, 9) / 2)")
@task(returns=1)
def by_functions(n):
    return threads()


@constraint(computing_units="UNITS")
@task(returns=1)
def by_global():
    return threads()


@constraint(computing_units="${PURECOMPSS_TEST_NOPE}")
@task(returns=1)
def by_unset_variable():
    return threads()


@constraint(computing_units="$PURECOMPSS_TEST_UNITS")
@task(returns=1)
def by_variable():
    return threads()


@constraint(ComputingUnits=2)
@task(returns=1)
def pascal_case():
    return threads()


@constraint(computingUnits="3")
@task(returns=1)
def camel_case():
    return threads()


@constraint(processors=[{"processorType": "CPU", "computingUnits": 2}])
@task(returns=1)
def by_processors():
    return threads()


@constraint()
@task(returns=1)
def unconstrained():
    return threads()


@constraint(computing_units=64)
@task(returns=1)
def too_many_units():
    return 1


@constraint(memory_size=10_000_000)
@task(returns=1)
def too_much_memory():
    return 1


@constraint(
    computing_units=1,
    processor_architecture="x86_64",
    processor_speed=1,
    operating_system_type="Linux",
    wall_clock_limit=10,
    app_software="numpy",
    host_queues="short",
)
@task(returns=1)
def many_keys():
    return 1


def test_variables_tell_the_computing_units(fresh: Callable[..., Any]) -> None:
    """Section 1: a task constrained to 4 computing units sees OMP_NUM_THREADS == COMPSS_NUM_THREADS == "4"."""
    fresh(workers=4)
    assert compss_wait_on(four_units()) == ("4", "4")
    assert compss_wait_on(unconstrained()) == (1, 1)


def test_computing_units_limit_how_many_run_at_once(fresh: Callable[..., Any], folder: Path) -> None:
    """Given 4 cores and eight 2-unit tasks, then at most two run at once."""
    fresh(workers=4)
    inside = compss_wait_on([count_pairs(str(folder), n) for n in range(8)])
    assert max(inside) == 2


def test_memory_limits_how_many_run_at_once(fresh: Callable[..., Any], folder: Path) -> None:
    """Given memory_size=2 on a 3-GB node, then one at a time."""
    fresh(nodes=[NodeSpec("localhost", 4, memory_bytes=3 * GIGABYTE)])
    inside = compss_wait_on([count_large(str(folder), n) for n in range(4)])
    assert max(inside) == 1


def test_what_fits_runs_together(fresh: Callable[..., Any], folder: Path) -> None:
    names = ["a", "b", "c"]
    fresh(workers=3)
    assert compss_wait_on([meet_small(str(folder), name, names) for name in names]) == names


def test_units_may_depend_on_the_call(fresh: Callable[..., Any]) -> None:
    """Given computing_units="cu", f(cu=2) then f(cu=4), then COMPSS_NUM_THREADS 2 then 4."""
    fresh(workers=4)
    assert compss_wait_on([as_told(cu=2), as_told(cu=4), as_told(3)]) == [(2, 2), (4, 4), (3, 3)]


def test_units_may_be_an_expression(fresh: Callable[..., Any]) -> None:
    """An arithmetic expression over parameters, evaluated per call, truncated to int; int, min, max allowed."""
    fresh(workers=4)
    assert compss_wait_on([by_expression(1), by_expression(2)]) == [(1, 1), (3, 3)]
    assert compss_wait_on([by_functions(5), by_functions(100)]) == [(2, 2), (4, 4)]


def test_units_may_be_a_global(fresh: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """… a module global, evaluated per call."""
    fresh(workers=4)
    assert compss_wait_on(by_global()) == (2, 2)
    monkeypatch.setitem(globals(), "UNITS", 3)
    assert compss_wait_on(by_global()) == (3, 3)


def test_an_unset_variable_means_one(local: Any) -> None:
    """Given computing_units="${NOPE}", then runs with 1."""
    assert compss_wait_on(by_unset_variable()) == (1, 1)


def test_units_may_be_a_variable_of_the_environment(local: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Section 12: "$VAR" and "${VAR}" for any."""
    monkeypatch.setenv("PURECOMPSS_TEST_UNITS", "2")
    assert compss_wait_on(by_variable()) == (2, 2)


def test_spelling_of_keys_is_free(fresh: Callable[..., Any]) -> None:
    """Keys are case-insensitive and underscores are irrelevant."""
    fresh(workers=3)
    assert compss_wait_on([pascal_case(), camel_case(), by_processors()]) == [(2, 2), (3, 3), (2, 2)]


def test_constraints_do_nothing_in_sequence(inline: Any) -> None:
    """Section 13: call the function."""
    assert too_many_units() == 1
    assert many_keys() == 1


@pytest.mark.parametrize("value", ["yes", 1])
def test_is_local_must_be_boolean(value: Any) -> None:
    """Given is_local="yes", then PyCOMPSsException."""
    with pytest.raises(PyCOMPSsException, match="is_local"):

        @constraint(is_local=value)
        @task()
        def f():
            pass


@pytest.mark.parametrize("value", [1.5j, {"a": 1}, object()], ids=["complex", "dict", "object"])
def test_values_are_numbers_text_or_lists(value: Any) -> None:
    """Values: int, str, list, else PyCOMPSsException."""
    with pytest.raises(PyCOMPSsException, match="computing_units"):

        @constraint(computing_units=value)
        @task()
        def f():
            pass


def test_an_unknown_key_is_an_error() -> None:
    """Unknown key → runtime error, naming key, close match and line."""
    with pytest.raises(PyCOMPSsException) as caught:

        @constraint(computing_unit=2)
        @task()
        def f():
            pass

    text = str(caught.value)
    assert "computing_unit" in text
    assert "computing_units" in text
    assert Path(__file__).name in text


def test_a_task_that_no_node_can_run_is_refused_at_the_call(fresh: Callable[..., Any]) -> None:
    """Nothing satisfies it: refused at submission with what it asked for and what the best node has."""
    fresh(nodes=[NodeSpec("localhost", 2, memory_bytes=3 * GIGABYTE)])
    with pytest.raises(UnschedulableTask, match=r"too_many_units.*64.*2"):
        too_many_units()
    with pytest.raises(UnschedulableTask, match="too_much_memory"):
        too_much_memory()
    assert compss_wait_on(unconstrained()) == (1, 1)


@task(returns=1)
def asks_too_much():
    return too_much_memory()


@pytest.mark.parametrize("call", [too_much_memory, lambda: compss_wait_on(asks_too_much())])
def test_a_refusal_says_what_is_short_and_what_would_help(fresh: Callable[..., Any], call: Callable[[], Any]) -> None:
    """By its name, and by the lines of the declaration and the call: also in a task that calls tasks."""
    fresh(nodes=[NodeSpec("localhost", 1, memory_bytes=3_000_000_000)])
    with pytest.raises(PyCOMPSsException) as caught:
        call()
    text = str(caught.value)
    assert "too_much_memory asks for 1 computing unit and 1e+07 GB of memory" in text
    assert "(localhost) has 1 computing unit and 3 GB of memory" in text
    assert text.count(Path(__file__).name) >= 2
    assert "--cpus_per_node" not in text


def test_a_refusal_says_what_nodes_that_one_machine_plays_need_together(fresh: Callable[..., Any]) -> None:
    """`--cpus_per_node` is what they share."""
    fresh(engine="dask", agents=3, workers=3)
    with pytest.raises(UnschedulableTask) as caught:
        too_many_units()
    assert "asks for 64 computing units; the largest node (localhost-1) has 1 " in str(caught.value)
    assert "offer more: --cpus_per_node=192" in str(caught.value)


def test_a_refusal_on_described_nodes_points_at_their_description(fresh: Callable[..., Any]) -> None:
    fresh(nodes=[NodeSpec("localhost", 2)], resources="resources.xml")
    with pytest.raises(UnschedulableTask, match=r"describe a larger node: --resources="):
        too_many_units()


def test_a_dynamic_constraint_that_no_node_can_honour_is_refused_at_the_call(local: Any) -> None:
    with pytest.raises(UnschedulableTask, match="as_told"):
        as_told(cu=3)
    assert compss_wait_on(as_told(cu=2)) == (2, 2)


def test_an_expression_that_means_nothing_is_an_error(local: Any) -> None:
    """Unresolvable → error naming task, key and value."""

    @constraint(computing_units="no_such_name + 1")
    @task()
    def unresolvable():
        pass

    with pytest.raises(
        PyCOMPSsException, match=r"unresolvable.*no_such_name .*\(called from test_12_constraints\.py:\d+\)"
    ):
        unresolvable()


@constraint(computing_units="n")
@task(returns=1)
def as_many(n):
    return n


class Rude:
    @property
    def size(self):
        raise KeyError("size")


@constraint(memory_size="block.size / 8")
@task(returns=1)
def with_memory(block):
    return 1


@pytest.mark.parametrize(
    ("function", "argument", "reason"),
    [
        (as_many, 10**5000, "a number in it is too large"),
        (as_many, 10**30, r"it is larger than 1e\+15"),
        (as_many, -1, "-1 is no size"),
        (as_many, float("nan"), "cannot convert float NaN"),
        (as_many, "many", "a str is not a number"),
        (with_memory, Rude(), "KeyError: 'size'"),
    ],
    ids=["digits", "large", "negative", "nan", "text", "rude"],
)
def test_a_value_that_makes_no_sense_names_task_key_and_the_line_of_the_call(
    local: Any, function: Any, argument: Any, reason: str
) -> None:
    line = sys._getframe().f_lineno + 4
    said = rf"task {function.definition.name} \({re.escape(__file__)}:\d+\), @constraint\(\w+='.*'\): {reason}"
    called = rf" \(called from test_12_constraints\.py:{line}\)$"
    with pytest.raises(PyCOMPSsException, match=said + ".*" + called):
        function(argument)


@pytest.mark.parametrize("value", [10**5000, 10**16, "9" * 5000, 1e300, float("nan"), -1], ids=lambda _: "")
def test_a_number_that_no_node_has_is_refused_where_the_decorator_stands(value: Any) -> None:
    with pytest.raises(PyCOMPSsException, match=r"f \(.*\.py:\d+\), @constraint\(memory_size=.*\): ") as caught:

        @constraint(memory_size=value)
        @task()
        def f():
            pass

    assert len(caught.value.message) < 600


def test_more_units_than_cores_can_be_declared(fresh: Callable[..., Any]) -> None:
    """Computing units count as they are declared, also above the physical cores."""
    fresh(workers=32)

    @constraint(computing_units=32)
    @task(returns=1)
    def wide():
        return threads()

    assert compss_wait_on(wide()) == (32, 32)


def test_a_method_has_constraints(fresh: Callable[..., Any]) -> None:
    class Solver:
        @constraint(computing_units=2)
        @task(returns=1)
        def solve(self):
            return threads()

    fresh(workers=3)
    assert compss_wait_on(Solver().solve()) == (2, 2)


def test_a_class_has_constraints(fresh: Callable[..., Any]) -> None:
    @constraint(computing_units=2)
    class Solver:
        @task(returns=1)
        def solve(self):
            return threads()

    fresh(workers=3)
    assert compss_wait_on(Solver().solve()) == (2, 2)


@task(returns=1)
def told():
    names = ("COMPSS_TASK_ID", "COMPSS_NUM_PROCS", "COMPSS_NUM_NODES", "COMPSS_NODES", "COMPSS_HOSTNAMES")
    own = [os.environ.get(name) for name in names]
    child = subprocess.run(["/bin/sh", "-c", "echo $COMPSS_TASK_ID"], capture_output=True, text=True, check=True)
    return own, child.stdout.strip()


def test_a_task_is_told_its_number_and_where_it_runs(fresh: Callable[..., Any]) -> None:
    """Runtime and tools, 5.3."""
    fresh(workers=2)
    found = compss_wait_on([told() for _ in range(3)])
    assert [number for (number, *_), _ in found] == ["1", "2", "3"]
    assert all(number == own[0] and own[1:] == ["1", "1", "localhost", "localhost"] for own, number in found)
