"""`@local`: a function of the program, not a task, whose arguments are waited for."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, overload

from pycompss.api.kind import KindOfTask
from pycompss.runtime import current

P = ParamSpec("P")
R = TypeVar("R")


@overload
def local(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def local(**given: object) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def local(function: Callable[..., Any] | None = None, /, **given: object) -> Any:
    """Run the function in the process that calls it, with values instead of futures and of what tasks have written.

    Only the arguments themselves are waited for, not what is inside of them. The decorator has no arguments.
    """
    _Arguments(**given)
    return _synchronising if function is None else _synchronising(function)


class _Arguments(KindOfTask):
    """Of the decorator: there are none, as it says to whoever gives some."""

    name = "local"


def _synchronising(function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        value_here = current.get().value_here
        values = [value_here(value) for value in args]
        return function(*values, **{name: value_here(value) for name, value in kwargs.items()})

    return run


Local = local

__all__ = ["Local", "local"]
