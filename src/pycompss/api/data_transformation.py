"""`@dt("x", f)`: a parameter is transformed by `f` before the task sees it; each transformation is a task of its own.

    @dt("x", f, scale=2)                                        x becomes f(x, scale=2)
    @dt(target="x", function=f, type=OBJECT_TO_FILE)            f(x, "dt_file_out") writes the file that x becomes
    @dt()                                                       given at the call: task(x, dt=dto("x", f))

Several stack; the uppermost is the first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pycompss.api.task import TaskFunction, definition_of
from pycompss.api.transformation import (
    COLLECTION_TO_DIRECTORY,
    COLLECTION_TO_FILE,
    COLLECTION_TO_OBJECT,
    DIRECTORY_TO_OBJECT,
    FILE_TO_COLLECTION,
    FILE_TO_OBJECT,
    OBJECT_TO_DIRECTORY,
    OBJECT_TO_FILE,
    Transformation,
    Transformer,
)
from pycompss.core.task import Definition
from pycompss.errors import PyCOMPSsException
from pycompss.runtime.places import no_task

F = TypeVar("F", bound=Callable[..., Any])


class DTObject(Transformation):
    """A transformation that is given at the call: `task(x, dt=dto("x", f))`, or a list of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("dto", args, kwargs)


class DataTransformation:
    """The decorator; stands above `@task`.

    Raises:
        PyCOMPSsException: an argument is missing or makes no sense, or the task has no such parameter.
    """

    __slots__ = ("transformation",)

    def __init__(self, /, *args: Any, **kwargs: Any) -> None:
        self.transformation = Transformation("dt", args, kwargs) if args or kwargs else None

    def __call__(self, function: F) -> F:
        definition = definition_of(function)
        if definition is None:
            raise no_task("dt", function)
        if self.transformation is not None:
            self.transformation.check_target(definition)
        made: Any = TransformedTask(function, definition, self.transformation)
        return made  # type: ignore[no-any-return]


class TransformedTask(TaskFunction[..., Any]):
    """A task one of whose parameters is transformed first, and those that `dt=` of a call names."""

    __slots__ = ("transformation", "transformer")

    def __init__(
        self, function: Callable[..., Any], definition: Definition, transformation: Transformation | None
    ) -> None:
        super().__init__(function, definition)
        self.transformation = transformation
        self.transformer = Transformer(definition)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        own = [] if self.transformation is None else [self.transformation]
        if "dt" in kwargs and not self._has_parameter("dt"):
            own += _given_at_call(self.definition, kwargs.pop("dt"))
        values, keywords = self.transformer.transformed(own, args, kwargs)
        return self.__wrapped__(*values, **keywords)

    def _has_parameter(self, name: str) -> bool:
        return name in self.definition.parameters or name in self.definition.keyword_only

    def __reduce__(self) -> Any:
        reduced = super().__reduce__()
        return reduced if isinstance(reduced, str) else (*reduced[:2], (*reduced[2], self.transformation))

    def __setstate__(self, state: Any) -> None:
        function, definition, self.transformation = state
        super().__setstate__((function, definition))
        self.transformer = Transformer(definition)


def _given_at_call(definition: Definition, given: object) -> list[Transformation]:
    found: list[Any] = list(given) if isinstance(given, (list, tuple)) else [given]
    for transformation in found:
        if not isinstance(transformation, Transformation):
            raise PyCOMPSsException(
                f"{definition.name}: dt= takes dto(…) or a list of them, not {transformation!r:.60}"
            )
        transformation.check_target(definition)
    return found


dt = DataTransformation
data_transformation = DataTransformation
dto = DTObject

__all__ = [
    "COLLECTION_TO_DIRECTORY",
    "COLLECTION_TO_FILE",
    "COLLECTION_TO_OBJECT",
    "DIRECTORY_TO_OBJECT",
    "FILE_TO_COLLECTION",
    "FILE_TO_OBJECT",
    "OBJECT_TO_DIRECTORY",
    "OBJECT_TO_FILE",
    "DTObject",
    "DataTransformation",
    "data_transformation",
    "dt",
    "dto",
]
