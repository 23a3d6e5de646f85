"""`@task`: what it keeps of the function, what it notes, what it refuses."""

from __future__ import annotations

import functools
import inspect
import pickle
import re

import cloudpickle
import pytest

from pycompss.api.parameter import (
    COLLECTION,
    COMMUTATIVE,
    CONCURRENT,
    DICTIONARY,
    DIRECTORY,
    FILE,
    FILE_IN,
    FILE_OUT,
    IN,
    IN_DELETE,
    INOUT,
    Direction,
    Type,
)
from pycompss.api.task import Task, TaskFunction, definition_of, task
from pycompss.core.parameter import Direction as D
from pycompss.core.parameter import Kind
from pycompss.core.task import REQUIRED, Policy
from pycompss.errors import PyCOMPSsException


@task(returns=1)
def plain(a: int, b: int = 5) -> int:
    """What it does."""
    return a + b


@task(c=INOUT, f=FILE_OUT, rest=IN, key=FILE_IN)
def rich(a, c, f=None, *rest, key, word="w", **more):
    pass


class Account:
    balance = 0

    @task()
    def deposit(self, amount):
        self.balance += amount
        return self

    @task(target_direction=IN)
    def look(self):
        return self.balance

    @classmethod
    @task()
    def kind(cls):
        return cls

    @staticmethod
    @task(returns=1)
    def double(x):
        return 2 * x


class Savings(Account):
    @task()
    def deposit(self, amount):
        return "overridden"


# ---------------------------------------------------------------- the function stays what it was


def test_name_documentation_and_signature_survive():
    assert (plain.__name__, plain.__qualname__, plain.__module__) == ("plain", "plain", __name__)
    assert plain.__doc__ == "What it does."
    assert plain.__annotations__ == {"a": "int", "b": "int", "return": "int"}
    assert str(inspect.signature(plain)) == "(a: 'int', b: 'int' = 5) -> 'int'"
    assert plain.__wrapped__(1) == 6


def test_attributes_of_the_function_survive():
    def f():
        pass

    f.mark = 7
    assert task()(f).mark == 7


def test_task_and_the_class_are_one():
    assert task is Task


def test_the_signature_is_compiled_at_decoration():
    d = rich.definition
    assert (d.parameters, d.defaults, d.varargs, d.varkw) == (("a", "c", "f"), (None,), "rest", "more")
    assert d.keyword_only == {"key": REQUIRED, "word": "w"}
    assert (d.name, d.file) == (f"{__name__}.rich", __file__)
    assert d.line == rich.__code__.co_firstlineno


def test_a_callable_without_code_can_be_a_task():
    assert task()(functools.partial(plain.__wrapped__, 1)).definition.parameters == ("b",)
    assert task()(max).definition.varargs == "args"


