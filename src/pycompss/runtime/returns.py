"""How many values a call gives, and what stands for them until they exist.

The `returns` argument has a dozen forms (programming model, section 6.1). `parse` brings what the decorator was given
into one `Form`; `count_returns` answers for one call: forms that refer to arguments or globals are read again at each
call, the others once. A task that declares nothing is judged by its annotation, else by the `return`s of its source.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping
from types import GenericAlias
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from pycompss.core.task import Definition, Returns
from pycompss.errors import PyCOMPSsException

if TYPE_CHECKING:
    from pycompss.runtime.binding import Bound

ARGUMENT_ITSELF = -1
"""In place of a count: the call gives the very object that was passed; `returned_argument` finds it."""

Count = tuple[int, bool, tuple["type | None", ...]]


class Form(NamedTuple):
    """One `returns`: its kind, and what the kind needs."""

    kind: Returns
    number: int = 0
    types: tuple[type | None, ...] = ()
    text: str = ""


_INFERRED = Form(Returns.INFERRED)
_VALUE_OF = re.compile(r"value_of\(\s*([\w.]+)\s*\)")
_ARGUMENT = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_NAME = re.compile(r"[A-Za-z_][\w.]*")


def parse(given: object) -> Form:
    """The form of what was given as `returns`.

    Raises:
        PyCOMPSsException: it has none of the documented forms.
    """
    if given is None or given is False:
        return _INFERRED
    if _is_class(given):
        return Form(Returns.FIXED, 1, (given,))
    if isinstance(given, str):
        return _parse_text(given.strip())
    if isinstance(given, (tuple, list)):
        return _fixed(len(given), tuple(item if _is_class(item) else None for item in given))
    if isinstance(given, bool) or not hasattr(given, "__index__"):
        return Form(Returns.FIXED, 1, (None,))  # True, a dict, a parameter constant, a callable, `list[int]`
    return _fixed(given.__index__(), ())


def _is_class(given: object) -> TypeGuard[type]:
    return isinstance(given, type) and not isinstance(given, GenericAlias)  # in Python 3.10, `list[int]` says it is one


def _fixed(count: int, types: tuple[type | None, ...]) -> Form:
    if count < 0:
        raise PyCOMPSsException(f"returns={count} is not a number of values")
    return Form(Returns.FIXED, count, types or (None,) * count) if count else _INFERRED


def _parse_text(text: str) -> Form:
    if text.isdigit():
        return _fixed(int(text), ())
    for pattern, kind in ((_VALUE_OF, Returns.VALUE_OF), (_ARGUMENT, Returns.ARGUMENT)):
        match = pattern.fullmatch(text)
        if match:
            return Form(kind, text=match[1])
    if _NAME.fullmatch(text):
        return Form(Returns.GLOBAL, text=text)
    raise PyCOMPSsException(
        f"returns={text!r} is neither a number, a name, 'value_of(parameter)' nor '{{{{parameter}}}}'"
    )


def declare(definition: Definition, given: object) -> None:
    """Note what `@task(returns=given)` says."""
    form = parse(given)
    definition.returns = form.kind
    definition.returns_text = form.text
    if form.kind is Returns.FIXED:
        definition.return_count = form.number
        definition.return_types = form.types
        definition.returns_list = form.number > 1


def count_returns(definition: Definition, bound: Bound) -> Count:
    """How many values this call gives, whether as a list, and their declared classes (None where unknown).

    The count is `ARGUMENT_ITSELF` when the call gives one of its arguments back.
    """
    if "returns" in bound.overrides:
        return _evaluate(definition, bound, parse(bound.overrides["returns"]))
    if definition.return_count is not None:
        return definition.return_count, definition.returns_list, definition.return_types
    if definition.returns is Returns.INFERRED:
        return _infer_once(definition)
    return _evaluate(definition, bound, Form(definition.returns, text=definition.returns_text))


def returned_argument(definition: Definition, bound: Bound) -> Any:
    """The object that `returns="{{p}}"` gives back."""
    given = bound.overrides.get("returns")
    return _argument(definition, bound, parse(given).text if given else definition.returns_text)


def placeholder(cls: type | None) -> Any:
    """A default instance of a user's class, so that programs can read its defaults and call its tasks; else None.

    Only classes written in Python count (a default `numpy.float64` would silently be 0.0), and only if they need no
    arguments.
    """
    if cls is None or not cls.__flags__ & _WRITTEN_IN_PYTHON:
        return None
    try:
        return cls()
    except Exception:  # noqa: BLE001  (whatever a constructor raises, it has no default instance)
        return None


_WRITTEN_IN_PYTHON = 1 << 9  # Py_TPFLAGS_HEAPTYPE


def _evaluate(definition: Definition, bound: Bound, form: Form) -> Count:
    if form.kind is Returns.ARGUMENT:
        return ARGUMENT_ITSELF, False, ()
    if form.kind is Returns.VALUE_OF:
        return _as_count(definition, form, _argument(definition, bound, form.text))
    if form.kind is Returns.GLOBAL:
        return _as_count(definition, form, _global(definition, form.text))
    return form.number, form.number > 1, form.types


def _as_count(definition: Definition, form: Form, value: object) -> Count:
    """What a name or an argument says: a number, or anything else that `returns` may be."""
    try:
        found = parse(value)
    except PyCOMPSsException as error:
        raise PyCOMPSsException(f"{_where(definition)}: {error.message} (from returns={form.text!r})") from None
    if found.kind not in {Returns.FIXED, Returns.INFERRED}:
        raise PyCOMPSsException(f"{_where(definition)}: returns={form.text!r} is {value!r}, which is no number")
    return found.number, found.number > 1, found.types


def _argument(definition: Definition, bound: Bound, path: str) -> Any:
    name, *attributes = path.split(".")
    try:
        value = bound.value(name)
        for attribute in attributes:
            value = getattr(value, attribute)
    except (KeyError, AttributeError):
        raise PyCOMPSsException(f"{_where(definition)}: returns refers to {path!r}, which this call has not") from None
    return value


def _global(definition: Definition, path: str) -> Any:
    name, *attributes = path.split(".")
    names: Mapping[str, Any] = getattr(definition.function, "__globals__", {})
    try:
        value = names[name] if name in names else getattr(builtins, name)
        for attribute in attributes:
            value = getattr(value, attribute)
    except AttributeError:
        raise PyCOMPSsException(
            f"{_where(definition)}: returns={path!r}, but its module has no {path!r} (numbers, names of the module, "
            "'value_of(parameter)' and '{{parameter}}' are possible)"
        ) from None
    return value


def _where(definition: Definition) -> str:
    return f"{definition.name} ({definition.file}:{definition.line})"


def _infer_once(definition: Definition) -> Count:
    from pycompss.runtime.inference import number_of_values  # noqa: PLC0415  (reads source: not needed by most)

    count = number_of_values(definition.function)
    if definition.launcher == "mpi":
        count = min(count, 1)  # a list of what each rank gives
    definition.return_types = (None,) * count
    definition.returns_list = count > 1
    definition.return_count = count
    return count, count > 1, definition.return_types
