"""`@constraint`: keys, values, and what they come to at a call."""

from __future__ import annotations

import pytest

from pycompss.api.constraint import constraint
from pycompss.api.task import task
from pycompss.errors import PyCOMPSsException, TaskWarning
from pycompss.runtime.binding import bind
from pycompss.runtime.constraints import requirement_values

UNITS = 3


class Machine:
    cores = 6


def constrained(**given):
    @constraint(**given)
    @task()
    def f(n=2, block=(1, 2, 3), cu=None, *, key=7):
        pass

    return f


def values(*args, given, **kwargs):
    definition = constrained(**given).definition
    return requirement_values(definition, bind(definition, args, kwargs))


def units(*args, value, **kwargs):
    return values(*args, given={"computing_units": value}, **kwargs)["computing_units"]


# ---------------------------------------------------------------- the decorator


@pytest.mark.parametrize("key", ["computing_units", "computingUnits", "ComputingUnits", "COMPUTING_UNITS"])
def test_case_and_underscores_of_keys_do_not_matter(key):
    assert constrained(**{key: 2}).definition.constraints == {"computing_units": 2}


def test_every_documented_key_is_accepted():
    given = {
        "processor_name": "p",
        "processor_architecture": "x86_64",
        "processor_type": "CPU",
        "processor_property_name": "p",
        "processor_property_value": "v",
        "processor_speed": 2.5,
        "processor_internal_memory_size": 1,
        "processors": [],
        "memory_type": "RAM",
        "storage_size": 1,
        "storage_type": "SSD",
        "storage_bw": 3,
        "operating_system_type": "Linux",
        "operating_system_distribution": "Debian",
        "operating_system_version": "12",
        "wall_clock_limit": 10,
        "app_software": "a,b",
        "host_queues": "q",
        "is_local": True,
    }
    assert constrained(**given).definition.constraints == given


def test_the_task_stays_the_same_object(inline):
    @task()
    def f(x):
        return x

    assert constraint()(f) is f
    assert f(3) == 3


def test_the_outer_of_two_constraints_wins_key_by_key():
    f = constraint(computing_units=4)(constrained(computing_units=2, memory_size=1))
    assert f.definition.constraints == {"computing_units": 4, "memory_size": 1}


def test_methods_can_be_constrained_above_class_method():
    class C:
        @constraint(computing_units=2)
        @classmethod
        @task()
        def m(cls):
            pass

    assert C.m.definition.constraints == {"computing_units": 2}


def test_a_constraint_on_no_task_has_no_effect_and_says_so():
    with pytest.warns(TaskWarning, match="which is no task"):

        @constraint(computing_units=2)
        def f():
            return 1

    assert f() == 1


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"computing_unit": 2}, r"unknown key 'computing_unit'; did you mean 'computing_units'\?"),
        ({"zzz": 2}, "unknown key 'zzz'; the keys are computing_units, "),
        ({"is_local": "yes"}, "is_local is True or False"),
        ({"computing_units": None}, "computing_units is a number, a text or a list, not None"),
        ({"computing_units": True}, "computing_units is a number"),
        ({"memory_size": {}}, "memory_size is a number"),
    ],
)
def test_a_wrong_key_or_value_names_the_line(given, reason):
    with pytest.raises(PyCOMPSsException, match=reason) as caught:
        constrained(**given)
    assert f"@constraint at {__file__}:" in str(caught.value)


# ---------------------------------------------------------------- the values


def test_without_a_constraint_a_task_takes_one_unit_and_any_memory():
    assert values(given={}) == {"computing_units": 1, "memory_size": 0}


@pytest.mark.parametrize(
    ("value", "expected"), [(4, 4), ("4", 4), (" 2 ", 2), (0, 0), ("${CU}", 8), ("$CU", 8), ("$CU * 2", 16)]
)
def test_fixed_units(value, expected, monkeypatch):
    monkeypatch.setenv("CU", "8")
    assert units(value=value) == expected


