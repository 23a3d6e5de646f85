"""From `@task(...)` and a function to a `Definition`.

The signature is read from the code object directly; `inspect` only serves callables that have none. Errors name the
task, the argument of the decorator, and where the task was declared.
"""

from __future__ import annotations

import os.path
import sys
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

from pycompss.api.parameter import Parameter, is_spec, spec_of
from pycompss.core.parameter import Direction, Kind, Spec
from pycompss.core.task import REQUIRED, Definition, Policy
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import returns
from pycompss.runtime.binding import declared
from pycompss.runtime.places import function_place, shown

_VARARGS, _VARKW, _ASYNC = 4, 8, 0x80 | 0x200  # of code.co_flags

_LEGACY = {
    "varargsType": "varargs_type",
    "targetDirection": "target_direction",
    "timeOut": "time_out",
    "isDistributed": "is_distributed",
    "isReplicated": "is_replicated",
    "computingNodes": "computing_nodes",
}

_ALL = frozenset(Direction)
_PLAIN = frozenset({Direction.IN, Direction.OUT, Direction.INOUT})
_ALLOWED = {
    Kind.OBJECT: _ALL,
    Kind.FILE: _ALL - {Direction.IN_DELETE},
    Kind.DIRECTORY: _PLAIN,
    Kind.COLLECTION: _PLAIN | {Direction.IN_DELETE},
    Kind.COLLECTION_FILE: _PLAIN,
    Kind.DICTIONARY: _PLAIN | {Direction.IN_DELETE},
    Kind.STREAM: frozenset({Direction.IN, Direction.OUT}),
}
_OF_SELF = frozenset({Direction.IN, Direction.INOUT, Direction.CONCURRENT, Direction.COMMUTATIVE})


def compile_definition(function: Callable[..., Any], given: Mapping[str, Any]) -> Definition:
    """The definition of the task that `function` becomes.

    Raises:
        PyCOMPSsException: an argument of the decorator has no meaning, or what it decorates cannot be a task.
    """
    code: CodeType | None = getattr(function, "__code__", None)
    definition = Definition(function, _type_name(function))
    if code is not None:
        definition.file, definition.line = code.co_filename, code.co_firstlineno
    _refuse(function, code)
    _read_signature(definition, declared(function))
    for name, value in given.items():
        try:
            apply(definition, name, value)
        except PyCOMPSsException as error:
            raise complaint(definition, f"{name}={value!r}", error.message) from None
    return definition


def _refuse(function: object, code: CodeType | None) -> None:
    """What looks like a task but could never run as one."""
    if isinstance(function, classmethod):
        raise PyCOMPSsException(f"task {function_place(function.__func__)}: write @classmethod above @task()")
    if code is not None and code.co_flags & _ASYNC:
        raise PyCOMPSsException(f"task {function_place(function)}: write def, tasks are not async")


def complaint(definition: Definition, argument: str, reason: str) -> PyCOMPSsException:
    """An error about an argument of a decorator of this task."""
    return PyCOMPSsException(
        f"task {definition.name} ({definition.file}:{definition.line}), argument {argument} of its decorator: {reason}"
    )


def _type_name(function: Callable[..., Any]) -> str:
    module = getattr(function, "__module__", None) or "__main__"
    if module == "__main__":
        file = getattr(sys.modules.get("__main__"), "__file__", None)
        module = os.path.splitext(os.path.basename(file))[0] if file else module
    return f"{module}.{getattr(function, '__qualname__', type(function).__name__)}"


# -- the signature


def _read_signature(definition: Definition, function: Callable[..., Any]) -> None:
    code: CodeType | None = getattr(function, "__code__", None)
    if code is None:
        _read_odd_signature(definition, function)
        return
    names, positional, keyword_only = code.co_varnames, code.co_argcount, code.co_kwonlyargcount
    definition.parameters = names[:positional]
    definition.defaults = getattr(function, "__defaults__", None) or ()
    end = positional + keyword_only
    if keyword_only:
        given = getattr(function, "__kwdefaults__", None) or {}
        definition.keyword_only = {name: given.get(name, REQUIRED) for name in names[positional:end]}
    if code.co_flags & _VARARGS:
        definition.varargs = names[end]
        end += 1
    if code.co_flags & _VARKW:
        definition.varkw = names[end]


def _read_odd_signature(definition: Definition, function: Callable[..., Any]) -> None:
    import inspect  # noqa: PLC0415  (only for partials, compiled functions and the like)

    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        definition.varargs, definition.varkw = "args", "kwargs"
        return
    fixed = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    definition.parameters = tuple(p.name for p in fixed)
    definition.defaults = tuple(p.default for p in fixed if p.default is not p.empty)
    definition.keyword_only = {
        p.name: REQUIRED if p.default is p.empty else p.default for p in parameters if p.kind is p.KEYWORD_ONLY
    }
    definition.varargs = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
    definition.varkw = next((p.name for p in parameters if p.kind is p.VAR_KEYWORD), None)


# -- the arguments of @task


