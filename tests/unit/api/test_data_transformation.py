"""`@dt` and `dto`: what they accept, and which calls a call becomes."""

from __future__ import annotations

import functools
import pickle
from typing import Any

import cloudpickle
import pytest

from pycompss.api.data_transformation import (
    COLLECTION_TO_OBJECT,
    DIRECTORY_TO_OBJECT,
    FILE_TO_COLLECTION,
    OBJECT_TO_FILE,
    DataTransformation,
    DTObject,
    data_transformation,
    dt,
    dto,
)
from pycompss.api.parameter import COLLECTION_IN, FILE_IN, IN
from pycompss.api.task import task
from pycompss.core.parameter import Direction, Kind
from pycompss.errors import PyCOMPSsException


def scale(value, by=1):
    return value * by


def save(value, path, by=1):
    with open(path, "w") as file:
        file.write(str(value * by))


@dt("x", scale, by=2)
@task(returns=1)
def module_task(x):
    return x


def test_the_names_are_one(recorder) -> None:
    assert dt is data_transformation is DataTransformation
    assert dto is DTObject


def calls(recorder: Any) -> list[tuple[str, list[Any], dict[str, Any]]]:
    return [
        (definition.function.__name__, list(args), dict(kwargs))
        for definition, args, kwargs in (asked[1:] for asked in recorder.asked if asked[0] == "call")
    ]


@pytest.mark.parametrize(
    ("args", "kwargs", "own"),
    [((5,), {}, ([("result")], {})), ((), {"x": 5}, ([], {"x": "result"})), ((), {}, ([], {"x": "result"}))],
)
def test_an_argument_is_replaced_where_it_stands(recorder, args, kwargs, own) -> None:
    f = dt("x", scale, by=2)(task(returns=1)(lambda x=5: x))
    assert f(*args, **kwargs) == "result"
    assert calls(recorder) == [("scale", [5], {"by": 2}), ("<lambda>", *own)]


def test_several_go_from_top_to_bottom(recorder) -> None:
    f = dt("x", scale, by=2)(dt(target="x", function=scale, by=3)(task(returns=1)(lambda x: x)))
    f(1)
    assert [kwargs for _, _, kwargs in calls(recorder)] == [{"by": 2}, {"by": 3}, {}]


def test_transformations_of_the_call_follow_those_of_the_decorator(recorder) -> None:
    f = dt("x", scale, by=2)(task(returns=1)(lambda x, y: x))
    f(1, 2, dt=[dto("y", scale, by=3), dto("y", scale, by=4)])
    assert [(args, kwargs) for _, args, kwargs in calls(recorder)] == [
        ([1], {"by": 2}),
        ([2], {"by": 3}),
        (["result"], {"by": 4}),
        (["result", "result"], {}),
    ]


def test_a_parameter_called_dt_stays_the_functions(recorder) -> None:
    dt("x", scale)(task()(lambda x, dt: x))(1, dt=0.1)
    assert calls(recorder)[-1] == ("<lambda>", ["result"], {"dt": 0.1})


def test_the_same_function_is_one_task_type(recorder) -> None:
    f = dt()(task()(lambda x: x))
    f(1, dt=dto("x", scale, by=2))
    f(1, dt=dto("x", scale, by=3))
    types = {id(asked[1]) for asked in recorder.asked if asked[0] == "call"}
    assert len(types) == 2


def test_a_workflow_runs_here(recorder) -> None:
    dt("x", scale, is_workflow=True, by=3)(task()(lambda x: x))(2)
    assert calls(recorder) == [("<lambda>", [6], {})]


def test_a_function_that_is_a_task_is_called_as_such(recorder) -> None:
    dt("x", task(returns=1)(scale), by=3)(task()(lambda x: x))(2)
    assert calls(recorder) == [("scale", [2], {"by": 3}), ("<lambda>", ["result"], {})]


def specs_of(recorder: Any) -> dict[str, tuple[Kind, Direction]]:
    definition = next(asked[1] for asked in recorder.asked if asked[0] == "call")
    return {name: (spec.kind, spec.direction) for name, spec in definition.specs.items()}


def test_directions_follow_from_the_type(recorder) -> None:
    dt("x", save, type=OBJECT_TO_FILE, destination="out_{{n}}.txt", by=2)(task(x=FILE_IN)(lambda x, n: x))(3, 7)
    assert calls(recorder) == [
        ("save", [3, "out_value of 7.txt"], {"by": 2}),
        ("<lambda>", ["out_value of 7.txt", 7], {}),
    ]
    assert specs_of(recorder) == {"value": (Kind.OBJECT, Direction.IN), "path": (Kind.FILE, Direction.OUT)}


@pytest.mark.parametrize(
    ("type_", "kind"), [(COLLECTION_TO_OBJECT, Kind.COLLECTION), (DIRECTORY_TO_OBJECT, Kind.DIRECTORY)]
)
def test_the_source_has_the_kind_of_the_type(recorder, type_: int, kind: Kind) -> None:
    dt("x", scale, type=type_)(task()(lambda x: x))("d")
    assert specs_of(recorder) == {"value": (kind, Direction.IN)}


def test_without_a_type_a_collection_stays_one(recorder) -> None:
    dt("x", scale)(task(x=COLLECTION_IN)(lambda x: x))([1])
    assert specs_of(recorder) == {"value": (Kind.COLLECTION, Direction.IN)}


