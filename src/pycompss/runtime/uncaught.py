"""What a user sees of an exception that nobody caught: the lines of the program, not ours.

A failed task has been reported with its own traceback when it failed, so its `TaskError` is told without repeating it.
A wrong setting is nothing that a line of the program is to blame for: it is told in one line of its own.
"""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING

from pycompss.errors import ConfigurationError, PyCOMPSsException, TaskError

if TYPE_CHECKING:
    from traceback import TracebackException

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """`sys.excepthook`: ours when our code is involved, else Python's own."""
    if isinstance(error, TaskError) or _passes_through_us(trace):
        show(error.with_traceback(trace))
    else:
        sys.__excepthook__(kind, error, trace)


def show(error: BaseException) -> None:
    """Print the traceback of an exception on stderr, without our frames."""
    if sys.stderr is None:
        return
    sys.stderr.write("".join(_lines(error)))
    sys.stderr.flush()


def _lines(error: BaseException) -> list[str]:
    from traceback import TracebackException  # noqa: PLC0415  (only when something went wrong)

    if isinstance(error, ConfigurationError):
        return [f"{error.message}\n"]
    told = TracebackException.from_exception(error)
    _leave_out_ours(told)
    if isinstance(error, TaskError):
        return [*_where(told), f"pycompss.TaskError: {error.message}\n"]
    is_told = told.stack or told.__cause__ is not None or told.__context__ is not None
    return list(told.format() if is_told else told.format_exception_only())


def _where(told: TracebackException) -> list[str]:
    return ["Traceback (most recent call last):\n", *told.stack.format()] if told.stack else []


def _leave_out_ours(told: TracebackException) -> None:
    """Drop our frames from a traceback and from those it is chained to; a mistake of our own keeps them."""
    theirs = [frame for frame in told.stack if not is_ours(frame.filename)]
    if theirs or issubclass(told.exc_type or Exception, PyCOMPSsException):
        told.stack[:] = theirs
    for chained in (told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or ())):
        if chained is not None:
            _leave_out_ours(chained)


def is_ours(file: str) -> bool:
    """Whether a file of code belongs to this package, or to what started it."""
    return file.startswith((_OWN, "<frozen runpy>", "<frozen importlib"))


def _passes_through_us(trace: TracebackType | None) -> bool:
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(_OWN):
            return True
        trace = trace.tb_next
    return False
