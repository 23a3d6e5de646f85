"""`@software(config_file="tool.json")`: a file says what the task is; it is read at each call."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, ClassVar, ParamSpec, TypeVar

from pycompss.api.definition import compile_definition
from pycompss.api.description import Description, read
from pycompss.api.kind import KindOfTask, text
from pycompss.api.task import TaskFunction, definition_of
from pycompss.core.task import Definition
from pycompss.errors import PyCOMPSsException
from pycompss.runtime.current import get

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


class Software(KindOfTask):
    """The decorator; `@task` below it may be left out. config_file: see `pycompss.api.description`."""

    name = "software"
    mandatory: ClassVar = {"config_file": text}

    def __call__(self, function: F) -> F:
        definition = definition_of(function) or compile_definition(function, {})
        made: Any = SoftwareTask(definition.function, definition, self.options["config_file"])
        return made  # type: ignore[no-any-return]


class SoftwareTask(TaskFunction[P, R]):
    """A task that is what its file says at the moment of the call.

    `definition` is that of the function without the file; `_known` what was made of the file's text the last time.
    """

    __slots__ = ("_known", "file")

    def __init__(self, function: Callable[P, R], definition: Definition, file: str) -> None:
        super().__init__(function, definition)
        self.file = file
        self._known: tuple[Description, Callable[..., Any]] | None = None

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if not get().parallel:
            return super().__call__(*args, **kwargs)
        description = read(os.path.expandvars(self.file), self.definition)
        described = self._described(description)
        if described is self.definition.function:  # a workflow, whose errors are its own
            return described(*args, **kwargs)  # type: ignore[no-any-return]
        try:
            return described(*args, **kwargs)  # type: ignore[no-any-return]
        except PyCOMPSsException as error:
            description.explain(error)
            raise

    def _described(self, description: Description) -> Callable[..., Any]:
        if self._known is None or self._known[0] != description:
            self._known = description, description.applied_to(self.definition)
        return self._known[1]

    def __setstate__(self, state: Any) -> None:
        function, definition, self.file = state
        self._known = None
        super().__setstate__((function, definition))

    def __reduce__(self) -> Any:
        reduced = super().__reduce__()
        if isinstance(reduced, str):
            return reduced
        return (*reduced[:2], (*reduced[2], self.file))


software = Software

__all__ = ["Software", "software"]
