"""Which fields of a service's reply a task takes, and where it puts them: `produces` and `updates` of `@http`.

`produces` has the form of the reply; a marker stands where a value is taken:

    {"total": "{{return_0}}", "items": [{"id": "{{return_1}}"}, {"id": "{{second}}"}]}

`{{return_0}}`, `{{return_1}}`… are what the task returns, other names are for `updates`: `{{p}}.key = {{second}}` puts
a value into an argument. Everything else in the form says what the reply looks like, and is not compared with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, MutableMapping, MutableSequence
from typing import Any, NamedTuple

from pycompss.core.template import names_in

Step = str | int
Path = tuple[Step, ...]

_TEXT_OR_MARKER = re.compile(r'"(?:[^"\\]|\\.)*"|\{\{\s*\w+\s*\}\}')
_MARKER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_RETURN = re.compile(r"return_(0|[1-9]\d*)")
_UPDATE = re.compile(r"\{\{\s*(\w+)\s*\}\}((?:\.[^\s.={}]+)+)\s*=\s*\{\{\s*(\w+)\s*\}\}")
_SHOWN = 10  # fields of a reply in a message


class Update(NamedTuple):
    """`{{target}}.path = {{source}}`."""

    target: str
    path: tuple[str, ...]
    source: str


def parse_produces(text: str) -> dict[str, Path]:
    """Where in the reply the value of each marker is.

    Raises:
        ValueError: the text has no such form; says what is wrong.
    """
    quoted = _TEXT_OR_MARKER.sub(lambda match: match[0] if match[0][0] == '"' else f'"{match[0]}"', text)
    try:
        form = json.loads(quoted)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"it is not of the form of JSON: {error}") from None
    found: dict[str, Path] = {}
    for name, path in _markers(form, ()):
        if name in found:
            raise ValueError(f"{{{{{name}}}}} is there twice")
        found[name] = path
    _check_numbers(found)
    return found


def number_of_returns(produced: Mapping[str, Path]) -> int:
    """How many values a task with these markers returns."""
    return sum(_RETURN.fullmatch(name) is not None for name in produced)


def parse_updates(text: str) -> tuple[Update, ...]:
    """The updates of a text, `;` or line breaks between them.

    Raises:
        ValueError: one has another form.
    """
    found = []
    for statement in filter(None, map(str.strip, re.split(r"[;\n]", text))):
        match = _UPDATE.fullmatch(statement)
        if match is None:
            raise ValueError(f"{statement!r:.200} is not of the form {{{{parameter}}}}.key = {{{{value}}}}")
        found.append(Update(match[1], tuple(match[2][1:].split(".")), match[3]))
    return tuple(found)


def value_at(reply: Any, path: Path) -> Any:
    """The value at a place of a reply.

    Raises:
        LookupError: there is none; says what is there instead.
    """
    for depth, step in enumerate(path):
        fits = isinstance(reply, Mapping) if isinstance(step, str) else isinstance(reply, list)
        if not fits or (step not in reply if isinstance(step, str) else step >= len(reply)):
            raise LookupError(f"{shown(path[:depth])} has no {_named(step)}; it is {_described(reply)}")
        reply = reply[step]
    return reply


def put(target: Any, path: tuple[str, ...], value: Any) -> None:
    """Change a field of an argument: an entry of a dict or a list, else an attribute.

    Raises:
        LookupError: there is no such place; says why.
    """
    *way, last = path
    for step in way:
        target = _field(target, step)
    try:
        if isinstance(target, MutableMapping):
            target[last] = value
        elif isinstance(target, MutableSequence):
            target[int(last)] = value
        else:
            setattr(target, last, value)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise LookupError(f"a {type(target).__name__} cannot take {last!r}: {error}") from None


def shown(path: Path) -> str:
    """`reply["items"][0]`, for messages."""
    return "the reply" + "".join(f"[{json.dumps(step, ensure_ascii=False)}]" for step in path)


# -- markers


def _markers(form: Any, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(form, dict):
        for key, value in form.items():
            if names_in(key):
                raise ValueError(f"the key {key!r} is no place for a marker: the value of a field is")
            yield from _markers(value, (*path, key))
    elif isinstance(form, list):
        for index, value in enumerate(form):
            yield from _markers(value, (*path, index))
    elif isinstance(form, str) and names_in(form):
        marker = _MARKER.fullmatch(form)
        if marker is None:
            raise ValueError(f"{form!r}: a marker stands for a whole value, alone between its quotes")
        yield marker[1], path


def _check_numbers(found: Mapping[str, Path]) -> None:
    """Returns are numbered from 0 on, none left out."""
    for index in range(number_of_returns(found)):
        if f"return_{index}" not in found:
            raise ValueError(f"returns are numbered from 0 on, but there is no {{{{return_{index}}}}}")


# -- values


def _field(target: Any, step: str) -> Any:
    try:
        if isinstance(target, Mapping):
            return target[step]
        return target[int(step)] if isinstance(target, MutableSequence) else getattr(target, step)
    except (LookupError, ValueError, AttributeError):
        raise LookupError(f"a {type(target).__name__} has no {step!r}") from None


def _named(step: Step) -> str:
    return f"field {step!r}" if isinstance(step, str) else f"element {step}"


def _described(value: Any) -> str:
    if isinstance(value, dict):
        names = [repr(name) for name in list(value)[:_SHOWN]]
        return (
            f"an object with {', '.join(names)}{', …' if len(value) > _SHOWN else ''}" if names else "an empty object"
        )
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "null" if value is None else f"a {type(value).__name__}"
