"""What the arguments of a decorator may be called: the rules that all decorators share (programming model, 11.0).

Names may be written in camelCase, too. Old names are used, after a line on stderr; unknown ones are ignored, after a
line on stderr; what is mandatory must be there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from pycompss.errors import PyCOMPSsException
from pycompss.runtime.places import caller_place


def arguments(
    decorator: str,
    given: Mapping[str, Any],
    *,
    mandatory: Iterable[str] = (),
    optional: Iterable[str] = (),
    deprecated: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The arguments by their names of today; `deprecated` leads from old names to these.

    Raises:
        PyCOMPSsException: a mandatory one is missing; names the line of the decorator.
    """
    mandatory = tuple(mandatory)
    names = (*mandatory, *optional)
    written = {camel_case(name): name for name in names} | {name: name for name in names}
    found: dict[str, Any] = {}
    for name, value in given.items():
        if deprecated and name in deprecated:
            _say_deprecated(decorator, name, deprecated[name])
            found[deprecated[name]] = value
        elif name in written:
            found[written[name]] = value
        else:
            sys.stderr.write(f"WARNING: Unexpected argument: {name} Found in @{decorator} decorator.\n")
    for name in mandatory:
        if name not in found:
            file, line = caller_place()
            message = f"The argument {name} is mandatory in the @{decorator} decorator decorator."
            raise PyCOMPSsException(f"{message} ({file}:{line})")
    return found


def camel_case(name: str) -> str:
    """`chunk_size` as `chunkSize`."""
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _say_deprecated(decorator: str, old: str, new: str) -> None:
    sys.stderr.write(f"WARNING: Deprecated argument: {old} Found in @{decorator} decorator.\n Please, use: {new}\n")
