"""Decorators of the programming model that this release knows by name only.

They can be imported and written anywhere in a stack of decorators; calling the task says in one line what is missing.
The sequential engine has less to do, so that some of them work there: see `Inline`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, ClassVar, TypeVar

from pycompss.api.definition import compile_definition
from pycompss.api.task import LaterTask, definition_of
from pycompss.core.task import Definition

F = TypeVar("F", bound=Callable[..., Any])


class Inline(Enum):
    """What the sequential engine makes of a decorator."""

    BODY = "the function runs"
    PROGRAM = "the program runs"
    NOTHING = "it cannot be done without the feature"


class Later:
    """Base of these decorators: notes its arguments in the definition, for whoever runs the task."""

    name: ClassVar[str]
    inline: ClassVar[Inline] = Inline.BODY

    def __init__(self, /, *positional: Any, **options: Any) -> None:
        self.positional = positional
        self.options = options

    def __call__(self, function: F) -> F:
        definition = definition_of(function) or compile_definition(function, {})
        self._note(definition)
        below = function.blocker if isinstance(function, LaterTask) else ""
        own = self.name if self.inline is Inline.NOTHING else ""
        made: Any = LaterTask(function, definition, self.name, own or below)
        return made  # type: ignore[no-any-return]

    def _note(self, definition: Definition) -> None:
        definition.options[self.name] = {**self.options, "": self.positional} if self.positional else self.options
        if self._is_program():
            definition.launcher = self.name

    def _is_program(self) -> bool:
        return self.inline is Inline.PROGRAM and "binary" in self.options
