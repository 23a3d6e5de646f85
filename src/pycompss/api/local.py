"""`@local`: a function of the program, not a task, whose arguments are waited for."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, overload

from pycompss.runtime import current

P = ParamSpec("P")
R = TypeVar("R")


@overload
def local(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def local() -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def local(function: Callable[..., Any] | None = None, /) -> Any:
    """Run the function here, with the values of its arguments (top level only) instead of futures."""
    if function is None:
        return local
    return _synchronising(function)


def _synchronising(function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        caller = current.get()
        values = [caller.wait_on(value) for value in args]
        keywords = {name: caller.wait_on(value) for name, value in kwargs.items()}
        return function(*values, **keywords)

    return run


Local = local

__all__ = ["Local", "local"]