def test_a_wrapper_below_the_decorator_stands_for_what_it_wraps():
    def logged(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    @task(b=INOUT)
    @logged
    def f(a, b):
        pass

    assert (f.definition.parameters, f.definition.unexpected) == (("a", "b"), ())


def test_tasks_of_the_main_file_are_named_after_it(monkeypatch):
    import sys

    monkeypatch.setattr(sys.modules["__main__"], "__file__", "/home/user/app.py", raising=False)

    def f():
        pass

    f.__module__, f.__qualname__ = "__main__", "f"
    assert task()(f).definition.name == "app.f"


# ---------------------------------------------------------------- calling


def test_a_call_hands_its_arguments_to_the_caller_untouched(recorder):
    assert plain(1, b=2) == "result"
    assert recorder.asked == [("call", plain.definition, (1,), {"b": 2})]


def test_who_answers_is_decided_at_each_call(recorder, inline):
    assert plain(1) == 6
    assert recorder.asked == []


def test_a_method_passes_its_object_first(recorder):
    account = Account()
    account.deposit(3)
    Savings().deposit(1)
    definitions = [asked[1] for asked in recorder.asked]
    assert recorder.asked[0] == ("call", Account.deposit.definition, (account, 3), {})
    assert definitions[1] is Savings.deposit.definition


def test_class_and_static_methods_work_on_class_and_instance(inline):
    assert Account.kind() is Account
    assert Savings().kind() is Savings
    assert Account.double(4) == Account().double(4) == 8


def test_a_bound_method_looks_like_the_task():
    method = Account().deposit
    assert method.__name__ == "deposit"
    assert definition_of(method) is Account.deposit.definition


def test_a_users_wrapper_above_stays_a_plain_wrapper(recorder):
    @functools.wraps(plain)
    def wrapper(*args):
        return "wrapped", plain(*args)

    assert wrapper(1) == ("wrapped", "result")
    assert definition_of(wrapper) is plain.definition
    assert "definition" not in vars(wrapper)


def test_what_is_no_task_has_no_definition():
    assert definition_of(len) is definition_of(None) is definition_of(3) is None


# ---------------------------------------------------------------- pickling


def test_a_task_travels_by_name():
    assert pickle.loads(pickle.dumps(plain)) is plain
    assert b"deposit" in pickle.dumps(Account.deposit)
    assert pickle.loads(pickle.dumps(Account.deposit)) is Account.deposit


def test_a_task_that_no_name_leads_to_travels_by_value(inline):
    factor = 3

    @task(returns=1, x=IN)
    def local(x):
        return factor * x if x < 10 else local(x - 10)

    copy = cloudpickle.loads(cloudpickle.dumps(local))
    assert isinstance(copy, TaskFunction)
    assert copy is not local
    assert copy(2) == 6
    assert copy(12) == 6
    assert copy.definition.name == local.definition.name


def test_what_a_session_notes_in_a_definition_does_not_travel():
    @task()
    def local():
        pass

    local.definition.plan = lambda: None
    local.definition.number = 4
    copy = cloudpickle.loads(cloudpickle.dumps(local))
    assert (copy.definition.plan, copy.definition.number) == (None, -1)


# ---------------------------------------------------------------- the arguments of the decorator


def test_every_documented_argument_reaches_the_definition():
    @task(
        returns=2,
        priority=True,
        on_failure="IGNORE",
        defaults={"returns": 7},
        time_out=3,
        is_distributed=True,
        is_replicated=True,
        computing_nodes="$N",
        processes_per_node=2,
        is_reduce=True,
        chunk_size="4",
        cache_returns=False,
        tracing_hook=True,
        numba=False,
        numba_flags={},
        numba_signature=None,
        numba_declaration=None,
        varargs_type=FILE_IN,
        target_direction=COMMUTATIVE,
    )
    def f(*args):
        pass

    d = f.definition
    assert (d.return_count, d.returns_list, d.priority, d.policy) == (2, True, True, Policy.IGNORE)
    assert (d.failure_defaults, d.time_out) == ({"returns": 7}, 3.0)
    assert (d.is_distributed, d.is_replicated) == (True, True)
    assert (d.computing_nodes, d.processes_per_node, d.is_reduce, d.chunk_size) == ("$N", 2, True, "4")
    assert d.varargs_spec.kind is Kind.FILE
    assert (d.target_direction, d.unexpected) == (D.COMMUTATIVE, ())


def test_specs_are_kept_by_parameter_name():
    assert {name: spec.direction for name, spec in rich.definition.specs.items()} == {
        "c": D.INOUT,
        "f": D.OUT,
        "rest": D.IN,
        "key": D.IN,
    }


@pytest.mark.parametrize(
    ("legacy", "value", "modern", "expected"),
    [
        ("timeOut", 2, "time_out", 2.0),
        ("isDistributed", True, "is_distributed", True),
        ("isReplicated", True, "is_replicated", True),
        ("computingNodes", 3, "computing_nodes", 3),
        ("targetDirection", IN, "target_direction", D.IN),
        ("varargsType", FILE_IN, "varargs_spec", FILE_IN.spec),
    ],
)
def test_a_legacy_name_works_and_is_logged(legacy, value, modern, expected, caplog):
    decorated = task(**{legacy: value})(lambda *args: None)
    assert getattr(decorated.definition, modern) == expected
    assert f"{legacy} is deprecated" in caplog.text
    assert re.search(r"\(.*test_task\.py:\d+\)", caplog.text)


def test_unknown_arguments_are_noted_not_refused():
    @task(pirority=True, q=INOUT)
    def f(a):
        pass

    assert f.definition.unexpected == ("pirority", "q")


def test_names_that_keyword_arguments_may_have_are_not_reported():
    @task(out=FILE_OUT, pirority=True, rest=IN)
    def f(*rest, **kw):
        pass

    assert f.definition.unexpected == ()
    assert f.definition.specs["out"].kind is Kind.FILE


def test_a_parameter_may_be_called_like_an_argument_of_the_decorator():
    @task(priority=INOUT)
    def f(priority):
        pass

    assert f.definition.specs["priority"].direction is D.INOUT
    assert f.definition.priority is False


def test_positional_arguments_of_the_decorator_are_reported_and_ignored(inline, capsys):
    assert task("anything", INOUT)(lambda: 5)() == 5
    said = capsys.readouterr().err
    assert "WARNING: Unexpected argument: 'anything' Found in @task decorator.\n" in said
    assert "WARNING: Unexpected argument: INOUT Found in @task decorator.\n" in said


def test_the_decorator_without_parentheses_says_so():
    with pytest.raises(PyCOMPSsException, match=r"broken .*test_task\.py:\d+.*write @task\(\) with parentheses"):

        @task
        def broken():
            pass


def test_a_class_method_below_the_decorator_is_told_where_it_belongs():
    with pytest.raises(PyCOMPSsException, match=r"kind \(.*test_task\.py:\d+\): write @classmethod above @task\(\)"):

        @task()
        @classmethod
        def kind(cls):
            pass


def test_an_async_function_is_refused():
    async def later():
        pass

    async def items():
        yield 1

    for function in (later, items):
        with pytest.raises(PyCOMPSsException, match=r"(later|items) \(.*test_task\.py:\d+\): write def, tasks are not"):
            task(returns=1)(function)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"target_direction": "IN"}, "must be a parameter constant"),
        ({"target_direction": FILE_OUT}, "self is an object"),
        ({"varargs_type": 1}, "must be a parameter constant"),
        ({"isModifier": False}, "target_direction"),
        ({"on_failure": "SHRUG"}, "ERROR: Unsupported on failure action: SHRUG"),
        ({"defaults": 3}, "it is a dict"),
        ({"time_out": "soon"}, "a number of seconds"),
        ({"time_out": -1}, "a number of seconds"),
        ({"returns": -2}, "not a number of values"),
        ({"returns": "3+"}, "neither a number, a name"),
        ({"numba": "fast"}, "Unsupported numba mode"),
        ({"x": 3}, "neither a parameter constant"),
        ({"x": {"Tipe": FILE}}, "unknown key"),
        ({"self": FILE_OUT}, "self is an object"),
        ({"self": IN_DELETE}, "self is an object"),
        ({"x": {Type: DICTIONARY, Direction: CONCURRENT}}, "a DICTIONARY cannot be CONCURRENT"),
        ({"x": {Type: COLLECTION, Direction: COMMUTATIVE}}, "a COLLECTION cannot be COMMUTATIVE"),
        ({"x": {Type: DIRECTORY, Direction: CONCURRENT}}, "a DIRECTORY cannot be CONCURRENT"),
        ({"x": {Type: FILE, Direction: IN_DELETE}}, "a FILE cannot be IN_DELETE"),
    ],
)
def test_a_wrong_argument_names_task_argument_and_line(given, reason):
    def culprit(self, x):
        pass

    line = culprit.__code__.co_firstlineno
    with pytest.raises(PyCOMPSsException, match=reason) as caught:
        task(**given)(culprit)
    message = str(caught.value)
    assert f"culprit ({__file__}:{line})" in message
    assert f"argument {next(iter(given))}=" in message


def test_decorating_takes_less_than_50_microseconds():
    import time

    def f(a, b, *c, d=1, **e):
        pass

    def decorate() -> float:
        start = time.perf_counter()
        for _ in range(100):
            task(a=INOUT, returns=1)(f)
        return (time.perf_counter() - start) / 100

    assert min(decorate() for _ in range(10)) < 50e-6
