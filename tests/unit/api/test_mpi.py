"""`@mpi` and `@mpmd_mpi` where they are decorated and called: what makes no sense, and what a call reserves."""

from __future__ import annotations

import pytest

from pycompss.api.constraint import constraint
from pycompss.api.container import container
from pycompss.api.mpi import mpi
from pycompss.api.mpmd_mpi import mpmd_mpi
from pycompss.api.multinode import multinode
from pycompss.api.parameter import COLLECTION_IN, COLLECTION_INOUT, block_count, block_length, stride
from pycompss.api.task import task
from pycompss.core.equipment import Equipment, Processor
from pycompss.core.layout import Layout
from pycompss.core.resources import Node, Requirement
from pycompss.core.spanning import Span
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import kinds, ranks, spans
from pycompss.runtime.binding import bind

N = 3


def launcher(function, *args, **kwargs):
    return kinds.launcher(function.definition, bind(function.definition, args, kwargs), services=())


def options(function, *args, **kwargs):
    return launcher(function, *args, **kwargs).settings.options[function.definition.launcher]


def of_ranks(returns=1, **given):
    @mpi(runner="mpirun", **given)
    @task(returns=returns, c=COLLECTION_IN)
    def f(c=()):
        pass

    return f


# ---------------------------------------------------------------- the decorator


def test_the_runner_is_mandatory():
    with pytest.raises(PyCOMPSsException, match="The argument runner is mandatory in the @mpi decorator decorator"):
        mpi(binary="x")


@pytest.mark.parametrize("name", ["computing_nodes", "computingNodes"])
def test_a_former_name_of_processes_is_reported_and_used(name, capsys):
    assert options(of_ranks(**{name: 2}))["processes"] == 2
    assert capsys.readouterr().err == (
        f"WARNING: Deprecated argument: {name} Found in @mpi decorator.\n Please, use: processes\n"
    )


def test_an_argument_that_is_unknown_is_reported(capsys):
    of_ranks(hosts="a,b")
    assert capsys.readouterr().err.startswith("WARNING: Unexpected argument: hosts Found in @mpi decorator.\n")


@pytest.mark.parametrize("given", [1, "yes", None])
def test_scale_by_cu_is_a_truth(given):
    with pytest.raises(PyCOMPSsException, match=r"@mpi\(scale_by_cu=.*True, False"):
        mpi(runner="mpirun", scale_by_cu=given)


def test_a_layout_is_read_with_its_defaults():
    given = {block_count: 4, block_length: "2", stride: 3}
    layouts = of_ranks(c_layout=given).definition.options["mpi"]["layouts"]
    assert layouts == {"c": Layout(4, 2, 3)}
    assert of_ranks(c_layout={}).definition.options["mpi"]["layouts"] == {"c": Layout()}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({block_length: 2}, "block_count is mandatory"),
        ({block_count: 0}, "block_count is a positive number"),
        ({block_count: 2, "width": 1}, "it is a dict with"),
        (4, "it is a dict with"),
    ],
)
def test_a_layout_that_makes_no_sense_is_refused(given, reason):
    with pytest.raises(PyCOMPSsException, match=rf"f \(.*test_mpi\.py:\d+\), @mpi\(c_layout=.*\): {reason}"):
        of_ranks(c_layout=given)


@pytest.mark.parametrize("name", ["x_layout", "nothing_layout", "d_layout"])
def test_a_layout_is_of_a_collection_that_ranks_read(name):
    with pytest.raises(PyCOMPSsException, match=name):

        @mpi(runner="mpirun", **{name: {block_count: 2}})
        @task(d=COLLECTION_INOUT)
        def f(x, d):
            pass


@pytest.mark.parametrize(
    ("programs", "reason"),
    [
        (["a"], "each program is a dict"),
        ([], "it is a list of programs"),
        ([{"processes": 2}], "needs its binary"),
        ([{"binary": "a", "arg": "x"}], "has no arg"),
        ([{"binary": "a", "processes": None}], "processes=None of a program: it is a number"),
    ],
)
def test_programs_that_make_no_sense_are_refused(programs, reason):
    with pytest.raises(PyCOMPSsException, match=reason):
        mpmd_mpi(runner="mpirun", programs=programs)


def test_a_template_of_a_program_must_name_parameters():
    with pytest.raises(PyCOMPSsException, match=r"\{\{y\}\} names no parameter"):

        @mpmd_mpi(runner="mpirun", programs=[{"binary": "a", "args": "{{y}}"}])
        @task()
        def f(x):
            pass


# ---------------------------------------------------------------- the call


@pytest.mark.parametrize(("given", "found"), [(2, 2), ("2", 2), ("$RANKS", 5), ("${RANKS}", 5), ("N", 3)])
def test_processes_are_counted_at_the_call(given, found, monkeypatch):
    monkeypatch.setenv("RANKS", "5")
    assert options(of_ranks(processes=given))["processes"] == found


ENDLESS = float("inf")


