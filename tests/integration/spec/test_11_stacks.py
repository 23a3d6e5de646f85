"""Programming model, section 3: decorators stack above `@task`, in whatever order."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_open, compss_wait_on
from pycompss.api.binary import binary
from pycompss.api.compss import compss
from pycompss.api.constraint import constraint
from pycompss.api.container import container
from pycompss.api.data_transformation import OBJECT_TO_FILE, dt
from pycompss.api.decaf import decaf
from pycompss.api.epilog import epilog
from pycompss.api.http import http
from pycompss.api.implement import implement
from pycompss.api.IO import IO
from pycompss.api.julia import julia
from pycompss.api.local import local as local_function
from pycompss.api.mpi import mpi
from pycompss.api.mpmd_mpi import mpmd_mpi
from pycompss.api.multinode import multinode
from pycompss.api.ompss import ompss
from pycompss.api.on_failure import on_failure
from pycompss.api.opencl import opencl
from pycompss.api.parameter import COLLECTION_IN, FILE_IN, FILE_INOUT, FILE_OUT_STDOUT
from pycompss.api.prolog import prolog
from pycompss.api.reduction import reduction
from pycompss.api.task import task
from pycompss.core.task import Policy
from pycompss.errors import PyCOMPSsException
from tests.support import engines


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


# ---------------------------------------------------------------- programs: every three decorators, in every order

ECHO = "-c 'echo NAME {{x}} $COMPSS_NUM_THREADS >> {{log}}'"


def echo(name: str) -> dict[str, str]:
    return {"binary": "sh", "args": ECHO.replace("NAME", name)}


BODIES: dict[str, Any] = {
    "binary": binary(**echo("binary")),
    "mpi": mpi(runner="mpirun", processes=2, **echo("mpi")),
    "mpmd_mpi": mpmd_mpi(runner="mpirun", programs=[echo("first"), echo("second")]),
    "julia": julia(script="s.jl", args="{{x}}"),
    "ompss": ompss(binary="solver"),
    "opencl": opencl(kernel="kernel"),
    "decaf": decaf(df_script="flow.py"),
    "compss": compss(app_name="app.py", args="{{x}}"),
    "http": http(service_name="s", resource="r/{{x}}", request="GET"),
}
AROUND: dict[str, Any] = {
    "constraint": constraint(computing_units=2),
    "prolog": prolog(**echo("prolog")),
    "epilog": epilog(**echo("epilog")),
    "on_failure": on_failure(management="IGNORE"),
    "container": container(engine="docker", image="image:1"),
    "multinode": multinode(computing_nodes=1),
    "IO": IO(),
    "dt": dt("x", str.upper),
}
ALL = {**BODIES, **AROUND}
NOT_INSIDE = {"mpi", "mpmd_mpi", "http"}


def above_a_program(order: tuple[str, ...]) -> Any:
    """A task with these decorators, the first of them uppermost."""

    @task(log=FILE_INOUT)
    def work(x, log): ...

    made: Any = work
    for name in reversed(order):
        made = ALL[name](made)
    return made


def described(made: Any) -> tuple[Any, ...]:
    """What its decorators have said."""
    definition = made.definition
    return (
        definition.launcher,
        definition.options,
        definition.constraints,
        definition.policy,
        definition.is_io,
        hasattr(made, "transformation"),
    )


@pytest.mark.parametrize("count", [2, 3])
def test_every_order_of_two_or_three_makes_the_same_task_or_is_refused(count: int) -> None:
    for names in itertools.combinations(ALL, count):
        orders = list(itertools.permutations(names))
        if len(BODIES.keys() & names) > 1 or ("container" in names and NOT_INSIDE & set(names)):
            for order in orders:
                with pytest.raises(PyCOMPSsException, match=r"work \(.*test_11_stacks\.py:\d+\)"):
                    above_a_program(order)
        else:
            assert [described(above_a_program(order)) for order in orders] == [expected(names)] * len(orders)


def expected(names: tuple[str, ...]) -> tuple[Any, ...]:
    """What `described` gives of a task with these decorators."""
    return (
        next(iter(BODIES.keys() & names), "python"),
        {name: ALL[name].options for name in names if name not in ("constraint", "on_failure", "IO", "dt")},
        {"computing_units": 2} if "constraint" in names else {},
        Policy.IGNORE if "on_failure" in names else Policy.RETRY,
        "IO" in names or "http" in names,
        "dt" in names,
    )


def test_programs_run_the_same_in_every_order(local: Any) -> None:
    orders = list(itertools.permutations(("constraint", "prolog", "binary", "epilog")))
    for number, order in enumerate(orders):
        Path(f"log{number}").touch()
        above_a_program(order)("x", f"log{number}")
    for number in range(len(orders)):
        with compss_open(f"log{number}") as file:
            assert file.read() == "prolog x 2\nbinary x 2\nepilog x 2\n"


def test_so_they_do_in_a_container(fresh: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the engine; real ones are in test_11_real_containers.py."""
    engines.make(folder, "docker")
    monkeypatch.setenv("PATH", f"{folder}/bin", prepend=os.pathsep)
    fresh(workers=2)
    orders = list(itertools.permutations(("container", "dt", "binary", "prolog")))
    for number, order in enumerate(orders):
        Path(f"log{number}").touch()
        above_a_program(order)("x", f"log{number}")
    for number in range(len(orders)):
        with compss_open(f"log{number}") as file:
            assert [line.split()[:2] for line in file] == [["prolog", "X"], ["binary", "X"]]
    assert [call[:2] for call in engines.calls(folder)] == [["docker", "run"]] * len(orders)
