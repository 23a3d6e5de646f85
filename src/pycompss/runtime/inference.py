"""How many values a task gives that does not say so.

An annotation decides (`-> X` is one, `-> (A, B)` are two); else the source: no `return value` is none, a `return` of a
literal tuple, list or set is as many as the longest such literal, any other is one. Returns of nested functions count,
too. Without source the byte code is read, which sees the same except for literals inside `with` and `try`.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from types import CodeType
from typing import Any

_GENERATOR = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR | inspect.CO_COROUTINE


def number_of_values(function: Callable[..., Any]) -> int:
    """How many values `function` gives, by its annotation, its source or its byte code."""
    function = inspect.unwrap(function)
    annotations = _annotations(function)
    if "return" in annotations:
        return _annotated(annotations["return"])
    code: CodeType | None = getattr(function, "__code__", None)
    if code is None or code.co_flags & _GENERATOR:
        return 1
    tree = _source(code)
    return _by_code(code) if tree is None else max(map(_literal, _returns(tree)), default=0)


def _annotations(function: Callable[..., Any]) -> Mapping[str, Any]:
    if sys.version_info >= (3, 14):  # evaluated when asked for: names may not exist (yet)
        import annotationlib  # noqa: PLC0415

        return annotationlib.get_annotations(function, format=annotationlib.Format.STRING)
    return getattr(function, "__annotations__", None) or {}


def _annotated(annotation: object) -> int:
    if isinstance(annotation, str):
        try:
            node = ast.parse(annotation, mode="eval").body
        except SyntaxError:
            return 1
        return max(1, len(node.elts)) if isinstance(node, (ast.Tuple, ast.List)) else 1
    return max(1, len(annotation)) if isinstance(annotation, (tuple, list)) else 1


def _source(code: CodeType) -> ast.AST | None:
    if code.co_name == "<lambda>":
        return None
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(code)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None


def _returns(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value


def _literal(value: ast.expr) -> int:
    if isinstance(value, ast.Constant) and value.value is None:
        return 0
    if not isinstance(value, (ast.Tuple, ast.List, ast.Set)):
        return 1
    if any(isinstance(element, ast.Starred) for element in value.elts):
        return 1  # as many as nobody knows yet
    return max(1, len(value.elts))


def _by_code(code: CodeType) -> int:
    nested = (_by_code(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return max([*_returned(code), *nested], default=0)


def _returned(code: CodeType) -> Iterator[int]:
    import dis  # noqa: PLC0415  (only for functions without source)

    before: Any = None
    for instruction in dis.get_instructions(code):
        if instruction.opname == "RETURN_CONST":
            yield _constant(instruction.argval)
        elif instruction.opname == "RETURN_VALUE" and before is not None:
            yield _built(before)
        before = instruction


def _built(instruction: Any) -> int:
    if instruction.opname == "LOAD_CONST":
        return _constant(instruction.argval)
    if instruction.opname in {"BUILD_TUPLE", "BUILD_LIST", "BUILD_SET"}:
        return max(1, int(instruction.arg))
    return 1


def _constant(value: object) -> int:
    if value is None:
        return 0
    return max(1, len(value)) if isinstance(value, tuple) else 1
