"""When the other end of a line is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from pycompss.engines.dask.stay import Patience


class Time:
    """sleeps: how much longer than asked for each sleep takes, and whether something is heard meanwhile."""

    def __init__(self, sleeps: Iterable[tuple[float, bool]]) -> None:
        self.now = 100.0
        self.aborted = 0.0
        self._sleeps = iter(sleeps)
        self.patience = Patience(self, 8.0, lambda: self.now, self.sleep)  # type: ignore[arg-type]

    async def sleep(self, seconds: float) -> None:
        longer, hears = next(self._sleeps, (0.0, False))
        self.now += seconds / 2
        if hears:
            self.patience.heard()
        self.now += seconds / 2 + longer

    def abort(self) -> None:
        self.aborted = self.now


def run(*sleeps: tuple[float, bool]) -> Time:
    time = Time(sleeps)
    asyncio.run(time.patience.run())
    return time


def test_who_is_silent_is_given_up_in_time() -> None:
    time = run()
    assert time.aborted == 108
    assert time.patience.verdict == "it has not answered for 8 s"


def test_seconds_count_from_the_last_word() -> None:
    assert run((0, True)).aborted == 112
    assert run((0, True), (0, True)).aborted == 118


def test_who_could_not_listen_gives_the_other_end_more_time() -> None:
    """As when all processes of a job were stopped, and go on together."""
    assert run((1000, False)).aborted == 1110
    assert run((1000, False), (0, True)).aborted == 1117
