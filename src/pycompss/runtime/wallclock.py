"""The wall clock limit: the program gets an exception, and a second later everything is cancelled."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

from pycompss.errors import PyCOMPSsException

if TYPE_CHECKING:
    from pycompss.runtime.run import Run

GRACE = 1.0  # seconds between the exception and the cancellation


class WallClock:
    """One running limit. In the main thread the exception comes by SIGALRM, wherever the program is."""

    def __init__(self, run: Run, seconds: float) -> None:
        self._run = run
        self._seconds = seconds
        self._before: Any = None
        self._by_signal = threading.current_thread() is threading.main_thread()
        self._timer = threading.Timer(seconds + GRACE, self._cancel_all)
        self._timer.daemon = True
        self._timer.start()
        if self._by_signal:
            self._before = signal.signal(signal.SIGALRM, self._on_alarm)
            signal.setitimer(signal.ITIMER_REAL, seconds)

    def _on_alarm(self, _signal: int, _frame: Any) -> None:
        raise PyCOMPSsException(f"Application has reached its wall clock limit ({self._seconds:g} s)")

    def _cancel_all(self) -> None:
        self._run.cancel_everything()

    def cancel(self) -> None:
        """The run ended in time."""
        self._timer.cancel()
        if self._by_signal and threading.current_thread() is threading.main_thread():
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before or signal.SIG_DFL)
            self._by_signal = False
