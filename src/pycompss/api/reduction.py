"""`@reduction(chunk_size=2)`: the task reduces a collection with an associative function.

Its result is that of the function applied to the whole collection; partial tasks, of `chunk_size` elements each, give
it (`pycompss.runtime.reduction`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pycompss.api.arguments import arguments
from pycompss.api.task import definition_of
from pycompss.errors import PyCOMPSsException

F = TypeVar("F", bound=Callable[..., Any])


class Reduction:
    """The decorator; stands above `@task`.

    Raises:
        PyCOMPSsException: `chunk_size` is neither a number nor a text, or what is decorated is no task with one
            COLLECTION_IN.
    """

    __slots__ = ("chunk_size", "is_reduce")

    def __init__(self, /, *ignored: object, **given: Any) -> None:
        found = arguments("reduction", given, optional=("chunk_size", "is_reduce"))
        self.chunk_size = found.get("chunk_size", 0)
        self.is_reduce = bool(found.get("is_reduce", True))

    def __call__(self, function: F) -> F:
        definition = definition_of(function)
        if definition is None:
            name = getattr(function, "__qualname__", repr(function))
            raise PyCOMPSsException(f"@reduction on {name}, which is no task: write it above @task()")
        if self.is_reduce:
            self._check(definition)
        definition.is_reduce, definition.chunk_size = self.is_reduce, self.chunk_size
        return function

    def _check(self, definition: Any) -> None:
        from pycompss.runtime import reduction as rules  # noqa: PLC0415  (loads what calls need)

        rules.collection_of(definition)
        if not (isinstance(self.chunk_size, str) and "$" in self.chunk_size):
            rules.chunk_size(definition, self.chunk_size)


reduction = Reduction

__all__ = ["Reduction", "reduction"]
