"""Reductions whose steps may be tasks: a queue of values, of which the oldest are combined until one is left."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from pycompss.errors import PyCOMPSsException


def merge_reduce(function: Callable[[Any, Any], Any], data: Iterable[Any]) -> Any:
    """Combine two values at a time, as a tree. Empties the list that it is given; nothing to reduce gives None."""
    return merge_n_reduce(function, 2, data)


def merge_n_reduce(function: Callable[..., Any], arity: int, data: Iterable[Any]) -> Any:
    """Combine up to `arity` values at a time, as a tree. Empties the list that it is given.

    Raises:
        PyCOMPSsException: `arity` is less than 2.
    """
    if arity < 2:  # noqa: PLR2004
        raise PyCOMPSsException(f"merge_n_reduce: the arity is at least 2, not {arity}")
    queue = deque(data)
    if isinstance(data, list):
        data.clear()  # so that nothing but the queue holds values that are no longer needed
    while len(queue) > 1:
        queue.append(function(*(queue.popleft() for _ in range(min(arity, len(queue))))))
    return queue[0] if queue else None


def simpleReduce(function: Callable[[Any, Any], Any], data: Iterable[Any]) -> Any:  # noqa: N802  (an old name)
    """Combine the values from left to right, as a chain; nothing to reduce gives None."""
    values = iter(data)
    return reduce(function, values, next(values, None))


mergeReduce = merge_reduce  # noqa: N816  (its name in old programs)

__all__ = ["merge_n_reduce", "merge_reduce"]
