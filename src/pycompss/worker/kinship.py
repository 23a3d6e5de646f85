"""Parents and children, as the kernel keeps them: who dies with his parent, and who becomes the parent of orphans.

Both can be asked of Linux only.
"""

from __future__ import annotations

import ctypes
import signal
import sys


def adopt_orphans() -> None:
    """Ask the kernel to make this process the parent of descendants that have lost theirs (Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends (Linux; elsewhere the closed socket ends it)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
