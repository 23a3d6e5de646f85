"""The lines that the runtime itself writes on the program's standard output.

`[(767)    API]  -  Execution Finished`: milliseconds since the runtime started, the level, the text.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from pycompss import __version__
from pycompss.core.events import Event, Reader

_BEGAN = time.monotonic()
_BEGAN_AT = time.time()

VERSION = f"COMPSs version {__version__} purecompss"
_WIDTH = 60


def api_line(text: str, level: str = "API") -> str:
    """A line of the runtime, without its end."""
    return f"[({(time.monotonic() - _BEGAN) * 1000:.0f}){level:>7}]  -  {text}"


says_api = False  # whether the log level asks for a line about each call of the runtime


def open_frame(application: str, *, api: bool = False) -> None:
    """What stands before the output of an application that the command line runs. api: as `says_api`, for this run."""
    global says_api  # noqa: PLW0603  (a process has one frame)
    says_api = api
    runtime = f"COMPSs Runtime v{__version__} (build purecompss)"
    deploying = f"{api_line(f'Deploying {runtime}')}\n" if api else ""
    _out(
        f"\n----------------- Executing {application} --------------------------\n\n"
        "WARNING: COMPSs Properties file is null. Setting default values\n"
        f"{deploying}{api_line(f'Starting {runtime}')}\n"
    )


def say(*texts: str) -> None:
    """Lines of the API's log level."""
    if says_api:
        _out("".join(f"{api_line(text)}\n" for text in texts))


class Calls(Reader):
    """Says which tasks are created; a listener of the journal."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._lines: list[str] = []

    def read(self, events: Iterable[Event]) -> None:
        super().read(events)
        lines, self._lines = self._lines, []
        if lines:
            _out("".join(lines))

    def type_registered(self, _time: float, type_: int, name: str) -> None:
        module, _, function = name.rpartition(".")
        self._names[type_] = f"{function} in {module}"

    def task_created(self, at: float, _task: int, type_: int, *_rest: object) -> None:
        text = f"Creating task from method {self._names.get(type_, '?')}"
        self._lines.append(f"[({(at - _BEGAN_AT) * 1000:.0f}){'API':>7}]  -  {text}\n")


def close_frame() -> None:
    """What stands after it."""
    _out(f"{api_line('Execution Finished')}\n\n{'-' * _WIDTH}\n")


def inform(text: str) -> None:
    """A note before the frame."""
    _out(f"[ INFO ] {text}\n")


def complain(text: str) -> None:
    """An error of the command line, on stderr."""
    if sys.stderr is not None:
        sys.stderr.write(f"[ ERROR ]: {text}\n")
        sys.stderr.flush()


def _out(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):  # closed, or a pipe that nobody reads
        return
