"""Exceptions on their way to another process, also those that pickle but cannot be rebuilt.

Those are rebuilt from their parts. Containers import this with what their image has, so it needs cloudpickle alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cloudpickle

Travel = Callable[[Any], Any]


def by_cloudpickle(value: Any) -> Any:
    """What another process has of it."""
    return cloudpickle.loads(cloudpickle.dumps(value))


def portable(error: BaseException, travel: Travel = by_cloudpickle) -> Any:
    """What is an exception of this type once it has travelled; None if nothing is."""
    for value in (error, Parts(error), Parts(error, partial(_carried, travel))):
        try:
            if type(travel(value)) is type(error):  # some exceptions pickle but cannot be rebuilt
                return value
        except Exception:  # noqa: BLE001, S112  (whatever its own code raises; the next way may do)
            continue
    return None


def _carried(travel: Travel, value: Any) -> Any:
    """What an exception holds; of what cannot travel, such as a lock or a connection, the text."""
    try:
        travel(value)
    except Exception:  # noqa: BLE001  (whatever its own code raises)
        return text_of(value)
    return value


def text_of(value: Any) -> str:
    """Of what cannot travel."""
    try:
        return repr(value)
    except Exception:  # noqa: BLE001  (the same)
        return object.__repr__(value)


class Parts:
    """An exception whose constructor takes other arguments than `args`: it is rebuilt without calling it.

    carry: what becomes of its arguments and attributes on their way.
    """

    def __init__(self, error: BaseException, carry: Callable[[Any], Any] = lambda value: value) -> None:
        self.error = error
        self.carry = carry

    def __reduce__(self) -> Any:
        error: Any = self.error
        base, carry = _base(type(error)), self.carry
        if hasattr(base, "derive"):  # an exception group
            args: tuple[Any, ...] = error.message, [Parts(each, carry) for each in error.exceptions]
        else:
            args = tuple(map(carry, base.__reduce__(error)[1]))  # of an OSError more than its `args`
        return rebuild, (type(error), args, {name: carry(value) for name, value in vars(error).items()})


def rebuild(cls: type[BaseException], args: tuple[Any, ...], state: dict[str, Any]) -> BaseException:
    """An exception of class `cls` from its parts."""
    base = _base(cls)
    error: BaseException = base.__new__(cls, *args)
    base.__init__(error, *args)
    error.__dict__.update(state)
    return error


def _base(cls: type[BaseException]) -> Any:
    """The exception of Python's own that `cls` is made of."""
    return next(kind for kind in cls.__mro__ if kind.__module__ == "builtins")
