"""The session before this one, if it was killed: Jupyter only says that a kernel has died."""

from __future__ import annotations

import os
import re

from pycompss.observe.journalfile import NAME, Follower, has_end


def killed(folder: str) -> str | None:
    """The run folder before this one, if it is that of a session whose kernel or program was killed."""
    found = re.fullmatch(r"(.+)_(\d+)", os.path.basename(folder))
    if found is None:
        return None
    number = int(found[2]) - 1
    before = os.path.join(os.path.dirname(folder), f"{found[1]}_{number:02d}")
    return before if _was_killed(before) else None


def _was_killed(folder: str) -> bool:
    """It has a journal, without an end, that nobody writes any more."""
    path = os.path.join(folder, NAME)
    try:
        with Follower(path) as follower:
            return not follower.is_written() and not has_end(path)
    except (OSError, ValueError):
        return False
