"""Standard error for what is said in passing: nobody may read it any more, and then nothing of the run may break."""

from __future__ import annotations

import contextlib
import sys


def write(text: str) -> None:
    """Write if that is possible."""
    with contextlib.suppress(AttributeError, OSError, ValueError):  # there is none; a pipe that nobody reads; closed
        sys.stderr.write(text)
        sys.stderr.flush()
