"""Where in the user's program something happened, and warnings that say so once per line."""

from __future__ import annotations

import os
import sys
import warnings

from pycompss.errors import TaskWarning

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_TESTS = _OWN + "tests" + os.sep


def caller_place() -> tuple[str, int]:
    """File and line of the innermost frame that is not ours."""
    frame = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_OWN):
            return name, frame.f_lineno
        if frame.f_back is None:
            break
        frame = frame.f_back
    return "?", 0


def where_called() -> str:
    """`called from app.py:12`, for messages."""
    file, line = caller_place()
    return f"called from {os.path.basename(file)}:{line}"


def warn(message: str, category: type[Warning] = TaskWarning) -> None:
    """Warn at the user's line."""
    file, line = caller_place()
    warnings.warn_explicit(message, category, file, line)
