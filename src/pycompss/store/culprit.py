"""Why a value cannot be pickled: the path to the innermost part that fails.

Runs only after a failure, so it may pickle every part on the way again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any

from pycompss.errors import SerializerException
from pycompss.store.interruptions import INTERRUPTIONS

_DEEPEST = 100  # levels; deeper nesting is itself the reason


def complaint(
    value: Any, pickle: Callable[[Any], object], task: str, argument: str, error: Exception
) -> SerializerException:
    """The exception that names the culprit. `pickle` tries one part; `error` is how the whole value failed."""
    if isinstance(error, RecursionError) or "recursion" in str(error):
        pickle = _accept  # it is nested too deep: no part of it is to blame
    root = argument if argument.isidentifier() else "value"
    path, part, reason = _descend(value, root, pickle, error)
    what = argument and (f"argument '{argument}'" if argument.isidentifier() else argument)
    where = ", ".join(filter(None, (task and f"task {task}", what)))
    prefix = f"{where}: " if where else ""
    return SerializerException(f"{prefix}{path} is {describe(part)}, which cannot be pickled{reason}")


def _descend(value: Any, path: str, pickle: Callable[[Any], object], error: Exception) -> tuple[str, Any, str]:
    seen: set[int] = set()
    for _ in range(_DEEPEST):
        seen.add(id(value))
        for step, part in _parts(value):
            failure = None if id(part) in seen else _failure(part, pickle)
            if failure is not None:
                value, path, error = part, path + step, failure
                break
        else:
            return path, value, _reason(value, error)
    return path, value, " (nested too deep)"


def _accept(_: Any) -> None:
    """A pickler that takes anything."""


def _failure(part: Any, pickle: Callable[[Any], object]) -> Exception | None:
    try:
        pickle(part)
    except INTERRUPTIONS:
        raise
    except Exception as error:  # noqa: BLE001  (that it fails is the answer)
        return error
    return None


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What a value consists of, with the expression that reaches it."""
    if isinstance(value, dict):
        for key, item in list(value.items()):
            yield f"[{key!r}]", item
            yield f" key {key!r}", key
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(list(value)):
            yield f"[{index}]", item
    elif isinstance(value, (set, frozenset)):
        for item in list(value):
            yield f" element {item!r}", item
    elif isinstance(value, MethodType):
        yield ".__self__", value.__self__
    elif isinstance(value, FunctionType):
        yield from _parts_of_function(value)
    if not isinstance(value, (type, ModuleType)):
        yield from _attributes(value)


def _parts_of_function(function: FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield f" closes over '{name}', which", cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for index, default in enumerate(function.__defaults__ or ()):
        yield f".__defaults__[{index}]", default
    for name, default in (function.__kwdefaults__ or {}).items():
        yield f".__kwdefaults__[{name!r}]", default


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    for name, item in list(getattr(value, "__dict__", {}).items()):
        yield f".{name}", item
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in {"__dict__", "__weakref__"} and hasattr(value, name):
                yield f".{name}", getattr(value, name)


def describe(part: Any) -> str:
    """What a value is, in a few words: a function or class by name, anything else by its class."""
    if isinstance(part, (type, FunctionType)):
        return f"{part.__module__}.{part.__qualname__}"
    cls = type(part)
    name = cls.__qualname__ if cls.__module__ in {"builtins", "__main__"} else f"{cls.__module__}.{cls.__qualname__}"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _reason(part: Any, error: Exception) -> str:
    """What the serialiser said, unless it only says the same again."""
    said = getattr(error, "message", None) or str(error)
    if isinstance(error, RecursionError) or "recursion" in said:
        return " (nested too deep)"
    if said in {f"cannot pickle '{name}' object" for name in (describe(part).split(" ", 1)[-1], type(part).__name__)}:
        return ""
    return f" ({type(error).__name__}: {said})" if said else ""
