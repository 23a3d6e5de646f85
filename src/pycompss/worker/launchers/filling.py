"""Values of parameters in the texts of a request: quoted for an address, written as JSON, or as they are.

A text stays what it is, everything else is written as JSON: `5`, `true`, `null`, `[1, 2]`. A payload that is to be JSON
and is none is not sent (`core.payloads`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, quote_plus

from pycompss.core import payloads
from pycompss.core.template import fill
from pycompss.errors import LaunchError

FORM: Final = "application/x-www-form-urlencoded"
_RESERVED: Final = "%:/?#[]@!$&'()*+,;="  # what has a meaning in an address, or is quoted already

Values = Mapping[str, Any]


def address(template: str, values: Values) -> str:
    """The part of an address; a value is one piece of it, whatever signs it has."""
    try:
        return quote(fill(template, lambda name: quote(_text(name, values), safe="")), safe=_RESERVED)
    except UnicodeEncodeError as error:  # half of a character
        raise LaunchError(f"@http(resource={template!r}): with its values it is no text: {error}") from None


def payload(template: str, media_type: str, values: Values) -> bytes:
    """What is sent; its type says how values are written."""
    try:
        return _filled(template, media_type, values).encode()
    except UnicodeEncodeError as error:  # half of a character
        raise LaunchError(f"@http(payload={template!r}): with its values it is no text: {error}") from None


def _filled(template: str, media_type: str, values: Values) -> str:
    if payloads.is_json(media_type):
        return _json(template, values)
    if media_type.partition(";")[0].strip().lower() == FORM:
        return fill(template, lambda name: quote_plus(_text(name, values)))
    return fill(template, lambda name: _text(name, values))


def _json(template: str, values: Values) -> str:
    """Raises LaunchError if it is none; what stands between quotes is written so that it stays there."""
    text = payloads.filled(
        template,
        lambda name: json.dumps(_text(name, values), ensure_ascii=False)[1:-1],
        lambda name: _dumped(name, values),
    )
    try:
        payloads.check(text)
    except ValueError as error:
        raise LaunchError(f"@http(payload={template!r}): with its values it is no JSON: {error}") from None
    return text


def _text(name: str, values: Values) -> str:
    value = values.get(name)
    if isinstance(value, str):
        return str.__str__(value)
    return os.fsdecode(value) if isinstance(value, os.PathLike) else _dumped(name, values)


def _dumped(name: str, values: Values) -> str:
    if name not in values:
        raise LaunchError(f"{{{{{name}}}}} names no parameter of this call; it has {', '.join(values) or 'none'}")
    try:
        return json.dumps(values[name], default=_plain, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise LaunchError(f"the argument {name!r} cannot be written as JSON: {error}") from None


def _plain(value: Any) -> Any:
    """What stands for a value that JSON does not know: numbers and arrays of numpy, paths."""
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} has no such form")
