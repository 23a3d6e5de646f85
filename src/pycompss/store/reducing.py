"""Which way functions, classes and what wraps them go: by name where another process finds them, else by value."""

from __future__ import annotations

import sys
from functools import _lru_cache_wrapper, cached_property
from types import CellType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from cloudpickle import cloudpickle

from pycompss.store.classes import reduce_class
from pycompss.store.definitions import Scope, is_itself, is_nameable
from pycompss.store.functions import (
    find,
    from_module,
    innermost,
    reduce_cached,
    reduce_cached_property,
    reduce_cell,
    reduce_function,
    stored,
)
from pycompss.store.scope import global_names, submodules

if TYPE_CHECKING:
    from pycompss.store.names import MainNames

_ODD_TYPES = frozenset({type(None), type(...), type(NotImplemented), *cloudpickle._BUILTIN_TYPE_NAMES})  # noqa: SLF001


def reduce(value: Any, names: MainNames, scope: Scope) -> Any:
    """For a pickler's `reducer_override`: NotImplemented leaves the value to cloudpickle."""
    kind = type(value)
    if kind is FunctionType:
        return _function(value, names, scope)
    if issubclass(kind, type):
        return _class(value, names, scope)
    if kind is CellType:
        return reduce_cell(value)
    if kind is cached_property:
        return reduce_cached_property(value)
    if kind is ModuleType or isinstance(value, ModuleType):
        return _module(value, names)
    return _wrapper(value, names, scope) if is_nameable(value) else NotImplemented


def _function(function: FunctionType, names: MainNames, scope: Scope) -> Any:
    if not _is_of_main(function, names):
        return _function_of_module(function)
    if function is not scope.owner or scope.is_part:
        serial = names.known(function)
        found, owner = (function, None) if serial else find(names.namespace, function.__qualname__)
        if found is function:
            by_name = _by_name(function, owner, names, scope)
            if by_name is not None:
                return by_name
        elif found is not None and innermost(found) is function and _is_elsewhere(found, owner, names, scope):
            return innermost, (found,)
    return by_value(function, names, scope)


def by_value(function: FunctionType, names: MainNames, scope: Scope) -> Any:
    """A function of the main file, with the numbers of the globals it reads."""
    is_definition = function is scope.owner and not scope.is_part
    bindings = names.bindings(function.__code__, scope)
    values = [names.namespace[name] for name in global_names(function.__code__) if name in names.namespace]
    imports = submodules(function.__code__, values)
    return reduce_function(function, "__main__", scope.serial if is_definition else 0, bindings, imports)


def _is_of_main(function: FunctionType, names: MainNames) -> bool:
    return function.__globals__ is names.namespace


def _by_name(value: Any, owner: Any, names: MainNames, scope: Scope) -> Any:
    """A reference to what its qualified name leads to; None if that does not work here."""
    if owner is None:
        return names.refer(value, scope) if names.can_refer(value) else None
    if owner is scope.owner or not names.can_refer(owner):
        return None
    return stored, (owner, value.__qualname__.rpartition(".")[2])


def _is_elsewhere(found: Any, owner: Any, names: MainNames, scope: Scope) -> bool:
    """Whether a task has its own definition, apart from the one that is being made."""
    if found is scope.owner or (owner is not None and owner is scope.owner):
        return False
    return names.can_refer(found if owner is None else owner)


def _function_of_module(function: FunctionType) -> Any:
    module = sys.modules.get(function.__module__ or "")
    if module is None or module.__name__ == "__main__":
        return NotImplemented
    found, _ = find(vars(module), function.__qualname__)
    if found is function:
        return NotImplemented
    if found is not None and innermost(found) is function:
        return from_module, (function.__module__, function.__qualname__)
    if function.__globals__ is vars(module) and getattr(module, "__spec__", None) is not None:
        imports = submodules(function.__code__, list(vars(module).values()))
        return reduce_function(function, function.__module__, 0, (), imports)
    return NotImplemented


def _class(cls: Any, names: MainNames, scope: Scope) -> Any:
    if cls is scope.owner and not scope.is_part:
        return reduce_class(cls, scope.serial, scope.absent)
    if names.known(cls) or (cls.__module__ == "__main__" and names.can_refer(cls)):
        return names.refer(cls, scope)
    if cls in _ODD_TYPES or cloudpickle._should_pickle_by_reference(cls):  # noqa: SLF001
        return NotImplemented
    return reduce_class(cls, 0, {})


def _module(module: ModuleType, names: MainNames) -> Any:
    if vars(module) is not names.namespace:
        return NotImplemented
    from pycompss.store.names import main_module  # noqa: PLC0415  (cyclic)

    return main_module, ()


def _wrapper(value: Any, names: MainNames, scope: Scope) -> Any:
    """A task, or what functools.lru_cache makes, or any other callable object around a function."""
    if value is scope.owner and not scope.is_part:
        return _registered(value, scope.serial)
    if names.known(value):
        return names.refer(value, scope)
    name = getattr(value, "__qualname__", None)
    if getattr(value, "__module__", None) != "__main__" or not isinstance(name, str):
        return NotImplemented
    found, owner = find(names.namespace, name)
    by_name = _by_name(value, owner, names, scope) if found is value else None
    if by_name is not None:
        return by_name
    return reduce_cached(value) if type(value) is _lru_cache_wrapper else NotImplemented


def _registered(value: Any, serial: int) -> Any:
    """What the object's own `__reduce__` says, but it is known under its number as soon as it exists."""
    reduced = reduce_cached(value) if type(value) is _lru_cache_wrapper else value.__reduce_ex__(5)
    if isinstance(reduced, str):
        raise TypeError(f"{value!r} pickles by a name ({reduced}) that other processes do not have")
    from pycompss.store.names import make_object  # noqa: PLC0415  (cyclic)

    return (make_object, (serial, reduced[0], reduced[1]), *reduced[2:])


__all__ = ["by_value", "is_itself", "reduce"]
