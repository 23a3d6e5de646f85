"""Shell assignments, read and never executed: `NAME=value`, `NAME="a $OTHER"`, `NAME='as it is'`, `export NAME=…`.

A value may refer to names assigned before it in the file and to the environment. Whatever would run something
(`$(…)`, back-ticks), and every line that assigns nothing, is left out and named.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)", re.ASCII)
_WORD = re.compile(r"""'(?P<plain>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<bare>(?:[^\s"'#;\\]|\\.|(?<=\S)#)+)""")
_REFERENCE = re.compile(r"\\(.)|\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
_RUNS_SOMETHING = re.compile(r"(?<!\\)(\$\(|`)")


class Assignment(NamedTuple):
    """One value and where it stands."""

    name: str
    text: str
    place: str  # file:line


class Omission(NamedTuple):
    """A line that was not read, and why."""

    place: str
    why: str


def read(
    lines: list[str], file: str, environ: Mapping[str, str] = os.environ
) -> tuple[dict[str, Assignment], list[Omission]]:
    """The assignments of a file (the last one of a name counts), and what was left out."""
    found: dict[str, Assignment] = {}
    omitted: list[Omission] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        place = f"{file}:{number}"
        try:
            for name, text in _assignments(line, {**environ, **{key: value.text for key, value in found.items()}}):
                found[name] = Assignment(name, text, place)
        except ValueError as error:
            omitted.append(Omission(place, str(error)))
    return found, omitted


def _assignments(line: str, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The assignments of a line, `;` between them."""
    rest: str | None = line
    while rest is not None and rest.strip():
        match = _ASSIGNMENT.fullmatch(rest)
        if match is None:
            raise ValueError(f"not an assignment: {rest.strip()}")
        text, rest = _value(match[2], known)
        yield match[1], text


def _value(text: str, known: Mapping[str, str]) -> tuple[str, str | None]:
    """A value made of quoted and unquoted pieces, and what stands behind its `;`."""
    parts, position = [], 0
    while match := _WORD.match(text, position):
        piece = match["plain"]
        parts.append(_expanded(match["double"] or match["bare"] or "", known) if piece is None else piece)
        position = match.end()
    rest = text[position:].strip()
    if rest.startswith(";"):
        return "".join(parts), rest[1:]
    if rest and not rest.startswith("#"):
        raise ValueError(f"not a value: {text.strip()}")
    return "".join(parts), None


def _expanded(text: str, known: Mapping[str, str]) -> str:
    if _RUNS_SOMETHING.search(text):
        raise ValueError(f"a value that would run something: {text}")
    return _REFERENCE.sub(lambda match: _referred(match, known), text)


def _referred(match: re.Match[str], known: Mapping[str, str]) -> str:
    if match[1] is not None:
        return match[1]
    return known.get(match[2] or match[4]) or match[3] or ""
