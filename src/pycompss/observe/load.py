"""How many tasks ran, were ready and waited over time: at most some hundred looks, however long the run is."""

from __future__ import annotations

from collections.abc import Sequence

from pycompss.observe.records import Stage

MOST = 400  # looks; then every second one is forgotten, and looks are half as frequent
FINEST = 0.01  # seconds between two looks at first

Look = tuple[float, int, int, int]  # time, running, ready, waiting


class Load:
    """Looks come in order of time."""

    def __init__(self) -> None:
        self.looks: list[Look] = []
        self.due = 0.0  # when the next is worth one
        self._period = FINEST

    def look(self, time: float, stages: Sequence[int], now: float) -> None:
        """Since `time` it was so."""
        self.looks.append((time, stages[Stage.RUNNING], stages[Stage.READY], stages[Stage.WAITING]))
        if len(self.looks) >= MOST:
            self.looks = self.looks[::2]
            self._period *= 2
        self.due = now + self._period
