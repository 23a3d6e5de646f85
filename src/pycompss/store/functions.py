"""Functions by value: the code travels, and the function wakes up in the namespace it belongs to.

A function of the main file gets the one namespace that stands for the main file in a worker, so that all functions of
the program share globals as they do in a real module; a function that is nested in an importable module gets that
module's. Cells are pickled as objects of their own, so that closures which share a variable go on sharing it.
"""

from __future__ import annotations

import functools
import importlib
import marshal
from collections.abc import Callable
from types import CellType, FunctionType
from typing import Any

from pycompss.store import current

Binding = tuple[str, int]  # a global's name, and the serial number of what it means


def reduce_function(
    function: FunctionType, home: str, serial: int, bindings: tuple[Binding, ...], imports: list[str]
) -> Any:
    """By value. `serial`: its number if it is being defined, else 0. The rest is what its code needs in `home`."""
    code = marshal.dumps(function.__code__)
    state = {
        "attributes": dict(vars(function)),
        "bindings": bindings,
        "imports": imports,
        "slots": {name: getattr(function, name) for name in _SLOTS if _has(function, name)},
    }
    arguments = (home, serial, code, function.__name__, function.__closure__)
    return make_function, arguments, state, None, None, fill_function


_SLOTS = ("__defaults__", "__kwdefaults__", "__doc__", "__module__", "__qualname__", "__annotations__")


def _has(function: FunctionType, name: str) -> bool:
    try:
        return getattr(function, name) is not None
    except Exception:  # noqa: BLE001  (Python 3.14 evaluates annotations when asked; they may not be ready)
        return False


def make_function(home: str, serial: int, code: bytes, name: str, cells: tuple[CellType, ...] | None) -> FunctionType:
    """The function without its state; known under `serial` from now on."""
    names = current.get()
    namespace = names.namespace if home == "__main__" else importlib.import_module(home).__dict__
    function = FunctionType(marshal.loads(code), namespace, name, None, cells)
    return names.register(serial, function) if serial else function


def fill_function(function: FunctionType, state: dict[str, Any]) -> None:
    """Give a function its state, and bind what its code needs."""
    for name, value in state["slots"].items():
        setattr(function, name, value)
    function.__dict__.update(state["attributes"])
    names = current.get()
    names.bind(state["bindings"])
    names.import_all(state["imports"])


def reduce_cell(cell: CellType) -> Any:
    """A closure's variable."""
    try:
        return CellType, (), (cell.cell_contents,), None, None, fill_cell
    except ValueError:  # not assigned yet
        return CellType, ()


def fill_cell(cell: CellType, state: tuple[Any]) -> None:
    (cell.cell_contents,) = state


def innermost(decorated: Any) -> Any:
    """The user's function in a task, also below wrappers; None if there is no task."""
    for _ in range(_DEEPEST):
        definition = getattr(decorated, "definition", None)
        function = getattr(definition, "function", None)
        if function is not None:
            return function
        decorated = getattr(decorated, "__wrapped__", None)
        if decorated is None:
            break
    return None


_DEEPEST = 20  # wrappers


def find(namespace: dict[str, Any], qualified_name: str) -> tuple[Any, Any]:
    """What a qualified name leads to, and the class that holds it (None at the top level); (None, None) if nothing.

    Attributes of classes are taken as they are stored, except that static and class methods give their function.
    """
    owner: Any = None
    first, *rest = qualified_name.split(".")
    found = namespace.get(first)
    for name in rest:
        if not isinstance(found, type):
            return None, None
        owner, found = found, stored(found, name)
    return found, owner


def stored(owner: type, name: str) -> Any:
    """An attribute of a class as it is stored; the function of a static or class method."""
    for cls in owner.__mro__:
        if name in cls.__dict__:
            found = cls.__dict__[name]
            return found.__func__ if isinstance(found, (staticmethod, classmethod)) else found
    return None


def from_module(module: str, qualified_name: str) -> Any:
    """The user's function that a task of an importable module holds. Raises ImportError, AttributeError."""
    found, _ = find(importlib.import_module(module).__dict__, qualified_name)
    if found is None:
        raise AttributeError(f"module {module} has no {qualified_name}, which a task needs")
    return innermost(found) or found


def reduce_cached(value: Any) -> Any:
    """A function wrapped by functools.lru_cache: with an empty cache."""
    return cached, (value.__wrapped__, value.cache_parameters())


def cached(function: Callable[..., Any], parameters: dict[str, Any]) -> Any:
    return functools.lru_cache(**parameters)(function)


def reduce_cached_property(value: Any) -> Any:
    """functools.cached_property holds a lock before Python 3.12."""
    return cached_property, (value.func, value.attrname, value.__doc__)


def cached_property(function: Callable[..., Any], name: str | None, doc: str | None) -> Any:
    made = functools.cached_property(function)
    made.attrname, made.__doc__ = name, doc
    return made
