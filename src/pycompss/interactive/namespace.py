"""Values in place of the futures that are left among a user's variables."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from pycompss.errors import PyCOMPSsException
from pycompss.runtime.caller import Caller

_OF_THE_SHELL = frozenset({"In", "Out"})  # IPython's histories
_NEVER = (ModuleType, FunctionType, type)


def synchronise(caller: Caller, variables: dict[str, Any]) -> list[PyCOMPSsException]:
    """Replace futures, objects that tasks changed, and lists and dicts with such things, by their values.

    A variable whose task failed keeps its future, and the failure is printed. Returns failures of other tasks of which
    nobody was told.
    """
    untold = settle(caller)
    for name, value in list(variables.items()):
        if name.startswith("_") or name in _OF_THE_SHELL or isinstance(value, _NEVER):
            continue
        try:
            present = caller.wait_on(value)
        except PyCOMPSsException as error:
            print(f"Found a future object: {name}, whose task failed: {error.message}")
            untold = [other for other in untold if other.message != error.message]
            continue
        if not is_same(value, present):
            print(f"Found a future object: {name}")
            variables[name] = present
    return untold


def settle(caller: Caller) -> list[PyCOMPSsException]:
    """Wait for all tasks; the failures of which nobody was told, each of which is raised once."""
    untold: list[PyCOMPSsException] = []
    wait: Callable[[], object] = getattr(caller, "wait_idle", lambda: None)  # no barrier of the program's
    while True:
        try:
            wait()
        except PyCOMPSsException as error:
            untold.append(error)
        else:
            return untold


def is_same(before: Any, after: Any) -> bool:
    """Whether waiting changed nothing: it copies lists and dicts, but leaves what is in them."""
    if before is after:
        return True
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(is_same, before, after))
    if isinstance(before, dict) and isinstance(after, dict):
        return is_same(list(before), list(after)) and is_same(list(before.values()), list(after.values()))
    return False
