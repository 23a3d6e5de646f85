"""Programming model, section 3: `@task` and how calls bind their arguments."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.api import compss_barrier, compss_wait_on
from pycompss.api.parameter import FILE_OUT, IN, INOUT
from pycompss.api.task import task
from pycompss.runtime.config import NodeSpec
from pycompss.util.exceptions import PyCOMPSsException
from tests.support.rendezvous import await_mark, mark, note, notes


@task(returns=1)
def twice(x):
    """Two times x."""
    return 2 * x


@task(returns=1, pirority=True)
def misspelt(x):
    return x + 1


@task(returns=1)
def three_values(v):
    return v, v + 1, v + 2


@task(returns=1)
def gather(a, *rest, **named):
    return [a, list(rest), named]


@task(returns=1)
def with_default(a, b=5):
    return a, b


@task(returns=1)
def keyword_only(a, *, scale=10, offset):
    return a * scale + offset


@task(out=FILE_OUT)
def writes_keyword(**kw):
    Path(kw["out"]).write_text("by keyword")


@task(returns=1)
def fails(x):
    raise ValueError(f"no {x}")


@task(returns=1)
def pid():
    return os.getpid()


# ------------------------------------------------------------------ what the decorator accepts


def test_a_misspelt_argument_is_warned_about_at_every_call(local: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """Given @task(pirority=True) called twice, then two warnings on stderr and the tasks run."""
    assert compss_wait_on([misspelt(1), misspelt(2)]) == [2, 3]
    warning = "WARNING: Unexpected argument: pirority Found in @task decorator."
    assert capfd.readouterr().err.count(warning) == 2


def test_a_misspelt_argument_does_not_hinder_sequential_mode(inline: Any) -> None:
    """Anything unrecognised is ignored."""
    assert compss_wait_on(misspelt(1)) == 2


def test_names_passed_as_keywords_are_not_unexpected(
    local: Any, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Names that are passed as **kwargs are not reported."""
    writes_keyword(out="o.txt")
    compss_barrier()
    assert "Unexpected argument" not in capfd.readouterr().err


