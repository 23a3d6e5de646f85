"""Where in the user's program something happened, and warnings that say so once per line."""

from __future__ import annotations

import os
import re
import sys
import warnings
from types import FrameType
from typing import Any

from pycompss.errors import PyCOMPSsException, TaskWarning

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_TESTS = _OWN + "tests" + os.sep
_LIBRARIES = (os.path.dirname(os.__file__) + os.sep, "<frozen ")  # of Python
_INSTALLED = re.compile("/(site|dist)-packages/")
MOST_SHOWN = 300  # characters of a value in a message


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


def program_place() -> tuple[str, int]:
    """The same without libraries, which may be what uses a value; with them, if there is nothing else."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((_OWN, *_LIBRARIES)) and _INSTALLED.search(name) is None:
            return name, frame.f_lineno
        frame = frame.f_back
    return caller_place()


def shown(value: object) -> str:
    """A value in a message: numbers and texts may be of any length."""
    try:
        text = repr(value)
    except ValueError:  # more digits than Python writes
        return f"a {type(value).__name__} of very many digits"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def function_place(function: object) -> str:
    """`scale (app.py:12)`: a function's name, and where it is declared if that is known."""
    name = getattr(function, "__qualname__", repr(function))
    code = getattr(function, "__code__", None)
    return name if code is None else f"{name} ({readable(code.co_filename, code.co_firstlineno)})"


def no_task(decorator: str, function: object) -> PyCOMPSsException:
    """What a decorator says that does not find a task below."""
    return PyCOMPSsException(f"@{decorator} on {function_place(function)}, which is no task: write it above @task()")


def where_called() -> str:
    """`called from app.py:12`, for messages."""
    file, line = caller_place()
    place = readable(file, line)
    return f"called from {os.path.basename(place) if place == f'{file}:{line}' else place}"


def warn(message: str, category: type[Warning] = TaskWarning) -> None:
    """Warn at the user's line."""
    file, line = caller_place()
    warnings.warn_explicit(message, category, file, line)


def readable(file: str, line: int) -> str:
    """`app.py:12` with its folder, or in a notebook `Cell In[3], line 12`."""
    shell = _shell()
    label = shell.compile.format_code_name(file) if shell is not None else None
    return f"{' '.join(label)}, line {line}" if label else f"{file}:{line}"


def source_line(file: str, line: int) -> str:
    import linecache  # noqa: PLC0415  (only for messages)

    return linecache.getline(file, line).strip()


_FRAME = re.compile(r'^( *)File "([^"]+)", line (\d+), in (.*)$')


def with_sources(text: str) -> str:
    """A traceback from a worker, with the lines of files that only this process knows: cells of a notebook."""
    if not text or _shell() is None:
        return text
    lines = text.splitlines()
    result = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        frame = _FRAME.match(line)
        result += [line] if frame is None else _framed(frame, line, following)
    return "\n".join(result)


def _framed(frame: re.Match[str], line: str, following: str) -> list[str]:
    indent, file, number, function = frame.groups()
    place = readable(file, int(number))
    if place == f"{file}:{number}":
        return [line]
    source = source_line(file, int(number))
    has_source = following.startswith(indent + "  ")
    return [f"{indent}{place}, in {function}", *([f"{indent}  {source}"] if source and not has_source else [])]


def _shell() -> Any:
    """The IPython shell that this process is, if it is one."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None
