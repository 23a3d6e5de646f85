"""`@task` without a runtime: the function itself, minus the call keyword `returns`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Task:
    """The decorator; its arguments mean nothing."""

    def __init__(self, /, *args: object, **kwargs: object) -> None:
        """Accept what `@task` accepts."""

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> R:
            kwargs.pop("returns", None)
            return function(*args, **kwargs)

        return run


task = Task

__all__ = ["Task", "task"]
