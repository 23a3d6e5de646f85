"""Standard streams that are closed: a socket of ours must not get their numbers, or somebody would write to it."""

from __future__ import annotations

import os

LAST = 2  # standard error


def occupy() -> None:
    """Have closed standard streams lead to nothing. Call it before anything else opens files."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= LAST:
        os.set_inheritable(fd, True)
    os.close(fd)