def apply(definition: Definition, name: str, value: object) -> None:
    """Take one argument of `@task` into the definition. Raises PyCOMPSsException if it has no meaning."""
    if name in _LEGACY:
        name = _modern(definition, name)
    setter = _SETTERS.get(name)
    if setter is not None and not (isinstance(value, Parameter) and _has_parameter(definition, name)):
        setter(definition, value)
    elif _has_parameter(definition, name):
        definition.specs[name] = _checked(name, spec_of(value))
    elif definition.varkw is None:
        definition.unexpected += (name,)
    elif is_spec(value):
        definition.specs[name] = _checked(name, spec_of(value))


def _modern(definition: Definition, name: str) -> str:
    import logging  # noqa: PLC0415  (slow to import)

    place = f"{definition.file}:{definition.line}"
    logging.getLogger("pycompss").warning("@task: %s is deprecated, please use %s (%s)", name, _LEGACY[name], place)
    return _LEGACY[name]


def _has_parameter(definition: Definition, name: str) -> bool:
    return name in definition.parameters or name in definition.keyword_only or name == definition.varargs


def _checked(name: str, spec: Spec) -> Spec:
    if name == "self" and (spec.kind is not Kind.OBJECT or spec.direction not in _OF_SELF):
        raise PyCOMPSsException("self is an object: IN, INOUT, CONCURRENT or COMMUTATIVE")
    allowed = _ALLOWED[spec.kind]
    if spec.direction not in allowed:
        names = ", ".join(direction.name for direction in sorted(allowed))
        raise PyCOMPSsException(f"a {spec.kind.name} cannot be {spec.direction.name}; possible are {names}")
    return spec


def _constant(value: object) -> Spec:
    if not isinstance(value, Parameter):
        raise PyCOMPSsException("it must be a parameter constant (IN, INOUT, FILE_IN, …)")
    return value.spec


def _set_varargs_type(definition: Definition, value: object) -> None:
    definition.varargs_spec = _checked("varargs_type", _constant(value))


def _set_target_direction(definition: Definition, value: object) -> None:
    definition.target_direction = _checked("self", _constant(value)).direction


def _set_on_failure(definition: Definition, value: object) -> None:
    definition.policy = policy_of(value)


def policy_of(value: object) -> Policy:
    """The policy of that name.

    Raises:
        PyCOMPSsException: there is none.
    """
    if isinstance(value, Policy):
        return value
    policy = Policy.__members__.get(value.upper()) if isinstance(value, str) else None
    if policy is None:
        names = ", ".join(policy.name for policy in Policy)
        given = value if isinstance(value, str) else shown(value)
        raise PyCOMPSsException(f"ERROR: Unsupported on failure action: {given:.100} (possible are {names})")
    return policy


def _set_defaults(definition: Definition, value: object) -> None:
    if not isinstance(value, Mapping):
        raise PyCOMPSsException('it is a dict such as {"returns": 0}')
    definition.failure_defaults = dict(value)
    definition.unexpected += tuple(f"defaults[{name!r}]" for name in unknown_defaults(definition, value))


def unknown_defaults(definition: Definition, given: Mapping[Any, Any]) -> list[Any]:
    """What an ignored task is to give that it has not."""
    if definition.varkw is not None:
        return []
    return [name for name in given if name not in ("returns", "self") and not _has_parameter(definition, name)]


def _set_time_out(definition: Definition, value: object) -> None:
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise PyCOMPSsException("it is a number of seconds") from None
    if not seconds >= 0:
        raise PyCOMPSsException("it is a number of seconds, 0 for none")
    definition.time_out = seconds


def _set_numba(definition: Definition, value: object) -> None:
    if not (isinstance(value, (bool, dict)) or value in _NUMBA_MODES):
        raise PyCOMPSsException("Unsupported numba mode.")
    if value:
        definition.options["numba"] = value


_NUMBA_MODES = ("jit", "njit", "generated_jit", "vectorize", "guvectorize", "stencil", "cfunc")


def _set_is_modifier(_definition: Definition, _value: object) -> None:
    raise PyCOMPSsException("isModifier is no longer supported, please use target_direction=IN or INOUT")


def _store(attribute: str, convert: Callable[[Any], Any] = lambda value: value) -> Callable[[Definition, object], None]:
    def setter(definition: Definition, value: object) -> None:
        setattr(definition, attribute, convert(value))

    return setter


def _ignore(_definition: Definition, _value: object) -> None:
    """Accepted; changes no result."""


_SETTERS: dict[str, Callable[[Definition, object], None]] = {
    "returns": returns.declare,
    "priority": _store("priority", bool),
    "on_failure": _set_on_failure,
    "defaults": _set_defaults,
    "time_out": _set_time_out,
    "is_distributed": _store("is_distributed", bool),
    "is_replicated": _store("is_replicated", bool),
    "computing_nodes": _store("computing_nodes"),
    "processes_per_node": _store("processes_per_node"),
    "is_reduce": _store("is_reduce", bool),
    "chunk_size": _store("chunk_size"),
    "cache_returns": _ignore,
    "tracing_hook": _ignore,
    "numba": _set_numba,
    "numba_flags": _ignore,
    "numba_signature": _ignore,
    "numba_declaration": _ignore,
    "varargs_type": _set_varargs_type,
    "target_direction": _set_target_direction,
    "isModifier": _set_is_modifier,
}
