"""`@reduction(chunk_size=2)`: the task reduces a collection with an associative function.

Its result is that of the function applied to the whole collection; partial tasks, of `chunk_size` elements each, give
it (`pycompss.runtime.reduction`).
"""

from __future__ import annotations

from typing import Any, ClassVar

from pycompss.api.kind import KindOfTask, as_given
from pycompss.core.task import Definition


class Reduction(KindOfTask):
    """The decorator; stands above `@task`.

    Raises:
        PyCOMPSsException: `chunk_size` is neither a number nor a text, or what is decorated is no task with one
            COLLECTION_IN.
    """

    name = "reduction"
    optional: ClassVar = {"chunk_size": as_given, "is_reduce": as_given}
    defaults: ClassVar = {"chunk_size": 0, "is_reduce": True}
    is_body = False

    def note(self, definition: Definition) -> None:
        chunk_size: Any = self.options["chunk_size"]
        if self.options["is_reduce"]:
            _check(definition, chunk_size)
        definition.is_reduce, definition.chunk_size = bool(self.options["is_reduce"]), chunk_size


def _check(definition: Definition, chunk_size: object) -> None:
    from pycompss.runtime import reduction as rules  # noqa: PLC0415  (loads what calls need)

    rules.collection_of(definition)
    if not (isinstance(chunk_size, str) and "$" in chunk_size):
        rules.chunk_size(definition, chunk_size)


reduction = Reduction

__all__ = ["Reduction", "reduction"]
