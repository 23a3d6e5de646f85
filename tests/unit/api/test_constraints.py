"""`@constraint`: keys, values, and what they come to at a call."""

from __future__ import annotations

import marshal

import pytest

from pycompss.api.binary import binary
from pycompss.api.constraint import constraint
from pycompss.api.implement import implement
from pycompss.api.mpi import mpi
from pycompss.api.task import task
from pycompss.core.equipment import Equipment, Processor
from pycompss.core.resources import Requirement
from pycompss.errors import PyCOMPSsException, TaskWarning
from pycompss.runtime import constraints
from pycompss.runtime.binding import bind
from pycompss.runtime.future import Future

UNITS = 3


class Machine:
    cores = 6


def constrained(**given):
    @constraint(**given)
    @task()
    def f(n=2, block=(1, 2, 3), cu=None, *, key=7):
        pass

    return f


def requirement(*args, given, **kwargs):
    definition = constrained(**given).definition
    return constraints.asked_by(definition).of(bind(definition, args, kwargs))


def units(*args, value, **kwargs):
    return requirement(*args, given={"computing_units": value}, **kwargs).units


def equipment(**given):
    return requirement(given=given).equipment


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
        ({"procesors": []}, r"unknown key 'procesors'; did you mean 'processors'\?"),
        ({"zzz": 2}, "unknown key 'zzz'; the keys are computing_units, "),
        ({"is_local": "yes"}, "must be True or False"),
        ({"is_local": 1}, "must be True or False"),
        ({"computing_units": None}, "computing_units is a number, a text or a list, not None"),
        ({"computing_units": True}, "computing_units is a number"),
        ({"memory_size": {}}, "memory_size is a number"),
        ({"computing_units": -1}, "-1 is no size"),
        ({"computing_units": 1.5}, "1.5 is not a whole number"),
        ({"computing_units": "nan"}, "nan is no size"),
        ({"computing_units": [1]}, "must be a whole number"),
        ({"computing_units": "n +"}, "invalid syntax"),
        ({"storage_bw": "fast"}, "must be a number"),
        ({"wall_clock_limit": "n"}, "must be a whole number"),
        ({"memory_type": ["RAM"]}, "must be a text"),
        ({"app_software": [1]}, "a text with commas, or a list of texts"),
        ({"host_queues": 3}, "a text with commas, or a list of texts"),
        ({"processor_type": "TPU"}, "'TPU' is no type of processor; the types are CPU, GPU, FPGA, OTHER"),
        ({"processors": "CPU"}, "a list of dicts"),
        ({"processors": ["CPU"]}, "must be a dict"),
        ({"processors": [{"processorTyp": "CPU"}]}, r"key 'processorTyp' of a processor; did you mean 'type'\?"),
        ({"processors": [{"computingUnits": -1}]}, "-1 is no size"),
        ({"processors": [{}] * 17}, "more than 16 processors"),
    ],
)
def test_a_wrong_key_or_value_is_an_error_where_the_decorator_stands(given, reason):
    with pytest.raises(PyCOMPSsException, match=reason) as caught:
        constrained(**given)
    message = str(caught.value)
    assert f"task {__name__}.constrained.<locals>.f ({__file__}:" in message
    assert f"@constraint({next(iter(given))}=" in message


def test_a_class_constrains_all_its_tasks():
    @constraint(computing_units=2, memory_size=1)
    class Solver:
        @task()
        def solve(self):
            pass

        @constraint(computing_units=4)
        @task()
        def refine(self):
            pass

        @classmethod
        @task()
        def load(cls):
            pass

    assert Solver.solve.definition.constraints == {"computing_units": 2, "memory_size": 1}
    assert Solver.refine.definition.constraints == {"computing_units": 4, "memory_size": 1}
    assert Solver.load.definition.constraints == {"computing_units": 2, "memory_size": 1}


