"""What travels in the place of a task's function, and the steps of a call: before, the task itself, after."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from pycompss.errors import LaunchError, ProgramError, ServiceError
from pycompss.store.names import resolve
from pycompss.store.references import own
from pycompss.worker.launchers.commandline import Parameter, Several
from pycompss.worker.launchers.launch import Body, Launch

PYTHON: Final = "python"  # the kind of a task whose body is its function


@dataclass(frozen=True, slots=True)
class Settings:
    """What a call needs besides its arguments; launchers with equal settings are one function on the wire.

    options: by decorator, variables of the environment expanded. names: of the positional parameters; order: of all
    that come on the command line, as they come there. parameters: those of which more than the value counts.
    function: reference of the task's function; home: the program's working directory.
    """

    task: str
    place: str  # file:line of the task
    kind: str
    options: Mapping[str, Mapping[str, Any]]
    names: tuple[str, ...]
    varargs: str
    order: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    home: str
    function: bytes


class Launcher:
    """Called by the worker, with the arguments of the task's function."""

    def __init__(self, settings: Settings, function: Callable[..., Any] | None = None) -> None:
        """`function`: the task's own, where it need not be found by its reference."""
        self.settings = settings
        self._function = function
        self.__qualname__ = settings.task

    def __reduce__(self) -> Any:
        return Launcher, (self.settings,)

    def __call__(self, *args: Any, **named: Any) -> Any:
        try:
            return self._run(args, named)
        except LaunchError as error:
            _complain(error, self.settings)
        except ProgramError as error:
            raise error.with_traceback(None) from None
        except ServiceError as error:
            _complain_of_service(error, self.settings)

    def _run(self, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        settings = self.settings
        options = settings.options
        launch = Launch(
            options.get(settings.kind, {}),
            self._values(args, named),
            settings.parameters,
            settings.home,
            self._body(args, named),
            options.get("container"),
        )
        with _surroundings(settings):
            if "prolog" in options:
                launch.aside("prolog", options["prolog"])
            if settings.kind == PYTHON and launch.around is not None:
                value = _run_inside(launch)
            else:
                value = _run_kind(settings.kind, launch)
            if "epilog" in options:
                launch.aside("epilog", options["epilog"])
        return value

    def _body(self, args: tuple[Any, ...], named: dict[str, Any]) -> Body:
        names = self.settings.names[: len(args)] + (self.settings.varargs,) * (len(args) - len(self.settings.names))
        return Body(self.settings.task, lambda: self.function, self.settings.function, args, named, names)

    @property
    def function(self) -> Callable[..., Any]:
        """The task's function."""
        if self._function is None:
            self._function = resolve(self.settings.function)
        return self._function

    def _values(self, args: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        """All arguments by name, in the order of the command line."""
        settings = self.settings
        found: dict[str, Any] = dict(zip(settings.names, args, strict=False))
        found[settings.varargs] = Several(args[len(settings.names) :])
        found.update(named)
        ordered = {name: found[name] for name in settings.order if name in found}
        return {**ordered, **{name: value for name, value in named.items() if name not in ordered}}


def _run_kind(kind: str, launch: Launch) -> Any:
    if kind == PYTHON:
        return launch.body()
    return importlib.import_module(f"pycompss.worker.launchers.{kind}").run(launch)


def _run_inside(launch: Launch) -> Any:
    """The task's function, in a container."""
    from pycompss.worker.launchers import inside  # noqa: PLC0415  (few tasks need it)

    body = launch.body
    return inside.call(launch, own(body.function()), body.args, body.named, body.names)


@contextlib.contextmanager
def _surroundings(settings: Settings) -> Iterator[None]:
    """The environment that a task on several nodes finds."""
    if "multinode" not in settings.options:
        yield
        return
    from pycompss.worker.launchers import multinode  # noqa: PLC0415  (few tasks need it)

    before = dict(os.environ)
    os.environ.update(multinode.environment())
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


def _complain(error: LaunchError, settings: Settings) -> NoReturn:
    raise LaunchError(f"{error.message}\n  task {settings.task}, declared at {settings.place}") from None


def _complain_of_service(error: ServiceError, settings: Settings) -> NoReturn:
    told = ServiceError(f"{error.message}\n  task {settings.task}, declared at {settings.place}")
    told.status = error.status
    raise told from None
