"""Values of parameters become words of a command line, as the programming model says (section 11.1).

There is no shell: words reach the program as they are. Only file names are expanded, as a shell would do it: relative
to the program's working directory, sorted, and left alone if nothing matches. That holds for texts that are words by
themselves and for what a template itself says; a value that a template puts somewhere is what it is.
"""

from __future__ import annotations

import glob
import numbers
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pycompss.core import template
from pycompss.core.parameter import Kind, Spec, Stream
from pycompss.errors import LaunchError

NOT_SHOWN = "#"  # as a prefix: the parameter is not placed on the command line

_NUMBERS, _TIMES = frozenset("iufc"), frozenset("mM")  # kinds of numpy's types, of which Python's own have other texts
_PATHS = frozenset({Kind.FILE, Kind.DIRECTORY, Kind.COLLECTION_FILE, Kind.STREAM})


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a command line has to know of a parameter.

    is_path: it is a file or directory, or several; is_written: it is an object that the task changes.
    """

    is_path: bool = False
    prefix: str = ""
    stream: Stream = Stream.UNSPECIFIED
    is_written: bool = False

    @property
    def is_shown(self) -> bool:
        return self.stream is Stream.UNSPECIFIED and self.prefix != NOT_SHOWN


def parameter_of(spec: Spec) -> Parameter:
    is_path = spec.kind in _PATHS
    return Parameter(is_path, spec.prefix or "", spec.stream, spec.direction.writes and not is_path)


def words_of(values: Mapping[str, Any], parameters: Mapping[str, Parameter], folder: str) -> list[str]:
    """All parameters in order, each in one word; `values` of `*args` are tuples of class `Several`."""
    words: list[str] = []
    for name, value in values.items():
        parameter = parameters.get(name, PLAIN)
        if not parameter.is_shown:
            continue
        for item in value if type(value) is Several else (value,):
            word = parameter.prefix + text_of(name, item)
            words += expand(word, folder, word) if isinstance(item, str) and not parameter.is_path else [word]
    return words


def words_of_template(
    text: str, values: Mapping[str, Any], parameters: Mapping[str, Parameter], folder: str
) -> list[str]:
    """The words of a template; a value stays in one word, whatever is in it."""
    words: list[str] = []
    for pieces in template.words(text):
        if len(pieces) == 1 and pieces[0][0] == template.VALUE and type(values.get(pieces[0][1])) is Several:
            words += _each(pieces[0][1], values, parameters)
        else:
            words += _word(pieces, values, folder)
    return words


def filled(text: str, values: Mapping[str, Any]) -> str:
    """A template that is no command line: its text."""
    return template.fill(text, lambda name: _text_of_value(name, values))


def text_of(name: str, value: Any) -> str:
    """A value as a program gets it. Raises LaunchError for what has no such form."""
    if isinstance(value, str):
        return _whole(name, str.__str__(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "None"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, os.PathLike):
        return _whole(name, os.fsdecode(value))
    kind = _kind_of_scalar(value)
    if kind in _NUMBERS or (kind is None and isinstance(value, numbers.Number)):
        return str(value)
    if kind is not None and kind not in _TIMES:
        return text_of(name, value.item())
    raise LaunchError(
        f"the argument {name!r} is a {type(value).__name__}, which has no place on a command line: programs get texts, "
        'numbers and files (leave it out: with Prefix: "#", or with a template in args that does not name it)'
    )


def _kind_of_scalar(value: Any) -> str | None:
    """Of numpy or its like: as `dtype.kind` says, empty if it does not; None: it is no such scalar."""
    if getattr(value, "ndim", None) != 0 or not hasattr(value, "item"):
        return None
    return str(getattr(getattr(value, "dtype", None), "kind", ""))


def _whole(name: str, text: str) -> str:
    if "\0" in text:
        raise LaunchError(f"the argument {name!r} has a null byte in it, {text!r:.60}, which no program can be given")
    return text


class Several(tuple[Any, ...]):
    """The values of `*args`."""

    __slots__ = ()


def expand(word: str, folder: str, pattern: str) -> list[str]:
    """The files that a word matches, or the word itself. pattern: the word with its exact parts escaped."""
    if not glob.has_magic(pattern) or "\0" in word:
        return [word]
    return sorted(glob.glob(pattern.replace("[^", "[!"), root_dir=folder)) or [word]


PLAIN = Parameter()


def _each(name: str, values: Mapping[str, Any], parameters: Mapping[str, Parameter]) -> list[str]:
    """The values of `*args`, each in one word."""
    parameter = parameters.get(name, PLAIN)
    return [parameter.prefix + text_of(name, item) for item in values[name]] if parameter.is_shown else []


def _word(pieces: Iterable[template.Piece], values: Mapping[str, Any], folder: str) -> list[str]:
    word, pattern, has_magic = "", "", False
    for form, text in pieces:
        piece = text if form == template.LITERAL else _exact(form, text, values)
        word += piece
        pattern += piece if form == template.LITERAL else glob.escape(piece)
        has_magic = has_magic or (form == template.LITERAL and glob.has_magic(piece))
    return expand(word, folder, pattern) if has_magic else [word]


def _exact(form: int, text: str, values: Mapping[str, Any]) -> str:
    return _text_of_value(text, values) if form == template.VALUE else filled(text, values)


def _text_of_value(name: str, values: Mapping[str, Any]) -> str:
    if name not in values:
        raise LaunchError(f"{{{{{name}}}}} names no parameter of this call; it has {', '.join(values) or 'none'}")
    value = values[name]
    if type(value) is Several:
        return " ".join(text_of(name, item) for item in value)
    return text_of(name, value)
