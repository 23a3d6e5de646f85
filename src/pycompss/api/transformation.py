"""What `@dt` and `dto` say, and how the arguments of a call become what their functions make of them.

The function of a transformation is an ordinary one. It is called as a task whose parameters have the directions that
the type of the transformation implies, so files and collections have their dependencies; what it gives, a future or a
path, takes the place of the argument. A *workflow* is a function that calls tasks itself: it runs in the process of the
caller.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any

from pycompss.api.definition import compile_definition
from pycompss.api.task import definition_of
from pycompss.core.parameter import IN, Direction, Kind, Spec
from pycompss.core.task import Definition
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import returns
from pycompss.runtime.binding import Bound, bind
from pycompss.runtime.current import get
from pycompss.runtime.places import caller_place, shown, where_called

OBJECT_TO_FILE = 0
FILE_TO_OBJECT = 1
FILE_TO_COLLECTION = 2
COLLECTION_TO_OBJECT = 3
COLLECTION_TO_FILE = 4
OBJECT_TO_DIRECTORY = 5
DIRECTORY_TO_OBJECT = 6
COLLECTION_TO_DIRECTORY = 7

_KINDS = {  # what the function gets, and what the task gets
    OBJECT_TO_FILE: (Kind.OBJECT, Kind.FILE),
    FILE_TO_OBJECT: (Kind.FILE, Kind.OBJECT),
    FILE_TO_COLLECTION: (Kind.FILE, Kind.COLLECTION),
    COLLECTION_TO_OBJECT: (Kind.COLLECTION, Kind.OBJECT),
    COLLECTION_TO_FILE: (Kind.COLLECTION, Kind.FILE),
    OBJECT_TO_DIRECTORY: (Kind.OBJECT, Kind.DIRECTORY),
    DIRECTORY_TO_OBJECT: (Kind.DIRECTORY, Kind.OBJECT),
    COLLECTION_TO_DIRECTORY: (Kind.COLLECTION, Kind.DIRECTORY),
}
_PATHS = frozenset({Kind.FILE, Kind.DIRECTORY})
_REFERENCE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_MISSING: Any = object()


class Transformation:
    """One transformation of one parameter.

    Raises:
        PyCOMPSsException: something is missing or makes no sense; names decorator and line.
    """

    def __init__(self, written_as: str, positional: Sequence[Any], given: Mapping[str, Any]) -> None:
        self.written_as = written_as
        self.place = caller_place()
        left = {**dict(zip(("target", "function"), positional, strict=False)), **given}
        self.target: str = left.pop("target", _MISSING)
        self.function: Callable[..., Any] = left.pop("function", _MISSING)
        self.type: int | None = left.pop("type", None)
        self.destination: str = left.pop("destination", "dt_file_out")
        self.size: Any = left.pop("size", None)
        self.is_workflow = bool(left.pop("is_workflow", left.pop("isWorkflow", False)))
        self.keywords: dict[str, Any] = left
        self._check(len(positional))

    def _check(self, positional: int) -> None:
        for name in ("target", "function"):
            if getattr(self, name) is _MISSING:
                decorator = f"@{self.written_as} decorator"
                raise self.complaint(f"The argument {name} is mandatory in the {decorator} decorator.")
        if positional > len(("target", "function")):
            raise self.complaint("takes a parameter and a function; arguments of the function are keywords")
        if not isinstance(self.target, str):
            raise self.complaint(f"target is the name of a parameter, not {shown(self.target)}")
        if not callable(self.function):
            raise self.complaint(f"function is a function, not {shown(self.function)}")
        if self.type is not None and (type(self.type) is not int or self.type not in _KINDS):
            raise self.complaint(f"type is one of OBJECT_TO_FILE, FILE_TO_OBJECT, …, not {shown(self.type)}")
        if not isinstance(self.destination, (str, os.PathLike)):
            raise self.complaint(f"destination is a path, not {shown(self.destination)}")
        if self.needs_size and self.size is None:
            raise self.complaint("FILE_TO_COLLECTION needs size, the number of elements")

    @property
    def needs_size(self) -> bool:
        return self.type == FILE_TO_COLLECTION and not self.is_workflow

    def complaint(self, reason: str) -> PyCOMPSsException:
        file, line = self.place
        sign = "@" if self.written_as == "dt" else ""
        return PyCOMPSsException(f"{sign}{self.written_as} ({file}:{line}): {reason}")

    def check_target(self, definition: Definition) -> None:
        """Refuse parameters that the task does not have, as far as its signature tells."""
        names = {self.target, *filter(None, map(_referred, [*self.keywords.values(), self.size]))}
        for name in sorted({*names, *_REFERENCE.findall(os.fspath(self.destination))}):
            if not (name in definition.parameters or name in definition.keyword_only or definition.varkw):
                raise self.wrong_parameter(definition, name)

    def wrong_parameter(self, definition: Definition, name: str) -> PyCOMPSsException:
        there = ", ".join((*definition.parameters, *definition.keyword_only)) or "none"
        return self.complaint(
            f"Wrong Param Name: {shown(name)} is no parameter of {definition.name} "
            f"({definition.file}:{definition.line}), which has {there}"
        )

    def kinds(self, definition: Definition) -> tuple[Kind, Kind]:
        """What the function gets, and what the task gets; without a type, what the task says of its parameter."""
        if self.type is not None:
            return _KINDS[self.type]
        own = definition.specs.get(self.target, IN).kind
        return (own if own in (Kind.COLLECTION, Kind.DICTIONARY) else Kind.OBJECT), Kind.OBJECT


class Transformer:
    """Carries transformations out for one task."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._tasks: dict[Any, Definition] = {}

    def transformed(
        self, transformations: Sequence[Transformation], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of the call with what the transformations make of them, one after another."""
        args, kwargs = list(args), dict(kwargs)
        for one in transformations:
            bound = bind(self.definition, args, kwargs)
            new = self._call(one, bound)
            if one.target not in kwargs and one.target in self.definition.parameters[: len(args)]:
                args[self.definition.parameters.index(one.target)] = new
            else:
                kwargs[one.target] = new
        return args, kwargs

    def _call(self, one: Transformation, bound: Bound) -> Any:
        """Call the function; what the task gets instead of the argument."""
        given = [self._value(one, bound, one.target)]
        keywords = {name: self._resolved(one, bound, value) for name, value in one.keywords.items()}
        writes_path = one.kinds(self.definition)[1] in _PATHS
        if writes_path:
            given.append(self._destination(one, bound))
        if one.is_workflow or definition_of(one.function) is not None:
            made = one.function(*given, **keywords)
        else:
            if one.needs_size:
                keywords["returns"] = self._size(one, bound)
            made = get().call(self._task_of(one), tuple(given), keywords)
        return given[1] if writes_path else made

    # -- what refers to parameters of the task

    def _value(self, one: Transformation, bound: Bound, name: str) -> Any:
        try:
            return bound.value(name)
        except KeyError:
            raise one.wrong_parameter(self.definition, name) from None

    def _resolved(self, one: Transformation, bound: Bound, value: Any) -> Any:
        name = _referred(value)
        return value if name is None else self._value(one, bound, name)

    def _destination(self, one: Transformation, bound: Bound) -> str:
        def text(match: re.Match[str]) -> str:
            return str(get().value_here(self._value(one, bound, match[1])))

        return _REFERENCE.sub(text, os.fspath(one.destination))

    def _size(self, one: Transformation, bound: Bound) -> int:
        size = get().value_here(self._resolved(one, bound, one.size))
        text = os.path.expandvars(size) if isinstance(size, str) else size
        try:
            number = int(text)
        except (TypeError, ValueError, OverflowError):
            number = 0
        if number < 1:
            raise one.complaint(f"size is the number of elements, not {shown(one.size)} ({where_called()})")
        return number

    # -- the task that runs the function

    def _task_of(self, one: Transformation) -> Definition:
        paths = self._paths_in(one)
        key = (one.function, one.kinds(self.definition), *sorted(paths))
        try:
            found = self._tasks.get(key)
        except TypeError:  # a callable that cannot be hashed
            return self._compiled(one, paths)
        if found is None:
            found = self._tasks[key] = self._compiled(one, paths)
        return found

    def _paths_in(self, one: Transformation) -> dict[str, Kind]:
        """Keywords that stand for files and directories of the task."""
        specs = self.definition.specs
        found = {name: specs.get(_referred(value) or "", IN).kind for name, value in one.keywords.items()}
        return {name: kind for name, kind in found.items() if kind in _PATHS}

    def _compiled(self, one: Transformation, paths: Mapping[str, Kind]) -> Definition:
        source, made = one.kinds(self.definition)
        definition = _definition(one.function, 2 if made in _PATHS else 1)
        definition.specs = {name: Spec(kind) for name, kind in paths.items()}
        definition.specs[definition.parameters[0]] = Spec(source)
        if made in _PATHS:
            definition.specs[definition.parameters[1]] = Spec(made, Direction.OUT)
        else:
            returns.declare(definition, 1)
        return definition


def _definition(function: Callable[..., Any], least: int) -> Definition:
    """The task that calls `function` with at least so many arguments by position."""
    definition = compile_definition(function, {})
    if not isinstance(function, FunctionType) or len(definition.parameters) < least:
        definition.parameters, definition.defaults = ("_value", "_destination")[:least], ()
        definition.keyword_only, definition.varargs, definition.varkw = {}, None, "keywords"
    return definition


def _referred(value: object) -> str | None:
    """The parameter that `"{{x}}"` names."""
    match = _REFERENCE.fullmatch(value.strip()) if isinstance(value, str) else None
    return match[1] if match is not None else None
