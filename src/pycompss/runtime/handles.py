"""What master and workers both know about data that tasks of tasks share."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from pycompss.core.task import Definition, Policy

LOCAL: Final = 1 << 40  # handles from here on were made by workers, negative ones by the program
FUTURE: Final = 2  # tag of a returned value that is a future: (FUTURE, handle)


class Card(NamedTuple):
    """What the master must know about a task type that only a worker has."""

    name: str
    parameters: tuple[str, ...]
    policy: int
    priority: bool
    replicated: bool
    distributed: bool
    time_out: float


def card_of(definition: Definition, policy: Policy) -> Card:
    return Card(
        definition.name,
        definition.parameters,
        int(policy),
        definition.priority,
        definition.is_replicated,
        definition.is_distributed,
        float(definition.time_out),
    )


def rebuild_future(handle: int) -> Any:
    """A future in the process that unpickles it."""
    from pycompss.runtime import current  # noqa: PLC0415
    from pycompss.runtime.future import Future  # noqa: PLC0415

    caller: Any = current.get()
    return Future(caller.adopt(handle), caller)