def test_a_class_without_tasks_cannot_be_constrained():
    with pytest.warns(TaskWarning, match="which is no task"):

        @constraint(computing_units=2)
        class Plain:
            pass


@task()
def original():
    pass


AS_ORIGINAL = implement(source_class=__name__, method="original")


@pytest.mark.parametrize("other", [binary(binary="ls"), AS_ORIGINAL, mpi(runner="mpirun")])
def test_the_order_among_other_decorators_does_not_matter(other):
    above = constraint(computing_units=2)(other(task()(lambda: None)))
    below = other(constraint(computing_units=2)(task()(lambda: None)))
    assert above.definition.constraints == below.definition.constraints == {"computing_units": 2}


# ---------------------------------------------------------------- the values


def test_without_a_constraint_a_task_takes_one_unit_and_any_memory():
    assert requirement(given={}) == Requirement(1, 0)


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
    assert requirement(given={"memory_size": 1.5}).memory == 1_500_000_000
    assert requirement(given={"memory_size": "0.5"}).memory == 500_000_000


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
    asked = constraints.asked_by(definition)
    assert [asked.of(bind(definition, (n,), {})).units for n in (2, 4)] == [2, 4]


def test_a_number_in_a_text_argument_counts():
    assert units(value="cu", cu="2") == 2


def test_memory_and_storage_may_depend_on_the_call_in_whole_gigabytes():
    found = requirement(5, given={"memory_size": "n / 2", "storage_size": "n * 3"})
    assert found.memory == 2_000_000_000
    assert found.equipment == Equipment(storage_size=15)


def test_other_texts_are_no_expressions():
    assert equipment(processor_name="n", operating_system_type="UNITS") == Equipment(
        (Processor(1, name="n"),), operating_system_type="UNITS"
    )


def test_fixed_values_are_computed_once(monkeypatch):
    monkeypatch.setenv("CU", "2")
    definition = constrained(computing_units="$CU").definition
    first = constraints.asked_by(definition).of(bind(definition, (), {}))
    monkeypatch.setenv("CU", "5")
    assert constraints.asked_by(definition).of(bind(definition, (), {})) is first
    assert first.units == 2


def gpus(units, **more):
    return Processor(units, "GPU", **more)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([{"processorType": "CPU", "computingUnits": 4}], (Processor(4),)),
        (
            [{"ProcessorType": "CPU", "ComputingUnits": "${CU}"}, {"processorType": "gpu", "computingUnits": 2}],
            (Processor(8), gpus(2)),
        ),
        ([{"processor_type": "GPU", "computing_units": 2}], (Processor(1), gpus(2))),
        ([{"type": "FPGA"}], (Processor(1), Processor(1, "FPGA"))),
        ([{"computingUnits": "2"}], (Processor(2),)),
        ([{"processorType": "GPU", "computingUnits": "$UNSET"}], (Processor(1), gpus(1))),
        ([{"processorType": "GPU", "computingUnits": 0}], (Processor(1),)),
        ([{"name": "Xeon"}, {"processorName": "Power9", "computingUnits": 2}],
         (Processor(1, name="Xeon"), Processor(2, name="Power9"))),
        (
            [
                {
                    "processorType": "GPU",
                    "computingUnits": 1,
                    "name": "V100",
                    "speed": "1.5",
                    "architecture": "volta",
                    "propertyName": "nvlink",
                    "propertyValue": "yes",
                    "internalMemorySize": 16,
                }
            ],
            (
                Processor(1),
                gpus(1, name="V100", speed=1.5, architecture="volta", memory=16, properties=(("nvlink", "yes"),)),
            ),
        ),
    ],
)  # fmt: skip
def test_a_list_of_processors(given, expected, monkeypatch):
    monkeypatch.setenv("CU", "8")
    found = requirement(given={"processors": given})
    assert found.processors == expected
    assert found.units == sum(p.units for p in expected if p.kind == "CPU")


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([{"processorType": "GPU"}], (Processor(4), gpus(1))),
        ([{"processorType": "GPU"}, {"processorType": "CPU"}], (Processor(4), gpus(1))),
    ],
)
def test_computing_units_beside_processors_are_those_of_the_cpu(listed, expected):
    assert requirement(given={"computing_units": 4, "processors": listed}).processors == expected


