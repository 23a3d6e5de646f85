"""Changing the exit code when the program is already over.

That a task failed may come out when the program has ended and its last tasks are waited for, in an `atexit` function.
Python has fixed the exit code by then, and other `atexit` functions must still run. What comes after all of them is the
destruction of the modules, `sys` nearly last: an object in it, when destroyed, ends the process with another code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


def exit_with(code: int) -> None:
    """Make this process, which is about to end, end with `code`."""
    sys.pycompss_last_word = _LastWord(code)  # type: ignore[attr-defined]


class _LastWord:
    """Ends the process when it is destroyed. Holds all it needs, because modules are being emptied then."""

    def __init__(self, code: int) -> None:
        self._code = code
        self._streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
        self._process, self._this_process = os.getpid(), os.getpid
        self._leave: Callable[[int], object] = os._exit

    def __del__(self) -> None:
        if self._this_process() != self._process:
            return
        for stream in self._streams:
            try:
                stream.flush()
            except Exception:  # noqa: BLE001, S110  (the reader is gone; the exit code is what matters)
                pass
        self._leave(self._code)