def test_every_documented_argument_is_accepted(local: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """Section 3's table: none of these is unexpected."""

    @task(
        returns=1,
        priority=True,
        on_failure="RETRY",
        defaults={},
        time_out=50,
        is_distributed=False,
        is_replicated=False,
        computing_nodes=1,
        processes_per_node=1,
        is_reduce=False,
        chunk_size=0,
        cache_returns=True,
        tracing_hook=False,
        varargs_type=IN,
        target_direction=INOUT,
    )
    def everything(x):
        return x

    assert compss_wait_on(everything(3)) == 3
    assert "Unexpected argument" not in capfd.readouterr().err


def test_positional_arguments_of_the_decorator_are_ignored(engine: str) -> None:
    """Positional decorator arguments are ignored."""

    @task("ignored", 3, returns=1)
    def f(x):
        return x + 1

    assert compss_wait_on(f(1)) == 2


def test_the_wrapper_keeps_name_doc_and_module() -> None:
    """The wrapper preserves name, doc and module."""
    assert (twice.__name__, twice.__doc__, twice.__module__) == ("twice", "Two times x.", __name__)


@pytest.mark.parametrize(
    ("old", "value"),
    [
        ("targetDirection", IN),
        ("timeOut", 30),
        ("isReplicated", False),
        ("isDistributed", False),
        ("computingNodes", 1),
        ("varargsType", IN),
    ],
)
def test_a_legacy_spelling_works_with_a_logged_deprecation(
    local: Any, old: str, value: object, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Given @task(targetDirection=IN), then it works with a logged deprecation."""
    with caplog.at_level(logging.DEBUG):

        @task(returns=1, **{old: value})
        def f(x):
            return x + 1

        assert compss_wait_on(f(1)) == 2
    said = caplog.text + capfd.readouterr().err
    assert old in said
    assert "Unexpected argument" not in said


def test_is_modifier_points_to_target_direction() -> None:
    """@task(isModifier=False) raises PyCOMPSsException pointing to target_direction."""
    with pytest.raises(PyCOMPSsException, match="target_direction"):

        @task(isModifier=False)
        def f(self):
            pass


@pytest.mark.parametrize("argument", ["target_direction", "varargs_type"])
def test_a_direction_must_be_a_parameter_constant(argument: str) -> None:
    """target_direction and varargs_type that are no parameter constants raise PyCOMPSsException."""
    with pytest.raises(PyCOMPSsException, match=argument):

        @task(**{argument: "INOUT"})
        def f(self, *rest):
            pass


# ------------------------------------------------------------------ binding of arguments


def test_futures_arrive_as_values_wherever_they_are_passed(engine: str) -> None:
    """Given f(a, *[g(1), g(2)], k=g(3)) on def f(a, *rest, **kw), then all three futures arrive as values."""
    result = gather(twice(5), *[twice(1), twice(2)], k=twice(3))
    assert compss_wait_on(result) == [10, [2, 4], {"k": 6}]


def test_an_omitted_argument_has_its_default(engine: str) -> None:
    """Given def f(a, b=5) called f(1) and f(a=1), then b is 5 in both."""
    assert compss_wait_on([with_default(1), with_default(a=1)]) == [(1, 5), (1, 5)]
    assert compss_wait_on([with_default(1, 2), with_default(b=3, a=1)]) == [(1, 2), (1, 3)]


def test_keyword_only_parameters_bind_as_in_python(engine: str) -> None:
    """Binding: positionals, then defaults, then *args, then keywords."""
    assert compss_wait_on([keyword_only(1, offset=2), keyword_only(1, scale=2, offset=twice(4))]) == [12, 10]


@pytest.mark.parametrize(("args", "kwargs"), [((), {}), ((1, 2, 3), {}), ((1,), {"c": 3}), ((1,), {"a": 1})], ids=str)
def test_a_wrong_number_or_name_of_arguments_raises_at_the_call(engine: str, args: Any, kwargs: Any) -> None:
    """Section 17: TypeError at the call, as in sequence."""
    with pytest.raises(TypeError, match=r"with_default\(\)"):
        with_default(*args, **kwargs)


# ------------------------------------------------------------------ keywords of the call


def test_returns_can_be_given_by_the_call(local: Any) -> None:
    """Given f(v, returns=3), then a list of 3 futures, whatever @task declared."""
    result = three_values(4, returns=3)
    assert isinstance(result, list)
    assert len(result) == 3
    assert compss_wait_on(result) == [4, 5, 6]


def test_returns_given_by_the_call_is_removed_in_sequence(inline: Any) -> None:
    """Section 13: the call keyword returns is removed."""
    assert three_values(4, returns=3) == (4, 5, 6)


def test_special_keywords_of_the_call_do_not_reach_the_function(local: Any) -> None:
    """Special call keywords are removed before the user function sees them."""
    special = {
        "returns": 1,
        "computing_nodes": 1,
        "processes_per_node": 1,
        "on_failure": "RETRY",
        "defaults": {},
        "is_reduce": False,
        "chunk_size": 0,
    }
    assert compss_wait_on(gather(1, **special, k=2)) == [1, [], {"k": 2}]


def test_the_policy_can_be_given_by_the_call(local: Any) -> None:
    """on_failure= and defaults= of a call count for this call."""
    assert compss_wait_on(fails(1, on_failure="IGNORE", defaults={"returns": 9})) == 9


# ------------------------------------------------------------------ other decorators of the program

_seen_by_the_program: list[str] = []


def above(function):
    @functools.wraps(function)
    def wrapper(*args):
        _seen_by_the_program.append(f"above {os.getpid()}")
        return function(*args)

    return wrapper


def below(function):
    @functools.wraps(function)
    def wrapper(*args):
        return ("below", os.getpid(), function(*args))

    return wrapper


@above
@task(returns=1)
def under_a_decorator(x):
    return x + 1


@task(returns=1)
@below
def over_a_decorator(x):
    return x + 1


def test_a_decorator_above_task_runs_in_the_program(local: Any) -> None:
    """A user decorator above @task runs on the master."""
    _seen_by_the_program.clear()
    assert compss_wait_on(under_a_decorator(1)) == 2
    assert _seen_by_the_program == [f"above {os.getpid()}"]


def test_a_decorator_below_task_runs_in_the_worker_only(local: Any) -> None:
    """A user decorator below @task runs only in the worker."""
    word, process, value = compss_wait_on(over_a_decorator(1))
    assert (word, value) == ("below", 2)
    assert process != os.getpid()


# ------------------------------------------------------------------ where and when a task runs


def test_tasks_run_in_other_processes(local: Any) -> None:
    assert compss_wait_on(pid()) != os.getpid()


def test_sequential_mode_runs_tasks_in_the_program_itself(inline: Any) -> None:
    assert pid() == os.getpid()


def test_the_engine_is_chosen_at_each_call(inline: Any, local_session: Any) -> None:
    """@task decides between runtime and sequence at each call."""
    from tests.support.answers import answering

    assert pid() == os.getpid()
    with answering(local_session):
        assert compss_wait_on(pid()) != os.getpid()
    assert pid() == os.getpid()


@task(is_replicated=True)
def leave_a_note(path):
    note(path, f"{os.getpid()}")


def test_a_replicated_task_runs_on_every_node(fresh: Callable[..., Any], folder: Path) -> None:
    """Given two workers and an is_replicated task, then the body runs on both."""
    fresh(nodes=[NodeSpec("localhost", 1), NodeSpec("127.0.0.1", 1)])
    leave_a_note(str(folder / "notes"))
    compss_barrier()
    lines = notes(folder / "notes")
    assert len(lines) == len(set(lines)) == 2


@task(returns=1, is_distributed=True)
def where():
    return os.environ["COMPSS_HOSTNAMES"]


def test_distributed_tasks_go_round_the_nodes(fresh: Callable[..., Any]) -> None:
    """is_distributed: spread round-robin over the nodes."""
    fresh(nodes=[NodeSpec("localhost", 2), NodeSpec("127.0.0.1", 2)])
    places = compss_wait_on([where() for _ in range(4)])
    assert sorted(places) == ["127.0.0.1", "127.0.0.1", "localhost", "localhost"]


@task()
def hold(started, go):
    mark(started)
    await_mark(go)


@task()
def run_normally(path, name):
    note(path, name)


@task(priority=True)
def run_first(path):
    note(path, "first")


def test_a_task_of_priority_is_the_next_to_start(fresh: Callable[..., Any], folder: Path) -> None:
    """Given one free core, one running task, then ten normal tasks and one of priority, the latter starts next."""
    fresh(workers=1)
    hold(str(folder / "started"), str(folder / "go"))
    await_mark(folder / "started")
    for number in range(10):
        run_normally(str(folder / "notes"), str(number))
    run_first(str(folder / "notes"))
    mark(folder / "go")
    compss_barrier()
    lines = notes(folder / "notes")
    assert lines[0] == "first"
    assert lines[1:] == [str(number) for number in range(10)]
