"""What `@constraint` asks for, in numbers.

A value is a number, a text with a number, `"$VAR"` of the environment, or an expression over the arguments of the call
and the globals of its module. Whatever does not depend on the call is computed once. Expressions are read with `ast`
and computed here: arithmetic, and `int float min max round abs len`.
"""

from __future__ import annotations

import ast
import operator
import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pycompss.core.task import Definition
from pycompss.errors import PyCOMPSsException

if TYPE_CHECKING:
    from pycompss.runtime.binding import Bound

Number = int | float

_DEFAULTS: dict[str, Number] = {"computing_units": 1, "memory_size": 0}
_WHOLE = frozenset({"computing_units"})
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_LARGEST_EXPONENT = 64


def requirement_values(definition: Definition, bound: Bound) -> dict[str, Number]:
    """`computing_units` (1 if not given) and `memory_size` (GB, 0 if not given) of one call.

    Raises:
        PyCOMPSsException: a value has no meaning; names the task, the key and the value.
    """
    plan = definition.requirements
    if plan is None:
        plan = definition.requirements = _plan(definition)
    if type(plan) is dict:
        return plan
    return {key: _computed(definition, bound, key, value) for key, value in plan.items()}


class _PerCall(dict[str, Any]):
    """Values, some of which depend on the call (a type of its own, to tell it from a finished dict)."""


def _plan(definition: Definition) -> dict[str, Any]:
    plan: dict[str, Any] = dict(_DEFAULTS)
    for key in _DEFAULTS:
        if key in definition.constraints:
            plan[key] = _static(definition, key, definition.constraints[key])
    if "processors" in definition.constraints and "computing_units" not in definition.constraints:
        plan["computing_units"] = _units_of_processors(definition, definition.constraints["processors"])
    return _PerCall(plan) if any(isinstance(value, str) for value in plan.values()) else plan


def _static(definition: Definition, key: str, value: object) -> Number | str:
    """The number, or the expression that needs the call."""
    if isinstance(value, (int, float)):
        return _fitting(definition, key, value, value)
    if not isinstance(value, str):
        raise _complaint(definition, key, value, "it must be a number or a text")
    text = _VARIABLE.sub(lambda match: _environment(definition, key, value, match[1] or match[2]), value).strip()
    number = _number(text)
    return text if number is None else _fitting(definition, key, value, number)


def _environment(definition: Definition, key: str, value: object, variable: str) -> str:
    text = os.environ.get(variable, "")
    if text or key in _WHOLE:
        return text or "1"
    raise _complaint(definition, key, value, f"the environment variable {variable} is not set")


def _number(text: str) -> Number | None:
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return None


def _fitting(definition: Definition, key: str, given: object, number: Number) -> Number:
    if not 0 <= number < float("inf"):
        raise _complaint(definition, key, given, f"{number} is no size")
    if key in _WHOLE and number != int(number):
        raise _complaint(definition, key, given, f"{number} is not a whole number")
    return int(number) if key in _WHOLE else number


def _computed(definition: Definition, bound: Bound, key: str, value: object) -> Number:
    if not isinstance(value, str):
        return value  # type: ignore[return-value]  # a number already
    given = definition.constraints[key]
    try:
        result = _evaluate(ast.parse(value, mode="eval").body, _Names(definition, bound))
        number = int(float(result)) if isinstance(result, str) else int(result)
    except _Unknown as unknown:
        reason = f"{unknown} is neither an argument of the call nor a global of its module"
        raise _complaint(definition, key, given, reason) from None
    except (SyntaxError, TypeError, ValueError, ArithmeticError) as error:
        raise _complaint(definition, key, given, str(error) or type(error).__name__) from None
    return _fitting(definition, key, given, number)


def _units_of_processors(definition: Definition, processors: object) -> int:
    """The CPU units in `processors=[{…}, …]`; a list without a CPU needs one."""
    if not isinstance(processors, list):
        raise _complaint(definition, "processors", processors, "it must be a list of dicts")
    units = [_units_of_processor(definition, processor) for processor in processors]
    return sum(units) or 1


def _units_of_processor(definition: Definition, processor: object) -> int:
    if not isinstance(processor, Mapping):
        raise _complaint(definition, "processors", processor, "it must be a dict such as {'processorType': 'CPU'}")
    by_key = {str(key).lower().replace("_", ""): value for key, value in processor.items()}
    if str(by_key.get("processortype", by_key.get("type", "CPU"))).upper() != "CPU":
        return 0
    units = _static(definition, "computing_units", by_key.get("computingunits", 1))
    if isinstance(units, str):
        raise _complaint(definition, "processors", processor, f"{units!r} is not a number")
    return int(units)


def _complaint(definition: Definition, key: str, value: object, reason: str) -> PyCOMPSsException:
    return PyCOMPSsException(
        f"task {definition.name} ({definition.file}:{definition.line}), @constraint({key}={value!r}): {reason}"
    )


# -- expressions


class _Unknown(Exception):  # noqa: N818  (never leaves this module)
    """A name that nothing has."""


class _Names:
    """Call keywords first, then positional parameters, then globals of the module."""

    def __init__(self, definition: Definition, bound: Bound) -> None:
        self.bound = bound
        self.globals: Mapping[str, Any] = getattr(definition.function, "__globals__", {})

    def __getitem__(self, name: str) -> Any:
        try:
            return self.bound.value(name)
        except KeyError:
            pass
        if name in self.globals:
            return self.globals[name]
        raise _Unknown(name)


def _power(base: Any, exponent: Any) -> Any:
    if abs(exponent) > _LARGEST_EXPONENT:
        raise ValueError(f"the exponent {exponent} is too large")
    return base**exponent


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": int,
    "float": float,
    "min": min,
    "max": max,
    "round": round,
    "abs": abs,
    "len": len,
}


def _evaluate(node: ast.expr, names: _Names) -> Any:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Name(id=name):
            return names[name]
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATORS:
            return _OPERATORS[type(operation)](_evaluate(left, names), _evaluate(right, names))
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _OPERATORS:
            return _OPERATORS[type(sign)](_evaluate(operand, names))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_evaluate(argument, names) for argument in arguments))
        case ast.Attribute(value=owner, attr=attribute) if not attribute.startswith("_"):
            return getattr(_evaluate(owner, names), attribute)
    raise ValueError(f"{ast.unparse(node)!r} is not arithmetic over arguments and globals")
