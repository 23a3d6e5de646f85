"""What a task call gives before its value exists.

A future is made at every call, so making one stores three references and nothing else. It never waits for `==`, `hash`,
`repr` or attributes (but `keys`). A program that uses one like a value gets the value: operators, `len`, `if`,
iteration, indexing and conversions wait, and say so once per line of the program, because waiting there may cost the
parallelism.
"""

from __future__ import annotations

import math
import operator
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from pycompss.errors import SynchronisationWarning
from pycompss.runtime.places import program_place


class Owner(Protocol):
    """Who knows what a future stands for: the session, or a worker's caller."""

    def resolve(self, future: Future) -> Any:
        """Wait for the value and return it; raises what waiting raises."""

    def describe(self, future: Future) -> tuple[str, str]:
        """The name of the task and its state, without waiting."""

    def forget(self, handle: Any) -> None:
        """Nobody holds the future any more; called at any moment, in any thread, so it only notes it."""

    def reduce(self, future: Future) -> Any:
        """How the future is pickled, as `__reduce__` returns it."""


UNKNOWN = object()


class Future:
    """The result of a task that may not have run yet; `compss_wait_on` gives its value."""

    __slots__ = ("__weakref__", "handle", "owner", "value")

    handle: Any
    owner: Owner
    value: Any

    def __init__(self, handle: Any, owner: Owner) -> None:
        self.handle = handle
        self.owner = owner
        self.value = UNKNOWN

    def __del__(self) -> None:
        try:
            self.owner.forget(self.handle)
        except Exception:  # noqa: BLE001, S110  (the interpreter may be going away; nobody could do anything)
            pass

    def is_known(self) -> bool:
        """Whether the value has come home already."""
        return self.value is not UNKNOWN

    def __repr__(self) -> str:
        name, state = self.owner.describe(self)
        value = f", value {_short(self.value)}" if self.value is not UNKNOWN else ""
        return f"<Future of {name}: {state}{value}>"

    def __reduce__(self) -> Any:
        return self.owner.reduce(self)

    def __getattr__(self, name: str) -> Any:
        if name == "keys":  # by which `dict`, `update` and `**` tell a mapping from pairs
            keys = getattr(_value(self), "keys", None)
            if keys is not None:
                return keys
        task, state = object.__getattribute__(self, "owner").describe(self)
        raise AttributeError(
            f"{name!r} of the future of {task} ({state}): a future has no attributes of its value; "
            "call compss_wait_on first, or declare the class, returns=ThatClass"
        )

    def __copy__(self) -> Any:
        import copy  # noqa: PLC0415  (rare)

        return copy.copy(_value(self))

    def __deepcopy__(self, memo: Any) -> Any:
        import copy  # noqa: PLC0415  (rare)

        return copy.deepcopy(_value(self), memo)

    def __str__(self) -> str:
        return str(_value(self))

    def __format__(self, spec: str) -> str:
        return format(_value(self), spec)

    def __iter__(self) -> Iterator[Any]:
        value = _value(self)
        if isinstance(value, Mapping):
            return _for_counter(value, sys._getframe(1))  # noqa: SLF001  (documented; only for mappings)
        return iter(value)

    def __contains__(self, item: object) -> bool:
        return item in _value(self)

    def __getitem__(self, key: Any) -> Any:
        return _value(self)[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError(_unchangeable(self))

    def __delitem__(self, key: Any) -> None:
        raise TypeError(_unchangeable(self))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _value(self)(*args, **kwargs)

    def __round__(self, *digits: int) -> Any:
        return round(_value(self), *digits)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        import numpy  # noqa: ICN001, PLC0415  (numpy itself is asking)

        return numpy.asarray(_value(self), *args, **kwargs)


def _value(future: Future) -> Any:
    """The value, waited for; says which line of the program waits."""
    task, _state = future.owner.describe(future)
    _warn(future.owner, task)
    return future.owner.resolve(future)


_COUNTING = {method.__code__: method for method in (Counter.update, Counter.subtract)}


def _for_counter(value: Mapping[Any, Any], caller: FrameType) -> Iterator[Any]:
    """The keys of `value`; none for a `Counter`, which takes a future for elements: it is given the counts instead."""
    method = _COUNTING.get(caller.f_code)
    if method is None:
        return iter(value)
    method(caller.f_locals["self"], value)
    return iter(())


def _short(value: Any) -> str:
    import reprlib  # noqa: PLC0415  (rare)

    return reprlib.repr(value)


_warned: WeakKeyDictionary[Owner, set[tuple[str, int]]] = WeakKeyDictionary()  # by run: a later one says so again


def _warn(owner: Owner, task: str) -> None:
    place = program_place()
    warned = _warned.setdefault(owner, set())
    if place not in warned:
        warned.add(place)
        message = (
            f"the program waits here for {task}, because it uses its future like a value; "
            "x = compss_wait_on(x) says so, and silences this"
        )
        warnings.warn_explicit(message, SynchronisationWarning, *place)


def _unchangeable(future: Future) -> str:
    task, state = future.owner.describe(future)
    return (
        f"the future of {task} ({state}) cannot be changed in place; "
        "x = compss_wait_on(x) first, or change it in a task (INOUT)"
    )


def _unary(operation: Callable[[Any], Any]) -> Callable[[Future], Any]:
    return lambda future: operation(_value(future))


def _binary(operation: Callable[[Any, Any], Any]) -> Callable[[Future, Any], Any]:
    return lambda future, other: operation(_value(future), other)


def _reflected(operation: Callable[[Any, Any], Any]) -> Callable[[Future, Any], Any]:
    return lambda future, other: operation(other, _value(future))


_UNARY: dict[str, Callable[[Any], Any]] = {
    "__bool__": bool,
    "__len__": len,
    "__int__": int,
    "__float__": float,
    "__complex__": complex,
    "__index__": operator.index,
    "__bytes__": bytes,
    "__reversed__": reversed,
    "__neg__": operator.neg,
    "__pos__": operator.pos,
    "__abs__": abs,
    "__invert__": operator.invert,
    "__trunc__": math.trunc,
    "__floor__": math.floor,
    "__ceil__": math.ceil,
    "__next__": next,
}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "__lt__": operator.lt,
    "__le__": operator.le,
    "__gt__": operator.gt,
    "__ge__": operator.ge,
}
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "matmul": operator.matmul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "divmod": divmod,
    "pow": pow,
    "lshift": operator.lshift,
    "rshift": operator.rshift,
    "and": operator.and_,
    "xor": operator.xor,
    "or": operator.or_,
}


def _give_operators() -> None:
    for name, unary in _UNARY.items():
        setattr(Future, name, _unary(unary))
    for name, comparison in _COMPARISONS.items():
        setattr(Future, name, _binary(comparison))
    for name, operation in _BINARY.items():
        setattr(Future, f"__{name}__", _binary(operation))
        setattr(Future, f"__r{name}__", _reflected(operation))


_give_operators()


def holds_futures(value: Any) -> bool:
    """Whether there is a future in a value, its lists or its dicts."""
    return any(type(part) is Future for part in parts_of(value))


def futures_in(value: Any) -> Iterator[Future]:
    """The futures in a value, its lists and its dicts."""
    return (part for part in parts_of(value) if type(part) is Future)


def parts_of(value: Any) -> Iterator[Any]:
    """A value, and what is in it if it is a list or dict, to any depth; they may hold themselves."""
    pending, seen = [value], set()
    while pending:
        value = pending.pop()
        yield value
        if isinstance(value, (list, dict)) and id(value) not in seen:
            seen.add(id(value))
            pending += value
            pending += value.values() if isinstance(value, dict) else ()


class EmptyReturn:
    """The result of a task that returned nothing; kept for programs that test for it."""
