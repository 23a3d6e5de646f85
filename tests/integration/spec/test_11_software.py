"""Programming model, section 11.4: `@software`, whose file says what the task is."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from pycompss.api.api import compss_barrier, compss_open, compss_wait_on
from pycompss.api.parameter import FILE_OUT_STDOUT, IN
from pycompss.api.software import software
from pycompss.api.task import TaskFunction, task
from pycompss.errors import PyCOMPSsException, TaskWarning, UnschedulableTask
from tests.support.service import serving

FILE = Path(__file__).name


@pytest.fixture
def describe(folder: Path):
    """`describe(execution={…}, …)`: the file `tool.json`."""

    def write(**sections: Any) -> None:
        (folder / "tool.json").write_text(json.dumps(sections))

    return write


@software(config_file="tool.json")
def append(x):
    x.append(1)
    return len(x)


@software(config_file="tool.json")
@task(out=FILE_OUT_STDOUT)
def say(word, out):
    pass


def shown(path: str = "out") -> str:
    with compss_open(path) as file:
        return file.read()


def test_a_function_becomes_a_task_with_the_parameters_of_the_file(local, describe):
    describe(execution={"type": "task"}, parameters={"x": "INOUT", "returns": 1})
    x: list[int] = []
    future = append(x)
    assert repr(future).startswith("<")
    assert x == []
    assert compss_wait_on(future) == 1
    assert compss_wait_on(x) == [1]


def test_an_unknown_type_is_an_error_at_the_first_call(local, describe):
    describe(execution={"type": "nonsense"})
    with pytest.raises(
        PyCOMPSsException, match=r"tool\.json: unknown type of execution 'nonsense'; possible are task,"
    ):
        append([])


def test_the_file_is_read_at_each_call(local, describe):
    describe(execution={"type": "binary", "binary": "echo"})
    say("one", "out")
    assert shown() == "one\n"
    describe(execution={"type": "binary", "binary": "echo", "args": "{{word}}!"})
    say("two", "out2")
    assert shown("out2") == "two!\n"


def test_a_workflow_is_an_ordinary_call(local, describe):
    describe(execution={"type": "workflow"}, parameters={"x": "INOUT"})
    x: list[int] = []
    assert append(x) == 1
    assert x == [1]


def test_without_a_type_it_is_a_task_with_a_warning(local, describe):
    describe(parameters={"x": "INOUT", "returns": 1})
    with pytest.warns(TaskWarning, match=r"tool\.json does not say the type of execution"):
        assert compss_wait_on(append([])) == 1


def test_everything_that_a_program_could_say_may_stand_in_the_file(local, describe, folder):
    @software(config_file="$TOOL")
    def tool(word, log):
        pass

    describe(
        execution={"type": "binary", "binary": "sh", "args": "-c 'echo {{word}} $COMPSS_NUM_THREADS >> {{log}}'"},
        parameters={"log": {"Type": "FILE_INOUT", "Weight": "2.0"}},
        constraints={"computing_units": 2},
        prolog={"binary": "sh", "args": "-c 'echo before >> {{log}}'"},
        epilog={"binary": "sh", "args": "-c 'echo after >> {{log}}'"},
    )
    Path("log").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOOL", str(folder / "tool.json"))
        tool("within", "log")
    assert shown("log") == "before\nwithin 2\nafter\n"


@pytest.mark.parametrize(
    ("execution", "error", "reason"),
    [
        ({"type": "multinode", "computing_nodes": 2}, UnschedulableTask, "asks for 2 nodes"),
        ({"type": "compss", "app_name": "a.py", "computing_nodes": 2}, UnschedulableTask, "asks for 2 nodes"),
    ],
)
def test_other_kinds_are_their_decorators(local, describe, execution, error, reason):
    describe(execution=execution)
    with pytest.raises(error, match=reason):
        append([])


def test_a_wrong_argument_names_the_file_that_has_it(local, describe):
    describe(execution={"type": "binary", "binary": 3})
    with pytest.raises(PyCOMPSsException, match=r"Exception: \S*tool\.json: @binary\(binary=3\): it is (.*\n).*append"):
        append([])


def test_a_missing_argument_names_the_file(local, describe):
    describe(execution={"type": "binary"})
    with pytest.raises(PyCOMPSsException, match=r"tool\.json: The argument binary is mandatory(.*\n).*append"):
        append([])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            '{"execution": {\n  "type": }}',
            r"tool\.json:2:11: Expecting value\n  @software of task .*append \(.*\.py:\d+\), called from \S+:\d+$",
        ),
        ("[]", r"tool\.json: it is one object with"),
        ('{"execution": []}', r"tool\.json: it is one object with"),
        ('{"parameters": {"x": "SIDEWAYS"}}', r"tool\.json: parameter 'x': 'SIDEWAYS' is no type or direction"),
        ('{"parameters": {"x": {"Typ": "IN"}}}', r"tool\.json: parameter 'x': unknown key 'typ'"),
        (
            '{"constraints": {"computing_unit": 1}}',
            r"tool\.json: task .*append \(.*test_11_software\.py:\d+\), @constraint\(.*unknown key 'computing_unit'",
        ),
        ("\ufffe", r"tool\.json"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*does not say the type")
def test_a_file_that_makes_no_sense_is_named_with_the_place(local, folder, text, reason):
    (folder / "tool.json").write_text(text)
    with pytest.raises(PyCOMPSsException, match=reason):
        append([])


@pytest.mark.parametrize("name", ["a\0b.json", "\ud800.json", ".", ""])
def test_what_is_no_name_of_a_file_is_told(local, name):
    described = software(config_file=name)(task()(lambda x: x))
    with pytest.raises(
        PyCOMPSsException, match=r"cannot be read: .*\n  @software of task .*, called from test_11_softw"
    ):
        described([])


def test_a_file_that_is_not_there_is_named(local):
    with pytest.raises(PyCOMPSsException, match=r"tool\.json cannot be read: .*No such file(.*\n).*append"):
        append([])


def test_unknown_sections_are_reported(local, describe):
    describe(execution={"type": "task"}, parameters={"x": "IN", "returns": 1}, container_={})
    with pytest.warns(TaskWarning, match="container_ has no meaning"):
        assert compss_wait_on(append([])) == 1


def test_an_argument_that_nobody_knows_is_reported_once_with_file_task_and_call(local, describe, capsys):
    describe(execution={"type": "binary", "binary": "echo", "wordz": 1}, parameters={"out": "FILE_OUT_STDOUT"})
    for word in ("one", "two"):
        say(word, word)
    assert (shown("one"), shown("two")) == ("one\n", "two\n")
    said = capsys.readouterr().err
    assert said.count("WARNING: Unexpected argument: wordz Found in @binary decorator.\n") == 1
    assert re.search(r"tool\.json, @software of task .*say \(.*\.py:\d+\), called from \S+\.py:\d+ ignores", said)


def test_a_parameter_that_nobody_has_is_reported_with_file_task_and_call(local, describe):
    describe(execution={"type": "task"}, parameters={"y": "IN", "returns": 1})
    with pytest.warns(TaskWarning, match=r"tool\.json: y is no parameter, .*\n.*append \(.*\), called from test_11_s"):
        assert compss_wait_on(append([])) == 1


def test_errors_of_a_call_name_the_file_and_the_line_of_the_call(local, describe):
    describe(execution={"type": "task"}, constraints={"computing_units": "cores + 1"})
    line = sys._getframe().f_lineno + 2
    with pytest.raises(PyCOMPSsException) as caught:
        append([])
    says = f"cores is neither an argument of the call nor a global of its module (called from {FILE}:{line})"
    assert says in caught.value.message
    assert re.search(rf"described in tool\.json, @software of .*append .*called from {FILE}:{line}$", str(caught.value))
    describe(execution={"type": "task"}, constraints={"computing_units": 99})
    with pytest.raises(UnschedulableTask, match=r"asks for 99 (.*\n)*.*described in tool\.json, @software of task"):
        append([])


def test_methods_and_travelling(local, describe):
    class C:
        n = 5

        @software(config_file="tool.json")
        def m(self, x):
            return self.n + x

    describe(execution={"type": "task"}, parameters={"returns": 1, "self": "IN"})
    assert compss_wait_on(C().m(2)) == 7
    copy = cloudpickle.loads(cloudpickle.dumps(C.__dict__["m"]))
    assert isinstance(copy, TaskFunction)
    assert copy.file == "tool.json"

    @task(returns=1)
    def outer(path):
        os.chdir(path)
        return compss_wait_on(append([1, 2]))

    describe(execution={"type": "task"}, parameters={"returns": 1})
    assert compss_wait_on(outer(os.getcwd())) == 3
    compss_barrier()


def test_in_sequence_the_function_is_called(inline):
    x: list[int] = []
    assert append(x) == 1
    assert x == [1]


def test_a_request_to_a_service_is_described_by_the_file(local, describe):
    with serving() as service:
        service.says("/sum", {"total": 6, "of": [1, 2]})
        describe(
            execution={
                "type": "http",
                "service_name": service.url,
                "resource": "sum",
                "request": "POST",
                "payload": {"numbers": "{{x}}"},
                "produces": {"total": "{{return_0}}"},
                "updates": "{{x}}.0 = {{return_0}}",
            },
            parameters={"x": "INOUT", "returns": 1},
        )
        x = [1, 2, 3]
        assert compss_wait_on(append(x)) == 6
        assert compss_wait_on(x) == [6, 2, 3]
        assert service.asked[0].json == {"numbers": [1, 2, 3]}


def test_the_parameters_of_the_file_win(local, describe):
    @software(config_file="tool.json")
    @task(x=IN, returns=1)
    def f(x):
        x.append(1)
        return x

    x: list[int] = []
    describe(execution={"type": "task"}, parameters={"x": "INOUT"})
    f(x)
    assert compss_wait_on(x) == [1]
