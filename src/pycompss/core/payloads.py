"""Payloads of requests that are JSON with `{{parameter}}` in it.

A marker between quotes is a part of that text, outside of quotes it is a value:
`{"name": {{name}}, "note": "about {{name}}"}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final, NoReturn

from pycompss.core.template import fill

_SHOWN: Final = 200  # characters of a payload in a message
_TEXT_OR_MARKER = re.compile(r'("(?:[^"\\]|\\.)*")|\{\{\s*\w+\s*\}\}')


def is_json(media_type: str) -> bool:
    kind = media_type.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def filled(template: str, text_of: Callable[[str], str], value_of: Callable[[str], str]) -> str:
    """The payload; text_of: the value of a parameter as it stands between quotes, value_of: as it stands without."""
    return _TEXT_OR_MARKER.sub(lambda match: fill(match[0], text_of if match[1] else value_of), template)


def check(payload: str) -> None:
    """Raise ValueError, which says where, for what is no JSON. Nothing at all may be sent."""
    if not payload.strip():
        return
    try:
        json.loads(payload, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        shown = payload if len(payload) <= _SHOWN else payload[:_SHOWN] + "…"
        raise ValueError(f"{error}: {shown}") from None


def check_template(template: str) -> None:
    """Raise ValueError for a template that is no JSON whatever the parameters are."""
    try:
        check(_tried(template, '""'))  # may be the name of a field, too
    except ValueError as error:
        try:
            check(_tried(template, "0"))  # may have digits around it
        except ValueError:
            raise error from None


def _tried(template: str, value: str) -> str:
    return filled(template, lambda _: "0000", lambda _: value)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} has no place in JSON")