@pytest.mark.parametrize("given", [0, "no", "-1", "²", "ENDLESS", "9" * 5000], ids=lambda given: f"{given!r:.12}")
def test_what_is_no_number_of_processes_is_refused(given):
    with pytest.raises(PyCOMPSsException, match=r"f \(.*@mpi\(processes=.*positive number"):
        options(of_ranks(processes=given))


def test_computing_units_are_threads_unless_they_scale_the_processes():
    assert {"processes": 2, "threads": 3}.items() <= options(
        constraint(computing_units=3)(of_ranks(processes=2))
    ).items()
    scaled = options(constraint(computing_units=3)(of_ranks(processes=2, scale_by_cu="true")))
    assert {"processes": 6, "threads": 1}.items() <= scaled.items()


@pytest.mark.parametrize(("processes", "each"), [(3, 2), (1, 2), ("N", "2")])
def test_processes_must_divide_among_nodes(processes, each):
    f = of_ranks(processes=processes, processes_per_node=each)
    with pytest.raises(
        PyCOMPSsException, match=r"processes_per_node=.*processes are not a multiple of it \(called from"
    ):
        spans.nodes(f.definition, bind(f.definition, (), {}))


def test_nodes_follow_from_processes_per_node():
    f = of_ranks(processes=4, processes_per_node="2")
    assert spans.nodes(f.definition, bind(f.definition, (), {})) == 2
    assert spans.nodes(f.definition, bind(f.definition, (), {"processes_per_node": 4})) == 1
    f = of_ranks(processes=4)
    assert spans.nodes(f.definition, bind(f.definition, (), {})) == 1


def test_a_number_of_nodes_divides_the_processes_too():
    f = multinode(computing_nodes=2)(of_ranks(processes=4))
    assert spans.nodes(f.definition, bind(f.definition, (), {})) == 2
    assert spans.nodes(f.definition, bind(f.definition, (), {"computing_nodes": "4"})) == 4
    with pytest.raises(PyCOMPSsException, match=r"@mpi\(computing_nodes=3\): 4 processes are not a multiple of it"):
        spans.nodes(f.definition, bind(f.definition, (), {"computing_nodes": 3}))


def test_a_layout_that_does_not_fit_the_collection_is_refused():
    with pytest.raises(
        PyCOMPSsException, match=r"@mpi\(c_layout\): its 4 blocks .* the collection has 3 \(called from"
    ):
        options(of_ranks(processes=4, c_layout={}), [1, 2, 3])


def test_returns_are_one_of_each_rank_or_a_list_of_all():
    assert options(of_ranks(returns=4, processes=4))["processes"] == 4
    with pytest.raises(PyCOMPSsException, match="2 returns are one of each rank, but there are 4 ranks"):
        options(of_ranks(returns=2, processes=4))


def test_a_container_does_not_go_around_ranks():
    with pytest.raises(PyCOMPSsException, match="a runner on this machine cannot start ranks in a container"):
        container(engine="docker", image="i")(of_ranks())


# ---------------------------------------------------------------- what is reserved


def node(units, **fields):
    return Node(0, "n", units, **fields)


@pytest.mark.parametrize(
    ("units", "processes", "there", "reserved"), [(1, 4, 8, 4), (2, 3, 8, 6), (1, 4, 2, 2), (3, 2, 4, 4), (2, 1, 4, 2)]
)
def test_all_ranks_reserve_their_units_or_share_the_node(units, processes, there, reserved):
    assert ranks.reservation(Requirement(units, 7), processes, 1, [node(there)]) == Requirement(reserved, 7)


@pytest.mark.parametrize(("units", "there", "reserved"), [(1, [8, 8], 2), (3, [8, 6, 4], 6), (1, [8, 1], 1)])
def test_each_of_several_nodes_reserves_its_part(units, there, reserved):
    found = ranks.reservation(Requirement(units), 4, 2, [node(count) for count in there])
    assert found == Span(reserved, nodes=2)


def test_other_processors_are_reserved_once():
    need = Requirement(1, 0, Equipment(processors=(Processor(1), Processor(1, "GPU"))))
    there = Equipment(processors=(Processor(4), Processor(1, "GPU")))
    found = ranks.reservation(need, 3, 1, [node(4, equipment=there)])
    assert (found.units, found.devices) == (3, {"GPU": 1})


def test_tasks_that_wait_for_io_reserve_nothing():
    assert ranks.reservation(Requirement(0), 4, 1, [node(2)]) == Requirement(0)


# ---------------------------------------------------------------- sequential mode


def test_a_function_that_would_run_in_every_rank_runs_once_and_says_so(inline):
    @mpi(runner="mpirun", processes=2)
    @task(returns=1)
    def f(x):
        return x + 1

    with pytest.warns(UserWarning, match="is an MPI function; in sequence it runs once, in this process"):
        assert f(1) == 2


def test_a_program_gets_its_runner(inline, capsys):
    @mpi(runner="echo", binary="prog", processes=2, flags="--oversubscribe -q")
    @task()
    def f(x):
        pass

    assert f(5) == 0
    assert capsys.readouterr().out == "-np 2 --oversubscribe -q prog 5\n"
