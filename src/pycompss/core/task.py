"""What the decorator says (`Definition`) and what a call makes of it (`Invocation`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any, Final

from pycompss.core.parameter import Direction, Spec


class Policy(IntEnum):
    """What happens when a task fails (`on_failure`)."""

    RETRY = 0
    FAIL = 1
    IGNORE = 2
    CANCEL_SUCCESSORS = 3


class Returns(IntEnum):
    """Which form the `returns` argument of a task has (programming model, section 6.1)."""

    INFERRED = 0  # nothing declared: from the annotation or the source
    FIXED = 1  # a number of values; `Definition.return_types` may say which
    GLOBAL = 2  # the name of a global of the function's module, read at every call
    VALUE_OF = 3  # "value_of(p.a)": a number taken from an argument
    ARGUMENT = 4  # "{{p}}": the object passed for p


@dataclass(slots=True, eq=False)
class Definition:
    """A task type: the function and everything its decorators say about it.

    One per decorated function and per class that inherits it; mutable while decorators are applied, constant from the
    first call on.
    """

    function: Callable[..., Any]
    name: str  # "module.qualified_name", as it appears in graphs and messages
    # -- the signature, compiled once
    parameters: tuple[str, ...] = ()  # names of the positional-or-keyword parameters, "self"/"cls" included
    defaults: tuple[Any, ...] = ()  # of the last parameters, as in function.__defaults__
    keyword_only: Mapping[str, Any] = field(default_factory=dict)  # name -> default, or `REQUIRED`
    varargs: str | None = None
    varkw: str | None = None
    # -- what @task says
    specs: dict[str, Spec] = field(default_factory=dict)  # by parameter name, only those that were given
    varargs_spec: Spec = field(default_factory=Spec)
    target_direction: Direction = Direction.INOUT  # of `self`
    returns: Returns = Returns.INFERRED
    return_count: int | None = None  # FIXED: how many; INFERRED: filled at the first call
    return_types: tuple[type | None, ...] = ()  # declared classes, for placeholders
    returns_text: str = ""  # GLOBAL, VALUE_OF, ARGUMENT: the expression
    returns_list: bool = False  # the call gives a list of futures, else a single one
    priority: bool = False
    policy: Policy = Policy.RETRY
    failure_defaults: dict[str, Any] = field(default_factory=dict)  # "returns" and parameters, used on IGNORE
    time_out: float = 0.0  # seconds; 0 = none
    is_distributed: bool = False
    is_replicated: bool = False
    computing_nodes: Any = 1
    processes_per_node: Any = 1
    is_reduce: bool = False
    chunk_size: Any = 0
    alternatives: list[Definition] = field(default_factory=list)  # other versions of it, by `@implement`
    is_io: bool = False  # it takes an I/O executor instead of computing units
    unexpected: tuple[str, ...] = ()  # decorator arguments to warn about at every call
    # -- what @constraint says, keys normalised ("computing_units", "memory_size", …), values as given
    constraints: dict[str, Any] = field(default_factory=dict)
    # -- how the worker runs it: "python", or the name of a launcher with its options
    launcher: str = "python"
    options: dict[str, Any] = field(default_factory=dict)
    # -- where it was declared, for messages
    file: str = ""
    line: int = 0
    # -- the runtime's own notes about this type (compiled call plan, number of the type, mean duration)
    number: int = -1
    plan: Any = None
    statistics: Any = None
    signature: Any = None  # `runtime.binding`: how calls bind
    requirements: Any = None  # `runtime.constraints`: values that are the same at every call, or how to compute them
    is_handed: bool = True  # as far as is known, all that it makes is small enough to be handed from worker to worker

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """Everything travels but the runtime's own notes."""
        return None, {name: getattr(self, name) for name in _TRAVELLING} | _NOTES


_NOTES: dict[str, Any] = {
    "number": -1,
    "plan": None,
    "statistics": None,
    "signature": None,
    "requirements": None,
    "is_handed": True,
}
_TRAVELLING = tuple(entry.name for entry in fields(Definition) if entry.name not in _NOTES)


class _Required:
    def __repr__(self) -> str:
        return "<required>"

    def __reduce__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()


class State(IntEnum):
    """Where a task stands.

    The hot path uses the names below: an attribute of an enumeration costs ten times as much as a global (Python 3.10,
    3.11), and a task would cost twenty of them.
    """

    PENDING = 0  # waits for data
    READY = 1  # could run, waits for a node
    ASSIGNED = 2  # on its way to, or in, a worker
    WAITING = 3  # inside a worker, waiting for tasks of its own; its units are lent
    DONE = 4
    FAILED = 5
    CANCELLED = 6


STATE_PENDING: Final = State.PENDING
STATE_READY: Final = State.READY
STATE_ASSIGNED: Final = State.ASSIGNED
STATE_WAITING: Final = State.WAITING
STATE_DONE: Final = State.DONE
STATE_FAILED: Final = State.FAILED
STATE_CANCELLED: Final = State.CANCELLED
