"""What a task gives whose function ran in other processes: its value, and what became of the objects it may change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Elsewhere:
    """value: what the task returns; changed: (object as the task got it, as it is now), of its arguments."""

    value: Any
    changed: list[tuple[Any, Any]] = field(default_factory=list)


def in_place(value: Any) -> Any:
    """The value alone; the objects themselves are brought up to date. Raises TypeError for those that cannot be."""
    if type(value) is not Elsewhere:
        return value
    from pycompss.worker.launchers.inside import overwrite  # noqa: PLC0415  (few tasks need it)

    for old, new in value.changed:
        overwrite(old, new)
    return value.value
