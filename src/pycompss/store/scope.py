"""What a function's code needs around it: globals by name, and sub-modules of the packages it uses."""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType, ModuleType
from typing import Any

_READING = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})  # LOAD_NAME: bodies of classes


@lru_cache(maxsize=4096)
def global_names(code: CodeType) -> tuple[str, ...]:
    """Globals that the code, or code nested in it, reads; in order of appearance."""
    return tuple(dict.fromkeys(_walk(code)))


def _walk(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in _READING:
            yield instruction.argval
    for nested in _nested(code):
        yield from global_names(nested)


def _nested(code: CodeType) -> Iterator[CodeType]:
    return (constant for constant in code.co_consts if isinstance(constant, CodeType))


def submodules(code: CodeType, values: list[Any]) -> list[str]:
    """Sub-modules that the code reaches as attributes of the packages among `values` (`os.path` of `os`)."""
    attributes = _attributes(code)
    packages = [value.__name__ for value in values if isinstance(value, ModuleType) and hasattr(value, "__path__")]
    return [
        name
        for package in packages
        for name in list(sys.modules)
        if name.startswith(package + ".") and attributes.issuperset(name[len(package) + 1 :].split("."))
    ]


@lru_cache(maxsize=4096)
def _attributes(code: CodeType) -> frozenset[str]:
    return frozenset(code.co_names).union(*(_attributes(nested) for nested in _nested(code)))