def test_keywords_refer_to_parameters_and_keep_their_kind(recorder) -> None:
    def tell(value, file, factor):
        pass

    dt("x", tell, file="{{f}}", factor="{{ n }}")(task(f=FILE_IN)(lambda x, f, n=4: x))(1, "in.txt")
    assert calls(recorder)[0] == ("tell", [1], {"file": "in.txt", "factor": 4})
    assert specs_of(recorder)["file"] == (Kind.FILE, Direction.IN)


@pytest.mark.parametrize("function", [str, functools.partial(scale, by=2), "text".replace, len])
def test_any_callable_will_do(recorder, function: Any) -> None:
    dt("x", function)(task()(lambda x: x))(1)
    definition = recorder.asked[0][1]
    assert (definition.function, definition.parameters) == (function, ("_value",))


@pytest.mark.parametrize(("size", "number"), [(3, 3), ("3", 3), ("$PARTS", 4), ("{{n}}", 5)])
def test_the_size_of_a_collection_is_a_number_a_variable_or_a_parameter(monkeypatch, recorder, size, number) -> None:
    monkeypatch.setenv("PARTS", "4")
    monkeypatch.setattr(recorder, "value_here", lambda value: value, raising=False)
    f = dt("x", scale, type=FILE_TO_COLLECTION, size=size)(task(x=COLLECTION_IN)(lambda x, n: x))
    f("file", 5)
    assert calls(recorder)[0] == ("scale", ["file"], {"returns": number})


# ---------------------------------------------------------------- what is refused, and where


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: dt(target="x"), "The argument function is mandatory in the @dt decorator decorator."),
        (lambda: dt(function=scale), "The argument target is mandatory in the @dt decorator decorator."),
        (lambda: dto("x"), "The argument function is mandatory in the @dto decorator decorator."),
        (lambda: dt("x", scale, 3), "arguments of the function are keywords"),
        (lambda: dt(scale, "x"), "target is the name of a parameter, not <function scale"),
        (lambda: dt("x", "scale"), "function is a function, not 'scale'"),
        (lambda: dt("x", scale, type=8), "type is one of OBJECT_TO_FILE"),
        (lambda: dt("x", scale, type=True), "type is one of OBJECT_TO_FILE"),
        (lambda: dt("x", save, type=OBJECT_TO_FILE, destination=3), "destination is a path, not 3"),
        (lambda: dt("x", scale, type=FILE_TO_COLLECTION), "FILE_TO_COLLECTION needs size"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_line(make: Any, reason: str) -> None:
    with pytest.raises(PyCOMPSsException, match=rf"test_data_transformation\.py:\d+\): .*{reason}"):
        make()


def test_a_wrong_parameter_is_refused_by_the_decorator() -> None:
    with pytest.raises(PyCOMPSsException, match=r"Wrong Param Name: 'z' is no parameter of .*f \(.*which has x, y"):
        dt("z", scale)(task()(f))
    with pytest.raises(PyCOMPSsException, match="Wrong Param Name: 'z'"):
        dt("x", scale, by="{{z}}")(task()(f))


def f(x, y):
    pass


def test_a_wrong_parameter_is_refused_at_the_call(recorder) -> None:
    with pytest.raises(PyCOMPSsException, match=r"dto \(.*Wrong Param Name: 'z'"):
        dt()(task()(f))(1, 2, dt=dto("z", scale))
    with pytest.raises(PyCOMPSsException, match="Wrong Param Name: 'z'"):
        dt("z", scale)(task()(lambda **others: None))(a=1)


def test_dt_of_a_call_is_a_transformation(recorder) -> None:
    with pytest.raises(PyCOMPSsException, match=r"dt= takes dto\(…\) or a list of them, not 'x'"):
        dt()(task()(f))(1, 2, dt="x")


def test_wrong_arguments_of_the_task_are_said_before_anything_runs(recorder) -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        dt("x", scale)(task()(f))(1)
    assert recorder.asked == []


@pytest.mark.parametrize("size", ["many", float("inf"), float("nan"), 0, None])
def test_a_size_that_is_no_number_is_refused_at_the_call(inline, size) -> None:
    g = dt("x", scale, type=FILE_TO_COLLECTION, size="{{y}}")(task(x=IN)(f))
    reason = r"size is the number of elements, .*\(called from test_data_transformation\.py:\d+\)"
    with pytest.raises(PyCOMPSsException, match=reason):
        g("file", size)


def test_what_is_no_task_is_refused() -> None:
    with pytest.raises(PyCOMPSsException, match=r"@dt on scale \(.*\), which is no task"):
        dt("value", scale)(scale)


# ---------------------------------------------------------------- the object


def test_it_binds_to_instances_and_keeps_the_name(inline) -> None:
    class C:
        @dt("x", scale, by=2)
        @task(returns=1)
        def m(self, x):
            """Documented."""
            return x

    assert C().m(4) == 8
    assert (C.m.__name__, C.m.__doc__) == ("m", "Documented.")


def test_it_travels_by_name_or_by_value(inline) -> None:
    assert pickle.loads(pickle.dumps(module_task)) is module_task

    @dt("x", scale, by=3)
    @task(returns=1)
    def own(x):
        return x

    assert cloudpickle.loads(cloudpickle.dumps(own))(2) == 6
