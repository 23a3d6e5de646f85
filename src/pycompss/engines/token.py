"""What a thread of the program waits for until somebody releases it.

The thread that reads the workers' messages looks at `is_released` between them. Only a thread that waits while another
one reads needs something to sleep on.
"""

from __future__ import annotations

import contextlib
import threading


class Token:
    """Released once, by any thread or a signal handler."""

    __slots__ = ("_sleeper", "is_released")

    def __init__(self) -> None:
        self.is_released = False
        self._sleeper: threading.Lock | None = None

    def release(self) -> None:
        self.is_released = True
        sleeper = self._sleeper
        if sleeper is not None:
            with contextlib.suppress(RuntimeError):  # somebody else has just released it
                sleeper.release()

    def sleep(self) -> None:
        """Until it is released."""
        sleeper = threading.Lock()
        sleeper.acquire()
        self._sleeper = sleeper  # first this, then a look: whoever releases does it the other way round
        if not self.is_released:
            sleeper.acquire()
