"""Decorators of later releases: they can be written anywhere, and calling the task says what is missing."""

from __future__ import annotations

import pickle
import re
import sys

import cloudpickle
import pytest

from pycompss.api.binary import binary
from pycompss.api.constraint import constraint
from pycompss.api.container import container
from pycompss.api.data_transformation import dt
from pycompss.api.implement import implement
from pycompss.api.IO import IO
from pycompss.api.local import local
from pycompss.api.multinode import multinode
from pycompss.api.on_failure import on_failure
from pycompss.api.prolog import prolog
from pycompss.api.reduction import reduction
from pycompss.api.task import TaskFunction, task
from pycompss.core.task import Policy
from pycompss.dds import DDS
from pycompss.errors import NotAvailableYet, PyCOMPSsException


@binary(binary="echo")
@task()
def echo(text):
    pass


@task(numba=True)
def of_module(text):
    pass


def test_calling_the_task_names_decorator_and_task(recorder):
    @task(returns=1, numba=True)
    def f(x):
        return x

    assert isinstance(f, TaskFunction)
    assert f.__name__ == "f"
    reason = r"@task\(numba=…\) of task .*f \(.*test_later\.py:\d+\) is not available yet"
    with pytest.raises(NotAvailableYet, match=reason):
        f(1)
    assert recorder.asked == []


def test_data_sets_say_so_when_made():
    with pytest.raises(NotAvailableYet, match="DDS"):
        DDS()


@task(returns=int)
def listing():
    pass


def test_decorators_stack_in_the_documented_order(recorder):
    @implement(source_class=__name__, method="listing")
    @on_failure(management="IGNORE")
    @prolog(binary="true")
    @constraint(computing_units=2)
    @container(engine="DOCKER", image="i")
    @binary(binary="ls")
    @task(returns=int)
    def f():
        pass

    d = f.definition
    assert (d.policy, d.constraints, d.launcher) == (Policy.IGNORE, {"computing_units": 2}, "binary")
    assert d.options["prolog"] == {"binary": "true", "fail_by_exit_value": True}
    assert d.options["container"] == {"engine": "DOCKER", "image": "i"}
    assert d.options["binary"] == {"binary": "ls"}
    assert listing.definition.alternatives == [d]
    assert f() == "result"


def test_methods_can_have_them(recorder):
    class C:
        @classmethod
        @task(numba=True)
        def m(cls):
            pass

    with pytest.raises(NotAvailableYet, match=r"C\.m"):
        C.m()


def test_it_travels_by_name_or_by_value(recorder):
    assert pickle.loads(pickle.dumps(of_module)) is of_module

    @task(numba=True)
    def own():
        pass

    copy = cloudpickle.loads(cloudpickle.dumps(own))
    with pytest.raises(NotAvailableYet, match="@task"):
        copy()


# ---------------------------------------------------------------- sequential mode


def test_bodies_run_sequentially(inline):
    for decorator in (multinode(), IO()):
        assert decorator(task()(lambda x: x + 1))(1) == 2


def test_a_program_gets_its_truthy_arguments_and_gives_its_exit_code(inline, capsys):
    assert echo("a b") == 0
    assert capsys.readouterr().out == "a b\n"

    @binary(binary="$PYTHON")
    @task(returns=int)
    def python(*args):
        pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHON", sys.executable)
        assert python("-c", 0, "import sys; print(sys.argv); sys.exit(19)", "", 3) == 19
    assert capsys.readouterr().out == "['-c', '3']\n"


# ---------------------------------------------------------------- the neighbours that work


def test_on_failure_wins_over_the_argument_of_task():
    @on_failure(management="cancel_successors", returns=0, x=3)
    @task(on_failure="FAIL", defaults={"returns": 1, "y": 2})
    def f(x):
        pass

    assert f.definition.policy is Policy.CANCEL_SUCCESSORS
    assert f.definition.failure_defaults == {"returns": 0, "y": 2, "x": 3}


@pytest.mark.parametrize(
    ("given", "reason"),
    [({}, "management is mandatory"), ({"management": "SHRUG"}, "ERROR: Unsupported on failure action: SHRUG")],
)
def test_on_failure_without_a_known_policy_is_refused(given, reason):
    with pytest.raises(PyCOMPSsException, match=rf"{reason}.*test_later\.py:\d+"):
        on_failure(**given)


def test_a_default_of_what_the_task_has_not_is_reported(inline, capsys):
    @on_failure(management="IGNORE", retruns=0, returns=0, x=1)
    @task(returns=1, defaults={"y": 1, "self": None})
    def plain(x):
        return x

    said = capsys.readouterr().err
    assert said.startswith("WARNING: Unexpected argument: retruns Found in @on_failure decorator.\n")
    assert re.search(r"plain \(.*test_later\.py:\d+\) ignores it\.\n$", said)
    assert plain(3) == 3
    assert capsys.readouterr().err.startswith("WARNING: Unexpected argument: defaults['y'] Found in @task decorator.\n")


def test_any_name_may_be_a_default_of_a_task_that_takes_all_keywords(inline, capsys):
    @on_failure(management="IGNORE", anything=0)
    @task(returns=1, defaults={"more": 1})
    def free(**words):
        return len(words)

    assert (free(a=1), capsys.readouterr().err) == (1, "")


@pytest.mark.parametrize(
    "decorator", [on_failure(management="FAIL"), reduction(chunk_size=2), dt("x", str), binary(binary="ls")]
)
def test_decorators_of_tasks_refuse_what_is_no_task_and_name_its_line(decorator):
    with pytest.raises(PyCOMPSsException, match="on len, which is no task"):
        decorator(len)
    with pytest.raises(PyCOMPSsException, match=r"<lambda> \(.*test_later\.py:\d+\), which is no task"):
        decorator(lambda x: x)


def test_a_local_function_gets_values(recorder):
    @local
    def show(x, *, y):
        return x, y

    @local()
    def also(x):
        return x

    assert show(1, y=2) == ("value of 1", "value of 2")
    assert also(3) == "value of 3"
    assert show.__name__ == "show"


def test_a_local_function_warns_of_arguments_of_its_decorator(recorder, capsys):
    assert local(fast=True)(lambda x: x)(1) == "value of 1"
    assert capsys.readouterr().err.startswith("WARNING: Unexpected argument: fast Found in @local decorator.\n")
