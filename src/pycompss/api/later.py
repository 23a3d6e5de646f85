"""Decorators of the programming model that this release knows by name only.

They can be imported and written anywhere in a stack of decorators; calling the task says in one line what is missing.
The sequential engine has less to do: there the function runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from pycompss.api.definition import compile_definition
from pycompss.api.task import LaterTask, definition_of

F = TypeVar("F", bound=Callable[..., Any])


class Later:
    """Base of these decorators: notes its arguments in the definition, for whoever runs the task."""

    name: ClassVar[str]

    def __init__(self, /, *positional: Any, **options: Any) -> None:
        self.positional = positional
        self.options = options

    def __call__(self, function: F) -> F:
        definition = definition_of(function) or compile_definition(function, {})
        definition.options[self.name] = {**self.options, "": self.positional} if self.positional else self.options
        made: Any = LaterTask(function, definition, self.name)
        return made  # type: ignore[no-any-return]
