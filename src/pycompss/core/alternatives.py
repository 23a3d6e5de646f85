"""Alternatives: a task that has several versions of its function; which one runs is decided when one can start.

A task may have other versions besides its own function: the same parameters, other constraints (`@implement`). A call
of such a task waits in a queue of its own; its requirement there is a `Choice`. When the call is the foremost, the
first of its versions that some node has room for now begins. The task's own function comes first, unless another
version is known to take less time. If none can start, room is kept for the first of those that some node could hold.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pycompss.core.resources import Requirement

if TYPE_CHECKING:
    from pycompss.core.invocation import Invocation
    from pycompss.core.task import Definition


class Alternative(NamedTuple):
    """One version, ready to run a certain call; `payload` is opaque, as in `Invocation`."""

    definition: Definition
    requirement: Requirement
    payload: Any


@dataclass(frozen=True, slots=True)
class Choice(Requirement):
    """What a call asks for as long as it may be met in several ways: at first sight, what its first version asks."""

    others: tuple[Requirement, ...] = ()


def offer(task: Invocation, versions: Iterable[Alternative], can_ever_run: Callable[[Requirement], bool]) -> bool:
    """Leave the choice among those versions that some node could hold; False if there are none.

    A task that goes to given nodes, each in turn or all of them, is the first of them everywhere.
    """
    possible = tuple(version for version in versions if can_ever_run(version.requirement))
    if not possible:
        return False
    given = task.definition
    become(task, possible[0])
    if given.is_distributed or given.is_replicated:
        task.definition = copy.copy(task.definition)  # called by its own name, the version goes anywhere
        task.definition.is_distributed, task.definition.is_replicated = given.is_distributed, given.is_replicated
    elif len(possible) > 1:
        first, *others = (version.requirement for version in possible)
        task.alternatives = possible
        task.requirement = Choice(first.units, first.memory, first.equipment, tuple(others))
    return True


def become(task: Invocation, version: Alternative) -> None:
    """The task is that version from now on, also when it is tried again."""
    task.definition, task.requirement, task.payload = version
    task.alternatives = ()


def by_preference(versions: Iterable[Alternative]) -> list[Alternative]:
    """Those that are known to be faster than the first come before it, the fastest first."""
    versions = list(versions)
    usual = versions[0].definition.statistics

    def seconds(version: Alternative) -> float:
        measured = version.definition.statistics
        return measured if usual is not None and measured is not None and measured < usual else math.inf

    return sorted(versions, key=seconds)