def test_the_processor_of_a_task_may_be_described_without_a_list():
    found = requirement(given={"processor_type": "GPU", "computing_units": 2, "processor_name": "V100"})
    assert found.processors == (Processor(1), gpus(2, name="V100"))
    found = requirement(given={"computing_units": 2, "processor_architecture": "x86_64", "processor_speed": "2.5"})
    assert found.processors == (Processor(2, architecture="x86_64", speed=2.5),)


def test_the_number_of_gpus_may_depend_on_the_call():
    assert requirement(3, given={"processor_type": "GPU", "computing_units": "n"}).devices == {"GPU": 3}


def test_everything_else_that_a_node_must_have():
    assert equipment(
        memory_type="DRAM",
        storage_size="10",
        storage_type="SSD",
        storage_bw=100,
        operating_system_type="Linux",
        operating_system_distribution="Debian",
        operating_system_version=12,
        app_software="numpy, gromacs",
        host_queues=["short", "long"],
        is_local=True,
        wall_clock_limit=10,
    ) == Equipment(
        memory_type="DRAM",
        storage_size=10,
        storage_type="SSD",
        storage_bw=100,
        operating_system_type="Linux",
        operating_system_distribution="Debian",
        operating_system_version="12",
        app_software=("numpy", "gromacs"),
        host_queues=("short", "long"),
        is_local=True,
    )


def test_what_asks_for_nothing_special_is_units_and_memory_alone():
    assert requirement(given={"processors": [{"computingUnits": 2}], "is_local": False, "memory_size": 1}) == (
        Requirement(2, 1_000_000_000)
    )
    assert equipment(wall_clock_limit=5) is None


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"computing_units": "nobody"}, "nobody is neither an argument of the call nor a global"),
        ({"computing_units": "n / 0"}, "division by zero"),
        ({"computing_units": "block"}, "a tuple is not a number"),
        ({"computing_units": "-n"}, "-2 is no size"),
        ({"computing_units": "__import__('os').getpid()"}, "is not arithmetic"),
        ({"computing_units": "n.__class__"}, "is not arithmetic"),
        ({"computing_units": "9 ** 9 ** 9"}, "the exponent .* is too large"),
        ({"computing_units": "'a' * n"}, "is not arithmetic"),
        ({"memory_size": "$NOPE"}, "the environment variable NOPE is not set"),
        ({"app_software": "$NOPE"}, "the environment variable NOPE is not set"),
        ({"processors": [{"computingUnits": "many"}]}, "'many' is not a number"),
        ({"processors": [{}, {}], "computing_units": 3}, "it has 2 CPUs"),
        ({"processors": [{}], "processor_speed": 3}, "write processor_speed into the dicts of processors"),
    ],
)
def test_a_value_without_meaning_names_task_key_and_value(given, reason):
    with pytest.raises(PyCOMPSsException, match=reason) as caught:
        requirement(given=given)
    message = str(caught.value)
    assert f"constrained.<locals>.f ({__file__}:" in message
    assert "@constraint(" in message


def test_the_result_of_a_task_is_no_number_yet():
    with pytest.raises(PyCOMPSsException, match="n is the result of a task, not known before it has run"):
        requirement(Future(None, None), given={"computing_units": "n"})


@pytest.mark.parametrize("given", [{"computing_units": 3}, {"processors": [{"type": "GPU"}], "storage_bw": 3}])
def test_a_requirement_travels_between_processes(given):
    need = requirement(given=given)
    assert constraints.from_wire(marshal.loads(marshal.dumps(constraints.to_wire(need, 3, 2)))) == (need, 3, 2)
