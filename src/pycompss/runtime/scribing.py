"""The run's end of the scribe, the process that draws and counts (`pycompss.observe.scribe`)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

_PROGRAM = "import sys; sys.path[:] = {path!r}; from pycompss.observe.scribe import main; main({folder!r}, {wishes!r})"


class Scribing:
    """A scribe at work. OSError if it cannot be started."""

    def __init__(self, folder: str, wishes: Sequence[tuple[object, ...]]) -> None:
        program = _PROGRAM.format(path=sys.path, folder=folder, wishes=list(wishes))
        self._process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )

    def finish(self) -> list[str]:
        """The journal is complete: wait until everything is written; the lines that are to be shown."""
        said, _ = self._process.communicate()
        return said.splitlines()
