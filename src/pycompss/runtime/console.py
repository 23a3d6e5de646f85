"""The lines that the runtime itself writes on the program's standard output.

`[(767)    API]  -  Execution Finished`: milliseconds since the runtime started, the level, the text.
"""

from __future__ import annotations

import sys
import time

from pycompss import __version__

_BEGAN = time.monotonic()

VERSION = f"COMPSs version {__version__} purecompss"
_WIDTH = 60


def api_line(text: str, level: str = "API") -> str:
    """A line of the runtime, without its end."""
    return f"[({(time.monotonic() - _BEGAN) * 1000:.0f}){level:>7}]  -  {text}"


def open_frame(application: str) -> None:
    """What stands before the output of an application that the command line runs."""
    _out(
        f"\n----------------- Executing {application} --------------------------\n\n"
        "WARNING: COMPSs Properties file is null. Setting default values\n"
        f"{api_line(f'Starting COMPSs Runtime v{__version__} (build purecompss)')}\n"
    )


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
