"""Texts with `{{parameter}}` in them: the command lines of programs, working directories, addresses of services.

A template is split into words at blanks before anything is put in, so that a value with blanks stays in one word.
Quotes keep blanks together, as in a shell; nothing else has a meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_NAME = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|\{\{\s*\w+\s*\}\}|\S)+""")
_PIECE = re.compile(r"""'[^']*'|"[^"]*"|\{\{\s*\w+\s*\}\}|[^'"{]+|.""")

LITERAL, QUOTED, VALUE = range(3)
Piece = tuple[int, str]  # (LITERAL, text), (QUOTED, text that may itself have names in it) or (VALUE, name)


def names_in(template: str) -> list[str]:
    """The parameters that a template refers to."""
    return _NAME.findall(template)


def fill(template: str, text_of: Callable[[str], str]) -> str:
    """The template as one text, `text_of(name)` in the place of each name."""
    return _NAME.sub(lambda match: text_of(match[1]), template)


def words(template: str) -> Iterator[list[Piece]]:
    """The words of a command line, each in pieces."""
    for word in _WORD.findall(template):
        yield [_piece(text) for text in _PIECE.findall(word)]


def unclosed(template: str) -> str:
    """The word whose quote is never closed, in a template that becomes words; empty if there is none."""
    for word in words(template):
        if any(form == LITERAL and text in ("'", '"') for form, text in word):
            return "".join(f"{{{{{text}}}}}" if form == VALUE else text for form, text in word)
    return ""


def _piece(text: str) -> Piece:
    name = _NAME.fullmatch(text)
    if name is not None:
        return VALUE, name[1]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return QUOTED, text[1:-1]
    return LITERAL, text
