"""`@task`: makes a function a task.

The decorated function keeps its name, documentation and signature, for people and for type checkers; calling it asks
the caller of this process (see `pycompss.runtime.current`), which submits it, or runs it when the engine is `inline`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any, Generic, ParamSpec, TypeVar

from pycompss.api.definition import compile_definition
from pycompss.core.task import Definition
from pycompss.errors import NotAvailableYet, PyCOMPSsException
from pycompss.runtime import alternatives, current
from pycompss.runtime.current import get
from pycompss.runtime.places import shown

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


class TaskFunction(Generic[P, R]):
    """A function that is a task: what `@task()` makes of it.

    `definition` is what the runtime knows about it; `__wrapped__` the user's function. As a class attribute it binds
    like a function. It pickles by name, or by value when no name leads to it.
    """

    # Not in __dict__, which `functools.wraps` copies into the wrappers that users put around tasks.
    __slots__ = ("__dict__", "__weakref__", "definition")

    def __init__(self, function: Callable[P, R], definition: Definition) -> None:
        _wear(self, function)
        self.definition = definition

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        caller = current.caller or get()  # nearly always there: a call less
        return caller.call(self.definition, args, kwargs)  # type: ignore[no-any-return]

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __getattr__(self, name: str) -> Any:
        if name == "__wrapped__":  # not there yet: being unpickled
            raise AttributeError(name)
        return getattr(self.__wrapped__, name)

    def __repr__(self) -> str:
        return f"<task {self.definition.name}>"

    def __reduce__(self) -> Any:
        if _is_found_by_name(self):
            return self.__qualname__
        return _blank, (type(self),), (self.__wrapped__, self.definition)

    def __setstate__(self, state: tuple[Callable[P, R], Definition]) -> None:
        function, definition = state
        _wear(self, function)
        self.definition = definition


def _wear(task_function: Any, function: Callable[..., Any]) -> None:
    """What `functools.update_wrapper` does, but annotations are not evaluated (`__getattr__` finds them)."""
    worn = task_function.__dict__
    worn.update(getattr(function, "__dict__", {}))
    worn["__module__"] = getattr(function, "__module__", None)
    worn["__name__"] = getattr(function, "__name__", type(function).__name__)
    worn["__qualname__"] = getattr(function, "__qualname__", worn["__name__"])
    worn["__doc__"] = getattr(function, "__doc__", None)
    worn["__wrapped__"] = function


def _blank(cls: type[Any]) -> Any:
    return object.__new__(cls)


def _is_found_by_name(task_function: TaskFunction[..., Any]) -> bool:
    """Whether another process finds the same task under its module and qualified name."""
    if task_function.__module__ == "__main__":
        return False
    found: Any = sys.modules.get(task_function.__module__)
    for name in task_function.__qualname__.split("."):
        found = getattr(found, name, None)
    return definition_of(found) is task_function.definition


def definition_of(decorated: object) -> Definition | None:
    """The definition in a task, also below a user's own wrapper, a class method or a bound method; None: not a task."""
    for _ in range(_DEEPEST):
        if decorated is None:
            return None
        found = getattr(decorated, "definition", None)
        if isinstance(found, Definition):
            return found
        decorated = getattr(decorated, "__wrapped__", None)
    return None


_DEEPEST = 20  # wrappers


class Task:
    """The decorator `@task(...)`; its arguments are those of the programming model, section 3.

    Positional arguments are reported and ignored. Any other keyword is the name of a parameter of the function with its
    direction: `@task(c=INOUT, returns=1)`.

    Raises:
        PyCOMPSsException: an argument has no meaning; names the task, the argument and where it was declared.
    """

    __slots__ = ("given", "ignored")

    def __init__(self, /, *ignored: object, **given: Any) -> None:
        if len(ignored) == 1 and not given and isinstance(ignored[0], FunctionType):
            code = ignored[0].__code__
            raise PyCOMPSsException(
                f"task {ignored[0].__qualname__} ({code.co_filename}:{code.co_firstlineno}): "
                "write @task() with parentheses"
            )
        self.given = given
        self.ignored = ignored

    def __call__(self, function: F) -> F:
        """The task; for type checkers the function itself, so that methods of all sorts stay what they are."""
        definition = compile_definition(function, self.given)
        if self.ignored:
            definition.unexpected += tuple(map(shown, self.ignored))
        if alternatives.claims:
            alternatives.declared(definition)
        made: Any
        if "numba" in definition.options:
            made = LaterTask(function, definition, "task(numba=…)")
        else:
            made = TaskFunction(function, definition)
        return made  # type: ignore[no-any-return]


task = Task


class LaterTask(TaskFunction[P, R]):
    """A task of which a decorator asks for something that this release does not have: calling it says so.

    The sequential engine has less to do: it runs the function.
    """

    __slots__ = ("decorator",)

    def __init__(self, function: Callable[P, R], definition: Definition, decorator: str) -> None:
        super().__init__(function, definition)
        self.decorator = decorator

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if get().parallel:
            raise self._not_yet()
        return super().__call__(*args, **kwargs)

    def _not_yet(self) -> NotAvailableYet:
        definition = self.definition
        return NotAvailableYet(
            f"@{self.decorator} of task {definition.name} ({definition.file}:{definition.line}) "
            "is not available yet in this release"
        )

    def __setstate__(self, state: Any) -> None:
        function, definition, self.decorator = state
        super().__setstate__((function, definition))

    def __reduce__(self) -> Any:
        reduced = super().__reduce__()
        if isinstance(reduced, str):
            return reduced
        return (*reduced[:2], (*reduced[2], self.decorator))


__all__ = ["Task", "task"]