@pytest.mark.parametrize("value", ["${NOPE}", "$NOPE", "${EMPTY}"])
def test_an_unset_variable_is_one_unit(value, monkeypatch):
    monkeypatch.setenv("EMPTY", "")
    assert units(value=value) == 1


def test_memory_may_be_a_fraction():
    assert values(given={"memory_size": 1.5})["memory_size"] == 1.5
    assert values(given={"memory_size": "0.5"})["memory_size"] == 0.5


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("cu", 4),
        ("n", 2),
        ("key", 7),
        ("UNITS", 3),
        ("Machine.cores", 6),
        ("n * 2 + 1", 5),
        ("-n + 10", 8),
        ("int(n / 4 * 3)", 1),
        ("n / 4 * 10", 5),
        ("max(n, UNITS, 1)", 3),
        ("min(n, UNITS)", 2),
        ("round(2.6)", 3),
        ("abs(-n)", 2),
        ("len(block)", 3),
        ("n ** 3 // 2 % 3", 1),
    ],
)
def test_expressions_over_arguments_and_globals(value, expected):
    assert units(value=value, cu=4) == expected


def test_an_argument_hides_a_global_and_is_read_at_each_call():
    f = task()(lambda UNITS: None)
    definition = constraint(computing_units="UNITS")(f).definition
    found = [requirement_values(definition, bind(definition, (n,), {}))["computing_units"] for n in (2, 4)]
    assert found == [2, 4]


def test_a_number_in_a_text_argument_counts():
    assert units(value="cu", cu="2") == 2


def test_fixed_values_are_computed_once(monkeypatch):
    monkeypatch.setenv("CU", "2")
    definition = constrained(computing_units="$CU").definition
    first = requirement_values(definition, bind(definition, (), {}))
    monkeypatch.setenv("CU", "5")
    assert requirement_values(definition, bind(definition, (), {})) is first
    assert first["computing_units"] == 2


@pytest.mark.parametrize(
    ("processors", "expected"),
    [
        ([{"processorType": "CPU", "computingUnits": 4}], 4),
        ([{"ProcessorType": "CPU", "ComputingUnits": "${CU}"}, {"processorType": "GPU", "computingUnits": 2}], 8),
        ([{"processor_type": "GPU", "computing_units": 2}], 1),
        ([{"computingUnits": "2"}], 2),
    ],
)
def test_units_of_a_list_of_processors(processors, expected, monkeypatch):
    monkeypatch.setenv("CU", "8")
    assert values(given={"processors": processors})["computing_units"] == expected


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"computing_units": "nobody"}, "nobody is neither an argument of the call nor a global"),
        ({"computing_units": "n +"}, "invalid syntax"),
        ({"computing_units": "n / 0"}, "division by zero"),
        ({"computing_units": "block"}, "int()"),
        ({"computing_units": "-n"}, "-2 is no size"),
        ({"computing_units": -1}, "-1 is no size"),
        ({"computing_units": 1.5}, "1.5 is not a whole number"),
        ({"computing_units": "nan"}, "nan is no size"),
        ({"computing_units": [1]}, "a number or a text"),
        ({"computing_units": "__import__('os').getpid()"}, "is not arithmetic"),
        ({"computing_units": "n.__class__"}, "is not arithmetic"),
        ({"computing_units": "9 ** 9 ** 9"}, "the exponent .* is too large"),
        ({"computing_units": "'a' * n"}, "is not arithmetic"),
        ({"memory_size": "$NOPE"}, "the environment variable NOPE is not set"),
        ({"processors": "CPU"}, "a list of dicts"),
        ({"processors": ["CPU"]}, "must be a dict"),
        ({"processors": [{"computingUnits": "many"}]}, "'many' is not a number"),
    ],
)
def test_a_value_without_meaning_names_task_key_and_value(given, reason):
    with pytest.raises(PyCOMPSsException, match=reason) as caught:
        values(given=given)
    message = str(caught.value)
    assert f"constrained.<locals>.f ({__file__}:" in message
    assert "@constraint(" in message
