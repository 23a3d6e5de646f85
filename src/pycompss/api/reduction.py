"""`@reduction(chunk_size=2)`: the task reduces a collection with an associative function.

Its result is that of the function applied to the whole collection; how many partial tasks give it is the runtime's
choice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pycompss.api.task import definition_of
from pycompss.errors import PyCOMPSsException

F = TypeVar("F", bound=Callable[..., Any])


class Reduction:
    """The decorator; stands above `@task`.

    Raises:
        PyCOMPSsException: `chunk_size` is neither a number nor a text, or what is decorated is no task.
    """

    __slots__ = ("chunk_size", "is_reduce")

    def __init__(self, /, *ignored: object, chunk_size: int | str = 0, is_reduce: bool = True) -> None:
        if isinstance(chunk_size, bool) or not isinstance(chunk_size, (int, str)):
            raise PyCOMPSsException(f'@reduction: chunk_size is a number or "$VAR", not {chunk_size!r}')
        self.chunk_size = chunk_size
        self.is_reduce = is_reduce

    def __call__(self, function: F) -> F:
        definition = definition_of(function)
        if definition is None:
            name = getattr(function, "__qualname__", repr(function))
            raise PyCOMPSsException(f"@reduction on {name}, which is no task: write it above @task()")
        definition.is_reduce, definition.chunk_size = self.is_reduce, self.chunk_size
        return function


reduction = Reduction

__all__ = ["Reduction", "reduction"]
