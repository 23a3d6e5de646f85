"""Which argument of a call belongs to which parameter, exactly as Python would say.

Most calls give as many positional arguments as the function has parameters: nothing is to be done. Every other call
goes through a *binder*, a function with the very same signature that returns what it received; so defaults,
`*args`, keywords and the wording of errors are Python's own. It is made at the first call that needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, FunctionType
from typing import Any

from pycompss.core.keywords import CALL_KEYWORDS, split, unexpected_lines
from pycompss.core.parameter import IN, Direction, Kind, Spec
from pycompss.core.task import REQUIRED, Definition
from pycompss.util import stderr

Binder = Callable[..., tuple[tuple[Any, ...], tuple[Any, ...], dict[str, Any]]]


class Bound:
    """The arguments of one call.

    positional: values of all positional parameters in order (defaults filled in), then those of `*args`.
    keywords: values of keyword-only parameters and of `**kwargs`.
    names: of the positional values; elements of `*args` have the name of the var-args parameter.
    overrides: call keywords such as `returns=3`, which the function never sees.
    by_keyword: names that the call gave, in its order.
    """

    __slots__ = ("by_keyword", "keywords", "names", "overrides", "positional")

    def __init__(
        self,
        positional: list[Any],
        keywords: dict[str, Any],
        names: tuple[str, ...],
        overrides: dict[str, Any],
        by_keyword: tuple[str, ...] = (),
    ) -> None:
        self.positional = positional
        self.keywords = keywords
        self.names = names
        self.overrides = overrides
        self.by_keyword = by_keyword

    def value(self, name: str) -> Any:
        """The argument of a parameter (of `*args`: the tuple).

        Raises:
            KeyError: this call has no such argument.
        """
        if name in self.keywords:
            return self.keywords[name]
        found = [value for own, value in zip(self.names, self.positional, strict=True) if own == name]
        if not found:
            raise KeyError(name)
        return found[0] if len(found) == 1 else tuple(found)

    def replaced(self, name: str, value: Any) -> Bound:
        """The same call with another argument for one of its parameters."""
        if name in self.keywords:
            return Bound(self.positional, {**self.keywords, name: value}, self.names, self.overrides)
        position = self.names.index(name)
        positional = [*self.positional[:position], value, *self.positional[position + 1 :]]
        return Bound(positional, self.keywords, self.names, self.overrides)


class Signature:
    """What `bind` knows about a definition; grows with the calls that it sees."""

    __slots__ = ("binder", "least", "names", "plain", "specs")

    def __init__(self, definition: Definition) -> None:
        simple = not definition.keyword_only
        count = len(definition.parameters)
        self.plain = count if simple and definition.varargs is None else -1
        self.least = count if simple and definition.varargs is not None else sys.maxsize
        self.binder: Binder | None = None
        self.names: dict[int, tuple[str, ...]] = {count: definition.parameters}
        self.specs: dict[int, tuple[Spec, ...]] = {}


def bind(definition: Definition, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Bound:
    """Bind the arguments of a call.

    Raises:
        TypeError: wrong number or name of arguments, in Python's own words.
    """
    signature: Signature = definition.signature or _signature(definition)
    if not kwargs:
        count = len(args)
        if count == signature.plain:
            return Bound(list(args), {}, definition.parameters, {})
        if count >= signature.least:
            return Bound(list(args), {}, _names(definition, signature, count), {})
    return _bind_slowly(definition, signature, args, kwargs)


def specs_for(definition: Definition, n_positional: int) -> tuple[Spec, ...]:
    """The specs of that many positional values."""
    signature: Signature = definition.signature or _signature(definition)
    specs = signature.specs.get(n_positional)
    if specs is None:
        names = _names(definition, signature, n_positional)
        fixed = len(definition.parameters)
        specs = tuple(_spec(definition, index, name, index >= fixed) for index, name in enumerate(names))
        signature.specs[n_positional] = specs
    return specs


def spec_for_keyword(definition: Definition, name: str) -> Spec:
    """The spec of a keyword-only parameter or of a name in `**kwargs`."""
    return definition.specs.get(name, IN)


def warn_unexpected(definition: Definition) -> None:
    """Say on stderr which arguments of the decorator nobody knows; at every call, as documented."""
    if definition.unexpected:
        stderr.write(unexpected_lines(definition))


def _signature(definition: Definition) -> Signature:
    signature = Signature(definition)
    definition.signature = signature
    return signature


def _names(definition: Definition, signature: Signature, count: int) -> tuple[str, ...]:
    names = signature.names.get(count)
    if names is None:
        parameters = definition.parameters
        names = parameters + (definition.varargs or "args",) * (count - len(parameters))
        signature.names[count] = names
    return names


def _spec(definition: Definition, index: int, name: str, variable: bool) -> Spec:
    given = definition.specs.get(name)
    if given is not None:
        return given
    if variable:
        return definition.varargs_spec
    if index == 0 and name == "self":
        return Spec(Kind.OBJECT, Direction(definition.target_direction))
    return IN


def _bind_slowly(definition: Definition, signature: Signature, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Bound:
    overrides: dict[str, Any] = {}
    if not CALL_KEYWORDS.isdisjoint(kwargs):
        kwargs, overrides = split(definition, kwargs)
    binder = signature.binder
    if binder is None:
        binder = signature.binder = _make_binder(definition)
    fixed, variable, keywords = binder(*args, **kwargs)
    positional = [*fixed, *variable]
    return Bound(positional, keywords, _names(definition, signature, len(positional)), overrides, tuple(kwargs))


def _make_binder(definition: Definition) -> Binder:
    """A function with the signature of the task that returns `(fixed, variable, keywords)`."""
    names = definition.parameters
    positional_only = _positional_only(definition)
    header = [*names[:positional_only], *(["/"] if positional_only else []), *names[positional_only:]]
    if definition.varargs:
        header.append(f"*{definition.varargs}")
    elif definition.keyword_only:
        header.append("*")
    header += definition.keyword_only
    if definition.varkw:
        header.append(f"**{definition.varkw}")
    keywords = [f"'{name}': {name}" for name in definition.keyword_only]
    if definition.varkw:
        keywords.append(f"**{definition.varkw}")
    fixed = "".join(f"{name}, " for name in names)
    source = (
        f"def binder({', '.join(header)}): return ({fixed}), {definition.varargs or '()'}, {{{', '.join(keywords)}}}"
    )
    return _compile(source, definition)


def _compile(source: str, definition: Definition) -> Binder:
    space: dict[str, Any] = {}
    exec(source, space)  # noqa: S102  (made of parameter names only)
    binder: FunctionType = space["binder"]
    binder.__defaults__ = definition.defaults or None
    binder.__kwdefaults__ = {k: v for k, v in definition.keyword_only.items() if v is not REQUIRED} or None
    binder.__name__ = getattr(definition.function, "__name__", "task")
    binder.__qualname__ = getattr(definition.function, "__qualname__", binder.__name__)
    return binder


def _positional_only(definition: Definition) -> int:
    code: CodeType | None = getattr(declared(definition.function), "__code__", None)
    return code.co_posonlyargcount if code is not None else 0


def declared(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function whose signature counts: a wrapper `(*args, **kwargs)` stands for what it wraps."""
    while True:
        code: CodeType | None = getattr(function, "__code__", None)
        inner = getattr(function, "__wrapped__", None)
        if inner is None or (code is not None and (code.co_argcount or code.co_kwonlyargcount)):
            return function
        function = inner
