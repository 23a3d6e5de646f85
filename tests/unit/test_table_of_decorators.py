"""The tables of decorators and of constraints are complete: each argument and key names the test that uses it."""

from __future__ import annotations

import importlib
import re
from typing import NamedTuple

import pytest

from pycompss.api.definition import _SETTERS
from pycompss.api.kind import KindOfTask
from pycompss.runtime.constraint_keys import KEYS, PROCESSOR_KEYS, plain
from tests.support.launch import REPOSITORY
from tests.support.named_tests import Named, given_in, named_in, names_in

DOCS = REPOSITORY / "docs"
FOUR = ("julia", "ompss", "opencl", "decaf")
# As the programming model lists them (section 11.2), with the decorators of section 11.4.
ARGUMENTS = {
    "binary": "binary working_dir args fail_by_exit_value",
    "mpi": "runner binary processes processes_per_node scale_by_cu flags working_dir args fail_by_exit_value _layout",
    "mpmd_mpi": "runner programs working_dir processes_per_node fail_by_exit_value",
    "multinode": "computing_nodes",
    "ompss": "binary working_dir computing_nodes fail_by_exit_value",
    "opencl": "kernel working_dir",
    "decaf": "df_script df_executor df_lib runner working_dir computing_nodes fail_by_exit_value",
    "julia": "script executor args working_dir fail_by_exit_value computing_nodes",
    "compss": "app_name runcompss flags worker_in_master computing_nodes working_dir fail_by_exit_value",
    "container": "engine image options",
    "software": "config_file",
    "http": "service_name resource request payload payload_type produces updates",
    "implement": "source_class method",
    "on_failure": "management returns",
    "reduction": "chunk_size is_reduce",
    "prolog": "binary args fail_by_exit_value",
    "epilog": "binary args fail_by_exit_value",
    "dt": "target function type destination size is_workflow",
    "dto": "",
    "constraint": "",
    "IO": "",
    "local": "",
}
ALSO = {"_layout": "rows_layout", "DTObject": "dto"}  # what a test may say in their place
NO_SUCH = {("opencl", "computing_nodes")}  # the row of four decorators has it; the programming model does not


class Row(NamedTuple):
    decorators: tuple[str, ...]
    arguments: tuple[str, ...]
    tests: tuple[Named, ...]


def rows() -> list[Row]:
    found: list[Row] = []
    table = (DOCS / "kinds-of-task.md").read_text().partition("| decorator | argument |")[2].partition("\n\n")[0]
    for line in table.splitlines()[2:]:
        first, arguments, _, tests = line.strip("|").split("|")
        names = tuple(re.findall(r"`@?(\w+)`", first)) or (FOUR if "these four" in first else found[-1].decorators)
        words = tuple(name.removeprefix("<parameter>") for name in re.findall(r"`([^`]+)`", arguments))
        found.append(Row(names, words, tuple(named_in(tests, DOCS))))
    return found


def keys() -> dict[str, list[Named]]:
    """The keys of constraints, and the tests that their rows name."""
    found: dict[str, list[Named]] = {}
    for heading in ("## Keys", "### One processor"):
        table = (DOCS / "constraints.md").read_text().partition(heading)[2].partition("\n## ")[0].partition("\n### ")[0]
        for line in table.splitlines():
            if line.startswith("| `"):
                first, *_, last = line.strip("|").split("|")
                found.update({key: named_in(last, DOCS) for key in re.findall(r"`(\w+)`", first)})
    return found


ROWS = rows()
USED = [
    (decorator, argument, row.tests)
    for row in ROWS
    for decorator in row.decorators
    for argument in row.arguments or ("",)
]


def of(decorator: str, argument: str) -> list[Row]:
    return [row for row in ROWS if decorator in row.decorators and (not argument or argument in row.arguments)]


@pytest.mark.parametrize("decorator", ARGUMENTS)
def test_every_argument_of_the_programming_model_has_a_row_with_a_test(decorator: str) -> None:
    for argument in ARGUMENTS[decorator].split() or [""]:
        assert [test for row in of(decorator, argument) for test in row.tests], f"@{decorator}({argument}) has no test"


@pytest.mark.parametrize(
    ("decorator", "argument", "tests"), USED, ids=lambda value: value if isinstance(value, str) else "tests"
)
def test_the_tests_of_a_row_use_the_decorator_and_the_argument(
    decorator: str, argument: str, tests: tuple[Named, ...]
) -> None:
    assert [test for test in tests if not test.exists] == []
    names = {decorator, ALSO.get(decorator, decorator)}
    assert [test for test in tests if names.isdisjoint(names_in(test))] == []
    if argument and (decorator, argument) not in NO_SUCH:
        wanted = plain(ALSO.get(argument, argument))
        assert wanted in {plain(name) for test in tests for name in given_in(test)}


def test_every_row_has_a_test() -> None:
    assert [row for row in ROWS if not row.tests] == []


@pytest.mark.parametrize(
    "decorator", sorted(ARGUMENTS.keys() - {"on_failure", "dt", "dto", "reduction", "constraint", "local"})
)
def test_every_argument_that_the_code_knows_has_a_row(decorator: str) -> None:
    kind = getattr(importlib.import_module(f"pycompss.api.{decorator}"), decorator)
    assert issubclass(kind, KindOfTask)
    assert [name for name in {**kind.mandatory, **kind.optional} if not of(decorator, name)] == []


def test_every_argument_of_task_has_a_row_with_tests_that_use_it() -> None:
    table = (DOCS / "kinds-of-task.md").read_text().partition("| argument of `@task` |")[2].partition("\n\n")[0]
    found: dict[str, list[Named]] = {}
    for line in table.splitlines()[2:]:
        arguments, _, tests = line.strip("|").split("|")
        found.update({name: named_in(tests, DOCS) for name in re.findall(r"`(\w+)`", arguments)})
    assert found.keys() == {name for name in _SETTERS if name != "isModifier"}
    for name, named in found.items():
        assert named, name
        assert [test for test in named if not test.exists or "task" not in names_in(test)] == []
        assert name in {given for test in named for given in given_in(test)}, name


def test_every_key_of_a_constraint_has_a_row() -> None:
    of_processors = {plain(key) for key in PROCESSOR_KEYS} - {"type"} | {"processortype"}
    assert {plain(key) for key in keys()} == {plain(key) for key in KEYS} | of_processors


@pytest.mark.parametrize("key", keys())
def test_the_tests_of_a_key_use_it(key: str) -> None:
    tests = keys()[key]
    assert tests
    assert [test for test in tests if not test.exists or "constraint" not in names_in(test)] == []
    assert plain(key) in {plain(name) for test in tests for name in given_in(test)}


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_every_test_that_a_page_names_is_there(page: str) -> None:
    assert [test for test in named_in((DOCS / page).read_text(), DOCS) if not test.exists] == []
