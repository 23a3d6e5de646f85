"""Keywords that a task call understands besides the parameters of its function.

`f(x, returns=3)` says how many values this call gives; the function never sees `returns`, unless it has a parameter of
that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pycompss.core.task import Definition

CALL_KEYWORDS = frozenset(
    {"returns", "computing_nodes", "processes_per_node", "on_failure", "defaults", "is_reduce", "chunk_size"}
)


def split(definition: Definition, kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What belongs to the function, and what to the call."""
    own: dict[str, Any] = {}
    overrides: dict[str, Any] = {}
    for name, value in kwargs.items():
        mine = name not in CALL_KEYWORDS or name in definition.parameters or name in definition.keyword_only
        (own if mine else overrides)[name] = value
    return own, overrides


def unexpected_lines(definition: Definition) -> str:
    """What to print on stderr at every call of a task whose decorator has arguments that nobody knows; may be empty."""
    return "".join(
        f"WARNING: Unexpected argument: {name} Found in @task decorator.\n"
        f"         {definition.name} ({definition.file}:{definition.line}) ignores it.\n"
        for name in definition.unexpected
    )
