"""Runs in a container, with the image's own Python: `inside_main.py BRIDGE VERSION LENT PATH…`; see `inside`.

LENT is where our cloudpickle lies (the image may have another one), PATHs are added to what the image's Python knows.
Of this project nothing is imported, unless the task raises.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    del sys.path[0]  # the folder of this file, whose modules have names of others

import os
import traceback
from collections.abc import Callable
from typing import Any

REQUEST, REPLY = "request", "reply"
GAVE, RAISED, UNREADABLE = range(3)


def main(bridge: str, version: str, lent: str, *paths: str) -> None:
    """Read the request, write the reply."""
    sys.path.insert(0, lent)
    import cloudpickle  # noqa: PLC0415  (found in `lent`)

    del sys.path[0]
    sys.path.extend(path for path in paths if path not in sys.path)
    try:
        with open(os.path.join(bridge, REQUEST), "rb") as file:
            function, args, named, written, written_names = cloudpickle.load(file)
    except Exception as error:  # noqa: BLE001  (whatever the image lacks)
        own = f"{sys.version_info[0]}.{sys.version_info[1]}"
        reason = f"{type(error).__name__}: {error}"
        other = "" if own == version else f" (it is Python {own}, the program runs on {version})"
        reply: tuple[Any, ...] = (UNREADABLE, reason + other)
    else:
        reply = _call(function, args, named, written, written_names)
    with open(os.path.join(bridge, REPLY), "wb") as file:
        cloudpickle.dump(reply, file)


def _call(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    named: dict[str, Any],
    written: list[int],
    written_names: list[str],
) -> tuple[Any, ...]:
    try:
        value = function(*args, **named)
    except BaseException as error:  # noqa: BLE001  (whatever the task raises)
        text = traceback.format_exc()
        return RAISED, _portable(error.with_traceback(None)), text
    return GAVE, value, {i: args[i] for i in written}, {name: named[name] for name in written_names}


def _portable(error: BaseException) -> Any:
    """The exception as another process can unpickle it; if it cannot, its text."""
    from pycompss.worker.parts import portable  # noqa: PLC0415  (found in a path)

    return portable(error) or RuntimeError(traceback.format_exception_only(error)[-1].rstrip())


if __name__ == "__main__":
    main(*sys.argv[1:])
