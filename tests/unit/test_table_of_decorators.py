"""The table of decorators in `docs/kinds-of-task.md` is complete: each argument has a row with tests that use it."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from pycompss.api.kind import KindOfTask
from tests.support.launch import REPOSITORY

PAGE = REPOSITORY / "docs/kinds-of-task.md"
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
    "constraint": "",
    "IO": "",
    "local": "",
}


class Row(NamedTuple):
    decorators: tuple[str, ...]
    arguments: frozenset[str]
    tests: tuple[Path, ...]


def rows() -> list[Row]:
    found: list[Row] = []
    table = PAGE.read_text().partition("| decorator | argument |")[2].partition("\n\n")[0]
    for line in table.splitlines()[2:]:
        first, arguments, _, tests = line.strip("|").split("|")
        names = tuple(re.findall(r"`@(\w+)`", first)) or (FOUR if "these four" in first else found[-1].decorators)
        words = frozenset(name.removeprefix("<parameter>") for name in re.findall(r"`([^`]+)`", arguments))
        found.append(Row(names, words, tuple(PAGE.parent / link for link in re.findall(r"\]\(([^)#]+)\)", tests))))
    return found


ROWS = rows()


def of(decorator: str, argument: str) -> list[Row]:
    return [row for row in ROWS if decorator in row.decorators and (not argument or argument in row.arguments)]


def with_its_tasks(test: Path) -> str:
    """The text of a test, and of the module of tasks that it imports from beside it."""
    text = test.read_text()
    beside = re.findall(r"^from tests\.integration\.spec import (\w+)$", text, re.MULTILINE)
    return "".join([text, *((test.parent / f"{name}.py").read_text() for name in beside)])


@pytest.mark.parametrize("decorator", ARGUMENTS)
def test_every_argument_of_the_programming_model_has_a_row_with_a_test_that_uses_it(decorator: str) -> None:
    for argument in ARGUMENTS[decorator].split() or [""]:
        tests = [path for row in of(decorator, argument) for path in row.tests]
        assert tests, f"@{decorator}({argument}) has no row with a test"
        assert [path for path in tests if not path.is_file()] == []
        text = "".join(map(with_its_tasks, tests))
        assert re.search(rf"\b{decorator}\b", text), f"no linked test has @{decorator}"
        assert argument in text, f"no linked test of @{decorator} has {argument}"


def test_every_row_has_a_test() -> None:
    assert [row for row in ROWS if not row.tests] == []


@pytest.mark.parametrize(
    "decorator", sorted(ARGUMENTS.keys() - {"on_failure", "dt", "reduction", "constraint", "local"})
)
def test_every_argument_that_the_code_knows_has_a_row(decorator: str) -> None:
    kind = getattr(importlib.import_module(f"pycompss.api.{decorator}"), decorator)
    assert issubclass(kind, KindOfTask)
    assert [name for name in {**kind.mandatory, **kind.optional} if not of(decorator, name)] == []
