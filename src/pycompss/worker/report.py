"""How a failure is described to the master: cause, one line, the task's own traceback, and the exception itself."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from types import FrameType, TracebackType
from typing import Any

from pycompss.errors import LaunchError, SerializerException, StorageFull, TimeOutError
from pycompss.store.codec import Codec, loads_at_rest
from pycompss.store.descriptor import PICKLED
from pycompss.worker import disks
from pycompss.worker.parts import portable


class RemoteTraceback(Exception):  # noqa: N818
    """Where a task failed in another process than its worker; shown as the cause of its exception.

    where: the part of the task that failed, for one-line messages.
    """

    def __init__(self, text: str, where: str = "") -> None:
        super().__init__(text)
        self.text, self.where = text, where

    def __str__(self) -> str:
        return f"{f' in {self.where}' if self.where else ''}\n{self.text.rstrip()}"


RemoteTraceback.__module__ = "pycompss"  # as it is shown

OWN = ("/pycompss/worker/", "/pycompss/store/")


def failure_of(error: BaseException, codec: Codec) -> tuple[str, str, str, Any]:
    """(cause, message, text, exception descriptor | None) of what a task raised."""
    message = traceback.format_exception_only(error)[-1].strip()
    if isinstance(error.__cause__, RemoteTraceback) and error.__cause__.where:
        message += f"   [{error.__cause__.where}]"
    unread = _unread(error.__traceback__)
    trimmed = error.with_traceback(_user_frames(error.__traceback__))
    text = "".join(traceback.format_exception(trimmed))
    if unread:
        message, text = f"{message}   [while {unread} was unpickled]", f"{text}[while {unread} was unpickled]\n"
    full = disks.what_is_full(error)
    if full:
        message, text = f"{message}: {full}", f"{text}{full}\n"
    return _cause(error), message, text, _descriptor(trimmed.with_traceback(None), codec)


def _descriptor(error: BaseException, codec: Codec) -> Any:
    """The exception on its way; None if nothing can carry it (the text tells it all the same).

    All of it goes in the message: nobody keeps account of memory that failures take.
    """
    value = portable(error, lambda value: loads_at_rest(codec.pickled(value)))
    return None if value is None else (PICKLED, codec.pickled(value))


def _cause(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, TimeOutError):
        return "time_out"
    if name in ("MissingOutput", "MissingReturn"):
        return "output"
    if isinstance(error, StorageFull):
        return "storage"
    if disks.is_full(error):
        return "disk"
    if isinstance(error, (LaunchError, SerializerException)) or name == "NoInstance":
        return "definite"
    if isinstance(error, ImportError) and error.__traceback__ is None:
        return "definite"
    return "exception"


def _user_frames(tb: TracebackType | None) -> TracebackType | None:
    """Skip the worker's own frames at the top: the user wants to see the task."""
    while tb is not None and _is_own(tb):
        tb = tb.tb_next
    return tb


def _is_own(tb: TracebackType) -> bool:
    return any(part in tb.tb_frame.f_code.co_filename for part in OWN)


def _unread(tb: TracebackType | None) -> str:
    """The argument that failed on its way into the task; empty if the task had begun."""
    frames = _own_frames(tb)
    if not any(frame.f_code is Codec.decode.__code__ for frame in frames):
        return ""  # as of nearly all failures: signatures take longer than the rest of a report
    given: dict[int, str] = {}  # by the identity of what stands for them in the message
    argument = ""
    for frame in frames:
        known = frame.f_locals
        if not given and "arguments" in known and "function" in known:
            given = _names(known["function"], known["arguments"], known.get("keywords") or {})
        argument = argument or given.get(id(known.get("argument")), "")
        if frame.f_code is Codec.decode.__code__:
            break
    return argument


def _own_frames(tb: TracebackType | None) -> list[FrameType]:
    """The worker's own frames at the top, the outermost first."""
    frames = []
    while tb is not None and _is_own(tb):
        frames.append(tb.tb_frame)
        tb = tb.tb_next
    return frames


def _names(function: Any, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> dict[int, str]:
    import inspect  # noqa: PLC0415  (only for what fails)

    try:
        parameters = inspect.signature(function).parameters.values()
        names = [repr(parameter.name) for parameter in parameters if parameter.kind <= parameter.POSITIONAL_OR_KEYWORD]
    except (TypeError, ValueError):  # not a function of Python
        names = []
    names += [str(position) for position in range(len(names) + 1, len(arguments) + 1)]
    given = [*zip(names, arguments, strict=False), *((repr(name), value) for name, value in keywords.items())]
    return {id(argument): f"argument {name}" for name, argument in given if type(argument) is tuple}
