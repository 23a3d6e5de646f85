"""Arithmetic in a text, computed without `eval`.

Numbers, names, `+ - * / // % **`, comparisons, `and or not`, `a if b else c`, attributes of what a name stands for, and
`int float min max round abs len`: what these give is what Python gives. A name may stand for anything, so only numbers
are computed with, and nothing may grow without bound: neither the text nor a number in between.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sized
from functools import lru_cache
from typing import Any

Number = int | float
Lookup = Callable[[str], Any]  # raises KeyError for a name that nothing has

LONGEST = 500  # characters
MOST_BITS = 4096  # of a whole number
_MOST_DIGITS = 100  # that `round` keeps, or drops


class ExpressionError(ValueError):
    """The text has no value; says why."""


def evaluate(text: str, lookup: Lookup) -> Number:
    """The number that a text comes to.

    Raises:
        ExpressionError: there is none.
    """
    try:
        return _bounded(_value(parse(text), lookup))
    except ExpressionError:
        raise
    except RecursionError:
        raise ExpressionError("it is nested too deeply") from None
    except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise ExpressionError(str(error) or type(error).__name__) from None
    except Exception as error:  # noqa: BLE001  (a name stands for anything, whose attributes may be code of the program)
        raise ExpressionError(f"{type(error).__name__}: {error}") from None


@lru_cache(maxsize=256)
def parse(text: str) -> ast.expr:
    """The expression that a text holds; raises ExpressionError when it is none."""
    if len(text) > LONGEST:
        raise ExpressionError(f"it is longer than {LONGEST} characters")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise ExpressionError(f"{getattr(error, 'msg', error)}") from None
    except (RecursionError, MemoryError):
        raise ExpressionError("it is nested too deeply") from None


def number_in(text: str) -> Number | None:
    """The number that a text spells, if it spells one."""
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return None


def _value(node: ast.expr, lookup: Lookup) -> Any:
    """What a part of the expression stands for: a number, or the object of a name."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Name(id=name):
            return _looked_up(name, lookup)
        case ast.Attribute(value=owner, attr=attribute) if not attribute.startswith("_"):
            return getattr(_value(owner, lookup), attribute)
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _BINARY:
            return _bounded(_BINARY[type(operation)](_part(left, lookup), _part(right, lookup)))
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _UNARY:
            return _UNARY[type(sign)](_part(operand, lookup))
        case ast.Compare():
            return _compared(node, lookup)
        case ast.BoolOp(op=operation, values=parts):
            return _either(parts, lookup, until=isinstance(operation, ast.Or))
        case ast.IfExp(test=test, body=body, orelse=other):
            return _value(body if _part(test, lookup) else other, lookup)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _bounded(_FUNCTIONS[name](*(_value(argument, lookup) for argument in arguments)))
    raise ExpressionError(f"{ast.unparse(node)!r} is not arithmetic over arguments and globals")


def _part(node: ast.expr, lookup: Lookup) -> Number:
    return _number(_value(node, lookup))


def _looked_up(name: str, lookup: Lookup) -> Any:
    try:
        return lookup(name)
    except KeyError:
        raise ExpressionError(f"{name} is neither an argument of the call nor a global of its module") from None


def _number(value: Any) -> Number:
    """A number of Python's own: numbers of libraries, and texts that spell one, are converted."""
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        found = number_in(value) if len(value) <= LONGEST else None
        if found is not None:
            return found
    elif hasattr(value, "__index__"):
        return operator.index(value)
    elif hasattr(value, "__float__"):
        return float(value)
    raise ExpressionError(f"a {type(value).__name__} is not a number")


def _bounded(value: Any) -> Number:
    number = _number(value)
    if isinstance(number, int) and number.bit_length() > MOST_BITS:
        raise ExpressionError("a number in it is too large")
    return number


def _compared(node: ast.Compare, lookup: Lookup) -> bool:
    left = _part(node.left, lookup)
    for operation, right_node in zip(node.ops, node.comparators, strict=True):
        if type(operation) not in _COMPARISONS:
            raise ExpressionError(f"{ast.unparse(node)!r} is not arithmetic over arguments and globals")
        right = _part(right_node, lookup)
        if not _COMPARISONS[type(operation)](left, right):
            return False
        left = right
    return True


def _either(parts: list[ast.expr], lookup: Lookup, *, until: bool) -> Number:
    """`and`, `or`: the first part that decides, else the last."""
    value: Number = 0
    for part in parts:
        value = _part(part, lookup)
        if bool(value) is until:
            break
    return value


def _power(base: Number, exponent: Number) -> Any:
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and abs(base) > 1 and base.bit_length() * exponent > MOST_BITS:  # type: ignore[union-attr]
        raise ExpressionError(f"the exponent {exponent} is too large")
    return base**exponent


def _round(value: Any, digits: Any = None) -> Any:
    if digits is None:
        return round(_number(value))
    if abs(operator.index(digits)) > _MOST_DIGITS:
        raise ExpressionError(f"round() to {digits} digits is too much")
    return round(_number(value), digits)


def _length(value: Any) -> int:
    if not isinstance(value, Sized):
        raise ExpressionError(f"a {type(value).__name__} has no len()")
    return len(value)


_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
_COMPARISONS: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": lambda value=0: int(_number(value)),
    "float": lambda value=0: float(_number(value)),
    "min": lambda *values: min(*map(_number, values)),
    "max": lambda *values: max(*map(_number, values)),
    "round": _round,
    "abs": lambda value: abs(_number(value)),
    "len": _length,
}
