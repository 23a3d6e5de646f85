"""What the decorators above `@task` that say how a task is run have in common: their arguments.

Each notes its arguments in the task's definition; `pycompss.runtime.kinds` reads them at the call. Spellings of
earlier releases are accepted and reported on standard error, unknown arguments reported and ignored.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pycompss.api.task import definition_of
from pycompss.core.task import Definition
from pycompss.errors import PyCOMPSsException
from pycompss.runtime.kinds import check_container, check_names, check_quotes
from pycompss.runtime.places import caller_place, no_task, readable, shown

if TYPE_CHECKING:
    from typing_extensions import Self

F = TypeVar("F", bound=Callable[..., Any])

Check = Callable[[object], Any]
"""What an argument becomes. Raises PyCOMPSsException, whose message says what it may be."""


class ArgumentError(PyCOMPSsException):
    """An argument may not be what it is; where it stands is not known here."""


class KindOfTask:
    """Base of these decorators.

    mandatory, optional: arguments and what checks them; defaults: of optional ones; legacy: former names of arguments;
    deprecated: arguments that belong elsewhere now, and where. is_body: the function's own body is not run.
    """

    name: ClassVar[str]
    mandatory: ClassVar[Mapping[str, Check]] = {}
    optional: ClassVar[Mapping[str, Check]] = {}
    defaults: ClassVar[Mapping[str, Any]] = {}
    legacy: ClassVar[Mapping[str, str]] = {}
    deprecated: ClassVar[Mapping[str, str]] = {}
    is_body: ClassVar[bool] = True

    def __init__(self, /, *ignored: object, **given: Any) -> None:
        if len(ignored) == 1 and not given and definition_of(ignored[0]) is not None:
            raise PyCOMPSsException(f"@{self.name} on {ignored[0]!r}: write @{self.name}() with parentheses")
        try:
            self.read(given, readable(*caller_place()))
        except ArgumentError as error:
            raise PyCOMPSsException(f"{readable(*caller_place())}, {error.message}") from None

    @classmethod
    def described(cls, given: Mapping[str, Any], place: str) -> Self:
        """The decorator as a file describes it, which has another place than the line that reads it."""
        made = cls.__new__(cls)
        made.read(given, place)
        return made

    def read(self, given: Mapping[str, Any], place: str) -> None:
        """Take the arguments. Raises PyCOMPSsException; `ArgumentError` does not say where they stand."""
        self.where = place
        self.options: dict[str, Any] = dict(self.defaults)
        self.others: dict[str, Any] = {}  # arguments without a check: deprecated ones, and what `accepts` says
        for written, value in given.items():
            self._take(written, value)
        for name in self.mandatory:
            if name not in self.options:
                raise PyCOMPSsException(
                    f"The argument {name} is mandatory in the @{self.name} decorator decorator. ({place})"
                )

    def __call__(self, function: F) -> F:
        definition = definition_of(function)
        if definition is None:
            raise no_task(self.name, function)
        self.note(definition)
        return function

    def note(self, definition: Definition) -> None:
        """Write into the definition what the decorator says. Raises PyCOMPSsException if it cannot be."""
        if self.is_body:
            if definition.launcher != "python":
                raise PyCOMPSsException(
                    f"task {definition.name} ({definition.file}:{definition.line}) is both @{definition.launcher} and "
                    f"@{self.name}"
                )
            definition.launcher = self.name
        if definition.varkw is None:
            names = {*definition.parameters, *definition.keyword_only, definition.varargs or ""}
            check_names(definition, {self.name: self.options}, names)
        check_quotes(definition, {self.name: self.options})
        definition.options[self.name] = self.options
        check_container(definition)

    def accepts(self, name: str) -> bool:
        """Whether there is an argument of this name, besides those whose names are fixed."""
        return False

    def _take(self, written: str, value: object) -> None:
        name = written
        if written in self.legacy:
            name = self.legacy[written]
            self._say(f"Deprecated argument: {written}", f"\n Please, use: {name}")
        elif written not in self._checks():
            name = next((known for known in self._checks() if _camel_case(known) == written), written)
        check = self._checks().get(name)
        if check is not None:
            self.options[name] = self._checked(written, value, check)
        elif name in self.deprecated:
            self._say(f"Deprecated argument: {written}", f"\n Please, use: {self.deprecated[name]}")
            self.others[name] = value
        elif self.accepts(name):
            self.others[name] = value
        else:
            self._say(f"Unexpected argument: {written}", f"\n         {self.where} ignores it.")

    def _checks(self) -> dict[str, Check]:
        return {**self.mandatory, **self.optional}

    def _checked(self, name: str, value: object, check: Check) -> Any:
        try:
            return check(value)
        except PyCOMPSsException as error:
            raise ArgumentError(f"@{self.name}({name}={shown(value)}): {error.message}") from None

    def _say(self, what: str, advice: str = "") -> None:
        sys.stderr.write(f"WARNING: {what} Found in @{self.name} decorator.{advice}\n")


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


# -- what arguments may be


def text(value: object) -> str:
    if isinstance(value, (str, os.PathLike)):
        return os.fsdecode(value)
    raise PyCOMPSsException("it is a text")


def optional_text(value: object) -> str | None:
    return None if value is None else text(value)


def number(value: object) -> int | str:
    """A number of its own, or a text that `pycompss.runtime.kinds` makes one at the call."""
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise PyCOMPSsException("it is a number, '$VAR', or the name of a global of the module")


def truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise PyCOMPSsException('it is True, False, "true" or "false"')


def as_given(value: object) -> object:
    return value


CHECKED = {"fail_by_exit_value": truth}
FOLDER = {"working_dir": optional_text}
NODES = {"computing_nodes": number}
LEGACY = {"workingDir": "working_dir", "computingNodes": "computing_nodes"}
