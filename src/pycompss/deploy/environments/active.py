"""Whether any environment was made the active one: a look at a folder, for commands that must start at once."""

from __future__ import annotations

import os

CURRENT = "current"  # the empty file that marks it


def folder() -> str:
    """Where environments and jobs are remembered."""
    return os.path.join(os.path.expanduser("~"), ".COMPSs", "envs")


def is_any() -> bool:
    try:
        names = os.listdir(folder())
    except OSError:
        return False
    return any(os.path.exists(os.path.join(folder(), name, CURRENT)) for name in names)
