"""`@timeit()`: the result and how long it took."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, ParamSpec

P = ParamSpec("P")


class timeit:  # noqa: N801  (name given by the programming model)
    """The decorated function gives `[result, seconds]`. Below `@task` it times the task, above it the call."""

    def __call__(self, function: Callable[P, Any]) -> Callable[P, list[Any]]:
        @functools.wraps(function)
        def timed(*args: P.args, **kwargs: P.kwargs) -> list[Any]:
            start = time.perf_counter()
            result = function(*args, **kwargs)
            return [result, time.perf_counter() - start]

        return timed


TimeIt = timeit
TimeIT = timeit
TIMEIT = timeit

__all__ = ["TIMEIT", "TimeIT", "TimeIt", "timeit"]
