"""Whatever an argument of a decorator is, it is taken, or refused in one message that names the place."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from pycompss.api.task import task
from pycompss.errors import PyCOMPSsException

GIVEN: dict[str, dict[str, Any]] = {  # what each needs
    "binary": {"binary": "true"},
    "compss": {"app_name": "app.py"},
    "container": {"engine": "docker", "image": "i"},
    "decaf": {"df_script": "flow.py"},
    "dt": {"target": "x", "function": str},
    "epilog": {"binary": "true"},
    "http": {"service_name": "s", "resource": "x", "request": "GET"},
    "IO": {},
    "julia": {"script": "s.jl"},
    "mpi": {"runner": "mpirun", "binary": "true"},
    "mpmd_mpi": {"runner": "mpirun", "programs": [{"binary": "true"}]},
    "multinode": {},
    "ompss": {"binary": "true"},
    "on_failure": {"management": "FAIL"},
    "opencl": {"kernel": "true"},
    "prolog": {"binary": "true"},
    "reduction": {},
    "software": {"config_file": "tool.json"},
}
MORE = {
    "dt": "type destination size is_workflow",
    "mpi": "x_layout",
    "on_failure": "returns x",
    "reduction": "chunk_size is_reduce",
}
VALUES = [None, 3, -1, 10**5000, 1.5, float("nan"), True, object(), "", " ", "\0", "a\0b", "\ud800", "{{x}}", "{{", "'",
          "$NOPE", "${", "a\r\nb", "x" * 100_000, ["x"], [], {}, {"a": 1}, b"x", (1, 2), [{"binary": 3}],
          {"block_count": -1}]  # fmt: skip
NAMES = re.compile(rf"{re.escape(Path(__file__).name)}:\d+|Unsupported on failure action")
LONGEST = 2_000  # characters of a message; a path of the program is in it


def arguments(decorator: str, kind: Any) -> set[str]:
    return {*GIVEN[decorator], *getattr(kind, "optional", ()), *MORE.get(decorator, "").split()}


def refusal(kind: Any, given: dict[str, Any]) -> str | None:
    try:
        kind(**given)(task(returns=1)(lambda x=1: x))
    except PyCOMPSsException as error:
        return error.message
    return None


@pytest.mark.parametrize("decorator", GIVEN)
def test_any_value_is_taken_or_refused_in_one_message_with_the_place(decorator: str) -> None:
    module = importlib.import_module(f"pycompss.api.{'data_transformation' if decorator == 'dt' else decorator}")
    kind = getattr(module, decorator)
    said = [refusal(kind, {**GIVEN[decorator], name: value}) for name in arguments(decorator, kind) for value in VALUES]
    messages = [message for message in said if message is not None]
    assert messages or decorator == "IO"
    assert [message for message in messages if not NAMES.search(message) or len(message) > LONGEST] == []
